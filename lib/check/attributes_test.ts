import { assertEquals } from "@std/assert";
import {
  type Command,
  defineBundle,
  defineService,
  defineSystem,
  notificationFd,
  pidFile,
  spawned,
  tcpProbe,
  unixProbe,
} from "../define/mod.ts";
import { check } from "./check.ts";
import { resolve } from "../graph/resolve.ts";

function faults(
  settings: Partial<Command>,
  more: Partial<Parameters<typeof defineService>[0]> = {},
): string[] {
  const run = (): Command => ({ argv: ["/bin/web"], ...settings });
  const web = defineService({ run, ready: spawned(), ...more } as Parameters<typeof defineService>[0]);
  const { graph } = resolve({ web, default: defineSystem({ boot: defineBundle([web]) }) });
  return check(graph!).map(({ setting, cause }) => `${setting}: ${cause}`);
}

Deno.test("checkAttributes() has nothing against attributes that all have an effect", () => {
  const settings: Partial<Command> = {
    user: "web",
    capabilities: { keep: ["net_bind_service", "chown"], ambient: ["net_bind_service"] },
    securebits: ["noroot", "noroot-locked"],
    limits: { core: 0, as: "4G" },
    scheduler: { policy: "batch" },
    nice: 5,
    ioPriority: { class: "best-effort", level: 7 },
    privateTmp: true,
    readOnlyPaths: ["/usr", "/tmpfiles"],
    hiddenPaths: ["/root", "/rooted"],
    directories: { runtime: "/run/web", state: "/var/lib/web" },
    env: { CACHE_DIRECTORY: "/elsewhere" },
    secrets: { key: "/persist/key", token: { path: "/persist/token", fd: 4 } },
  };
  assertEquals(faults(settings, { ready: notificationFd(3) }), []);
});

Deno.test("checkAttributes() names each setting that has no effect where it stands", () => {
  const cases: [Partial<Command>, string][] = [
    [
      { user: "web", capabilities: { keep: ["chown"], ambient: ["kill"] } },
      "run.capabilities.ambient: cannot apply capabilities.ambient to web: kill is not in keep, so that it can never have it",
    ],
    [
      { user: "root", capabilities: { ambient: ["kill"] } },
      "run.capabilities.ambient: cannot apply capabilities.ambient to web: it runs as root, which has all that is in keep",
    ],
    [
      { securebits: ["noroot-locked"] },
      "run.securebits: cannot apply securebits to web: noroot-locked without noroot keeps things as they are for good",
    ],
    [
      { limits: { rss: 4096 } },
      "run.limits.rss: cannot apply limits.rss to web: Linux has not looked at it since 2.4: setrlimit(2)",
    ],
    [
      { nice: 5, scheduler: { policy: "fifo", priority: 1 } },
      "run.nice: cannot apply nice to web: under fifo only the priority counts: sched(7)",
    ],
    [
      { ioPriority: { class: "idle", level: 3 } },
      "run.ioPriority.level: cannot apply ioPriority.level to web: class idle has no levels: ioprio_set(2)",
    ],
    [
      { privateTmp: true, readOnlyPaths: ["/var/tmp/x"] },
      "run.readOnlyPaths: cannot apply readOnlyPaths to web: /var/tmp/x is not seen anyway, as /var/tmp is not",
    ],
    [
      { hiddenPaths: ["/root/.ssh", "/root"] },
      "run.hiddenPaths: cannot apply hiddenPaths to web: /root/.ssh is not seen anyway, as /root is not",
    ],
    [
      { directories: { runtime: "/run/web", state: { path: "/run/web/state" } } },
      "run.directories.state: cannot apply directories.state to web: it is within /run/web, which goes with all that is in it when the service is down",
    ],
    [
      { privateTmp: true, directories: { cache: "/var/tmp/web" } },
      "run.directories.cache: cannot apply directories.cache to web: it does not see /var/tmp/web, as it does not see /var/tmp",
    ],
    [
      { directories: { state: "/var/lib/web" }, env: { STATE_DIRECTORY: "/srv" } },
      "run.env.STATE_DIRECTORY: cannot apply env.STATE_DIRECTORY to web: it is init that says where that is",
    ],
    [
      { root: "/srv/web", secrets: { key: "/persist/key" } },
      "run.secrets.key: cannot apply secrets.key to web: in /srv/web, which is its root, nobody finds the folder of files that are secret",
    ],
  ];
  for (const [settings, fault] of cases) assertEquals(faults(settings), [fault]);
});

Deno.test("checkAttributes() looks at hooks too", () => {
  const before = (): Command => ({ argv: ["/bin/web", "-t"], ioPriority: { class: "idle", level: 3 } });
  assertEquals(faults({}, { before }), [
    "before.ioPriority.level: cannot apply ioPriority.level to web: class idle has no levels: ioprio_set(2)",
  ]);
});

Deno.test("checkReach() finds what nobody would ever see, and descriptors that are given twice", () => {
  const ready = tcpProbe({ port: 80 });
  assertEquals(faults({ namespaces: ["network"] }, { ready }), [
    "ready: cannot see that web is ready: it has a network of its own, which probes do not reach",
  ]);
  assertEquals(faults({ namespaces: ["pid"] }, { ready: pidFile("/run/web.pid") }), [
    "ready: cannot see that web is ready: in a PID namespace of its own it has other ids than here",
  ]);
  assertEquals(faults({ privateTmp: true }, { ready: unixProbe({ path: "/tmp/web.sock" }) }), [
    "ready: cannot see that web is ready: nobody else sees its /tmp/web.sock, as its /tmp is private",
  ]);
  const secrets = { a: { path: "/a", fd: 3 }, b: { path: "/b", fd: 4 }, c: { path: "/c", fd: 4 } };
  assertEquals(faults({ secrets }, { ready: notificationFd(3) }), [
    "run.secrets.a.fd: cannot give secret a to web as descriptor 3: that is another's, by which it tells that it is ready",
    "run.secrets.c.fd: cannot give secret c to web as descriptor 4: that is another's, secret b",
  ]);
});

Deno.test("attributes that no kernel could give are named with what is wrong", () => {
  const causes = ([
    [{ securebits: ["keep-caps"] }, /securebits holds something that is "keep-caps"; there are noroot/],
    [{ limits: { as: "4GB" } }, /limits has as, which is neither a whole number, nor a text such as "512M"/],
    [{ directories: { runtime: "/run" } }, /runtime, which is \/run, which is a folder of the system's own/],
    [{ directories: { state: "/var/lib/../web" } }, /state, which is \/var\/lib\/..\/web, which goes back/],
    [{ directories: { state: "lib" } }, /state, which is not an absolute path/],
    [
      { directories: { tmp: "/a/b" } },
      /directories has no setting "tmp"; there are runtime, state, cache, logs/,
    ],
    [{ envFiles: "/etc/default/web" }, /envFiles is not a list/],
    [{ envFiles: [{ path: "/a", opt: true }] }, /has no setting "opt"; there are path, optional/],
    [{ secrets: { "../x": "/a" } }, /secrets has a secret named "..\/x", which is no name of a file/],
    [{ secrets: { x: { path: "/a", fd: 2 } } }, /has x, which has fd, which is not a whole number from 3/],
    [{ secrets: { x: { path: "/a" } } }, /secrets has x, which has no fd/],
    [{ hiddenPaths: ["a"] }, /hiddenPaths holds something that is not an absolute path/],
  ] as const).map(([settings, pattern]) => [faults(settings as Partial<Command>)[0], pattern] as const);
  for (const [cause, pattern] of causes) {
    assertEquals(pattern.test(cause ?? ""), true, `${cause} for ${pattern}`);
  }
});
