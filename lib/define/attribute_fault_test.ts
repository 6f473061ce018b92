import { assertEquals } from "@std/assert";
import { attributeFault } from "./attribute_fault.ts";
import type { Attributes } from "./attributes.ts";
import { commandFault } from "./command.ts";

Deno.test("attributeFault() has nothing against a command with every attribute", () => {
  const all: Required<Attributes> = {
    user: "nginx",
    group: 33,
    groups: ["video", 44],
    umask: 0o027,
    limits: { nofile: 4096, core: { soft: 0, hard: "unlimited" }, memlock: "unlimited" },
    nice: -20,
    oomScore: -1000,
    noNewPrivileges: true,
    capabilities: { keep: ["net_bind_service"], ambient: [] },
    root: "/srv/tftp",
    ioPriority: { class: "best-effort", level: 7 },
    scheduler: { policy: "rr", priority: 99 },
    cpus: [0, 1],
    namespaces: ["network"],
    privateTmp: false,
    readOnlyPaths: ["/usr"],
    hiddenPaths: ["/root"],
    securebits: ["noroot"],
    directories: { runtime: "/run/tftp", logs: { path: "/var/log/tftp", mode: 0o750 } },
    envFiles: ["/etc/default/tftp", { path: "/etc/default/tftp.local", optional: true }],
    secrets: { key: "/persist/key", token: { path: "/persist/token", fd: 5 } },
  };
  assertEquals(commandFault({ argv: ["true"], ...all }), null);
  assertEquals(attributeFault({ user: 0, scheduler: { policy: "batch" } }), null);
});

Deno.test("attributeFault() lets outputs be that are not known at rest", () => {
  const command = {
    argv: ["true"],
    umask: "<web.umask>",
    limits: { nofile: "<web.files>" },
    groups: ["<web.group>"],
  };
  assertEquals(commandFault(command), null);
});

const faults: readonly (readonly [value: Record<string, unknown>, fault: string])[] = [
  [{ user: "" }, "user is neither a name nor a number from 0 to 4294967294"],
  [{ user: -1 }, "user is neither a name nor a number from 0 to 4294967294"],
  [{ group: 4294967295 }, "group is neither a name nor a number from 0 to 4294967294"],
  [{ groups: "video" }, "groups is not a list"],
  [
    { groups: ["video", 1.5] },
    "groups holds something that is neither a name nor a number from 0 to 4294967294",
  ],
  [{ umask: 0o1000 }, "umask is not a whole number from 0 to 511"],
  [{ umask: "027" }, "umask is not a whole number from 0 to 511"],
  [
    { limits: { nofile: -1 } },
    'limits has nofile, which is neither a whole number, nor a text such as "512M", nor "unlimited"',
  ],
  [{ limits: { core: { soft: 1 } } }, "limits has core, which has no hard"],
  [
    { limits: { core: { soft: "unlimited", hard: 1 } } },
    "limits has core, which has soft unlimited above hard 1",
  ],
  [{ nice: 20 }, "nice is not a whole number from -20 to 19"],
  [{ oomScore: -1001 }, "oomScore is not a whole number from -1000 to 1000"],
  [{ noNewPrivileges: 1 }, "noNewPrivileges is neither true nor false"],
  [{ capabilities: { bounding: [] } }, 'capabilities has no setting "bounding"; there are keep, ambient'],
  [{ capabilities: ["kill"] }, "capabilities is not an object"],
  [{ root: "srv" }, "root is not an absolute path"],
  [{ ioPriority: { level: 1 } }, "ioPriority has no class"],
  [{ scheduler: { policy: "fifo" } }, "scheduler needs a priority for fifo"],
  [{ scheduler: { policy: "idle", priority: 1 } }, "scheduler has a priority, which idle does not know"],
  [{ cpus: [] }, "cpus is not a list of at least one"],
  [{ cpus: [1024] }, "cpus holds something that is not a whole number from 0 to 1023"],
  [
    { namespaces: ["user"] },
    'namespaces holds something that is "user"; there are mount, network, uts, ipc, pid, cgroup',
  ],
  [{ privateTmp: null }, "privateTmp is neither true nor false"],
  [{ readOnlyPaths: ["usr"] }, "readOnlyPaths holds something that is not an absolute path"],
];

for (const [value, fault] of faults) {
  Deno.test(`commandFault() finds ${JSON.stringify(value)}`, () =>
    assertEquals(commandFault({ argv: ["true"], ...value }), fault));
}
