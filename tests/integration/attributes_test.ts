/** Whom processes run as, and what they are allowed: what units say, and what the kernel then has of the process. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ask, faultOf, resultOf } from "./ask.ts";
import { withInit } from "./harness.ts";
import { lines, system, told } from "./telling.ts";

const isRoot = Deno.uid() === 0;

const nobody = isRoot
  ? new TextDecoder().decode(new Deno.Command("id", { args: ["nobody"] }).outputSync().stdout)
  : "";
const uid = /^uid=(\d+)/.exec(nobody)?.[1];

Deno.test({
  name: "user is whom the process and its hooks run as, with the groups and the environment of that user",
  ignore: uid === undefined,
  fn: () =>
    withInit({
      units: system({
        named: told('user: "nobody"', 'id; echo "$USER $LOGNAME"'),
        own: told('user: "nobody", env: { USER: "me", LOGNAME: undefined }', 'echo "$USER:$LOGNAME"'),
        groups: told('user: 4321, group: 4322, groups: [7, "root"]', "id -u; id -g; id -G"),
        once:
          'defineService({ kind: "oneshot", run: () => ({ ...sh("id -u"), user: "nobody" }), output: lines() })',
        hooked:
          `defineService({ run: () => ({ argv: ["sleep", "100000"] }), ready: spawned(), before: () => ({ ...sh("id -u"), user: "nobody" }) })`,
      }),
    }, async (init) => {
      assertEquals(await lines(init, "named", 2), [nobody.trim(), "nobody nobody"]);
      assertEquals(await lines(init, "own", 1), ["me:"]);
      assertEquals(await lines(init, "groups", 3), ["4321", "4322", "4322 0 7"]);
      assertEquals((await init.event("exited", "once")).output, [uid]);
      assertEquals(await lines(init, "hooked", 1), [uid]);
    }),
});

Deno.test("limits, umask, nice, oomScore and noNewPrivileges are those of the process", async () => {
  const settings =
    "limits: { nofile: 512, core: { soft: 0, hard: 'unlimited' } }, umask: 0o027, nice: 5, oomScore: 700, noNewPrivileges: true";
  const core = "ulimit -Sc; ulimit -Hc";
  const text =
    `ulimit -Sn; ulimit -Hn; umask; nice; cat /proc/self/oom_score_adj; grep NoNewPrivs /proc/self/status`;
  await withInit({
    units: system({
      limited: told(settings, text),
      cores: told("limits: { core: 0 }", core),
      plain: told("", "ulimit -Sn; umask"),
      body: "script({ attributes: { umask: 0o077 }, run: () => Deno.umask() })",
    }),
  }, async (init) => {
    assertEquals(await lines(init, "limited", 6), ["512", "512", "0027", "5", "700", "NoNewPrivs:\t1"]);
    assertEquals(await lines(init, "cores", 2), ["0", "0"]);
    assertEquals((await lines(init, "plain", 2))[0], "1024");
    await init.event("up", "body");
    assertEquals((await init.event("exited", "body")).output, 0o077);
  });
});

Deno.test({
  name: "capabilities, root, namespaces, privateTmp and readOnlyPaths are those of the process",
  ignore: uid === undefined,
  fn: async () => {
    const file = await Deno.makeTempFile({ dir: "/tmp", prefix: "denit-seen-" });
    try {
      await withInit({
        units: system({
          bounded: told(
            'user: "nobody", capabilities: { keep: ["net_bind_service"], ambient: ["net_bind_service"] }',
            "grep -E '^Cap(Eff|Bnd)' /proc/self/status",
          ),
          tmp: told("privateTmp: true", `ls -A /tmp; echo own >/tmp/own && cat /tmp/own`),
          fixed: told('readOnlyPaths: ["/var"]', "touch /var/denit-test 2>&1 || echo refused"),
          alone: told('namespaces: ["network"]', "tail -n +3 /proc/net/dev | wc -l"),
        }),
      }, async (init) => {
        assertEquals(await lines(init, "bounded", 2), [
          "CapEff:\t0000000000000400",
          "CapBnd:\t0000000000000400",
        ]);
        assertEquals(await lines(init, "tmp", 1), ["own"]);
        assertMatch((await lines(init, "fixed", 2)).join("\n"), /Read-only file system\nrefused$/);
        assertEquals(await lines(init, "alone", 1), ["1"]);
      });
    } finally {
      await Deno.remove(file);
    }
  },
});

Deno.test("user that is not there is a failed start, with the stage", async () => {
  const service = (settings: string) =>
    `defineService({ run: () => ({ argv: ["sleep", "1"], ${settings} }), ready: spawned(), restart: { on: "never" } })`;
  await withInit({
    units: system({ web: service('user: "no-such"'), grouped: service('group: "no-such"') }, []),
  }, async (init) => {
    await init.event("booted");
    const fault = faultOf(await ask(init, "start", { names: ["web"] }));
    assertStringIncludes(fault.message, "cannot start web: it is down: there is no user no-such");
    const failure = { type: "spawn", stage: "user", code: "ENOENT", message: "there is no user no-such" };
    assertEquals((await init.event("spawnFailed", "web")).failure, failure);
    const other = faultOf(await ask(init, "start", { names: ["grouped"] }));
    assertStringIncludes(other.message, "there is no group no-such");
  });
});

Deno.test({
  name: "user that the supervisor may not become is a failed start, with the call that was refused",
  ignore: uid === undefined,
  fn: () =>
    withInit({
      units: system({ web: told('user: "nobody"', "id") }, []),
      wrap: () => ["setpriv", "--bounding-set=-setgid,-setuid", "--inh-caps=-all"],
    }, async (init) => {
      await init.event("booted");
      const fault = faultOf(await ask(init, "start", { names: ["web"] }));
      assertStringIncludes(fault.message, "cannot setgroups: EPERM (it needs CAP_SETGID)");
      resultOf(await ask(init, "status", {}));
    }),
});
