import { assertEquals, assertThrows } from "@std/assert";
import { accountsIn } from "./accounts.ts";
import { attributesOf, NoAccount } from "./attributes_of.ts";

const passwd = "root:x:0:0:root:/root:/bin/bash\n+::::::\nweb:x:33:34::/srv/www:\n";
const group = "root:x:0:\nweb:x:34:\nvideo:x:44:other,web\nrender:x:45:web\nwebs:x:46:webs\n";

function withAccounts(body: (accounts: ReturnType<typeof accountsIn>, folder: string) => void): void {
  const folder = Deno.makeTempDirSync();
  try {
    Deno.writeTextFileSync(`${folder}/passwd`, passwd);
    Deno.writeTextFileSync(`${folder}/group`, group);
    body(accountsIn(folder), folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("accountsIn() finds users by name and number, and groups, and reads what has changed", () =>
  withAccounts((accounts, folder) => {
    const web = { name: "web", uid: 33, gid: 34, home: "/srv/www", shell: "/bin/sh" };
    assertEquals([accounts.user("web"), accounts.user(33), accounts.user("33"), accounts.user(5)], [
      web,
      web,
      null,
      null,
    ]);
    assertEquals([accounts.group("video"), accounts.group("+")], [44, null]);
    assertEquals(accounts.groupsOf("web"), [44, 45]);
    Deno.writeTextFileSync(`${folder}/passwd`, `${passwd}other:x:5:6::/:/bin/false\n`);
    assertEquals(accounts.user(5)?.name, "other");
    Deno.removeSync(`${folder}/passwd`);
    assertEquals(accounts.user("web"), null);
  }));

const argv = ["/bin/true"] as const;

Deno.test("attributesOf() gives a user its groups and its environment, unless others are named", () =>
  withAccounts((accounts) => {
    const env = { USER: "web", LOGNAME: "web", HOME: "/srv/www", SHELL: "/bin/sh" };
    const of = (...settings: Parameters<typeof attributesOf>[0][]) =>
      settings.map((command) => attributesOf(command, accounts));
    assertEquals(
      of({ argv, user: "web" }, { argv, user: 33, group: "root" }, {
        argv,
        user: "web",
        groups: ["root", 9],
      }),
      [
        { attributes: { uid: 33, gid: 34, groups: [44, 45] }, env },
        { attributes: { uid: 33, gid: 0, groups: [44, 45] }, env },
        { attributes: { uid: 33, gid: 34, groups: [0, 9] }, env },
      ],
    );
    assertEquals(of({ argv, user: 77, group: 78 }, { argv, group: 78 }, { argv }), [
      { attributes: { uid: 77, gid: 78, groups: [] }, env: {} },
      { attributes: { gid: 78, groups: [] }, env: {} },
      { attributes: undefined, env: {} },
    ]);
    assertEquals(attributesOf({ argv, user: "web" }, null), { attributes: undefined, env: {} });
  }));

Deno.test("attributesOf() does not start as somebody else what is for somebody who is not there", () =>
  withAccounts((accounts) => {
    const faults = [
      [{ user: "nginx" }, "user", "there is no user nginx"],
      [{ user: "nginx", group: 0 }, "user", "there is no user nginx"],
      [{ user: 77 }, "user", "there is no user 77; a number that /etc/passwd does not know needs a group"],
      [{ user: "web", group: "wheel" }, "group", "there is no group wheel"],
      [{ user: "web", groups: ["audio"] }, "group", "there is no group audio"],
    ] as const;
    for (const [settings, stage, message] of faults) {
      const error = assertThrows(() => attributesOf({ argv, ...settings }, accounts), NoAccount);
      assertEquals([error.stage, error.message], [stage, message]);
    }
  }));

Deno.test("attributesOf() translates the rest", () => {
  const command = {
    argv,
    umask: 0o27,
    limits: { nofile: 4096, core: { soft: 0, hard: "unlimited" }, cpu: undefined },
    oomScore: 5,
    capabilities: { keep: ["kill"] },
    cpus: [1],
    privateTmp: true,
    readOnlyPaths: ["/usr"],
  } as const;
  const own = { type: "tmpfs", flags: 6, options: "mode=1777" };
  assertEquals(attributesOf(command, null).attributes, {
    umask: 0o27,
    limits: { nofile: { soft: 4096, hard: 4096 }, core: { soft: 0, hard: "unlimited" } },
    oomScoreAdj: 5,
    capabilities: { bounding: ["kill"] },
    affinity: [1],
    mounts: [{ bind: "/usr", at: "/usr", readOnly: true }, { ...own, at: "/tmp" }, {
      ...own,
      at: "/var/tmp",
    }],
  });
});
