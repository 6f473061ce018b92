/** A live switch, and what services have said, and given away to be kept, before it. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { build, silentProgress } from "../../lib/build/mod.ts";
import { withInit } from "./harness.ts";
import { client, shown, shows, web } from "./sd_notify.ts";

const SCRIPT =
  'if [ -n "$LISTEN_FDS" ]; then cat <&3 >$FOLDER/got; notify -b READY=1; exec sleep 1000; fi; ' +
  "notify -b FDSTORE=1 memfd:kept; notify -b STATUS=before; notify -b READY=1; " +
  "while ! test -e $FOLDER/go; do notify -b WATCHDOG=1; sleep 0.1; done; notify -b STATUS=after; exec sleep 1000";

Deno.test({
  name: "switch keeps what a service has said, what is kept for it, its mailbox and its watchdog",
  ignore: client === null,
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "denit-notify-switch-" });
    try {
      const units = join(folder, "units.ts");
      await Deno.writeTextFile(
        units,
        `import { defineBundle, defineService, defineSystem, sdNotify, seconds } from "denit";
export const web = defineService({
  run: () => ({ argv: ["/bin/sh", "-c", ${JSON.stringify(SCRIPT)}], env: { FOLDER: ${
          JSON.stringify(folder)
        } } }),
  ready: sdNotify({ keep: 1, watchdog: seconds(5) }),
});
export default defineSystem({ boot: defineBundle([web]) });
`,
      );
      const built = await build({ units, out: join(folder, "out"), progress: silentProgress });
      assert(built.ok, built.ok ? "" : built.problems.join("\n"));
      await withInit({ ...web(""), binary: built.init }, async (init) => {
        const pid = await init.up("web");
        const before = await shown(init);
        assertEquals([before.status, before.notes], ["before", ["1 descriptor is kept for it: stored"]]);
        const { success, stderr } = await new Deno.Command(built.init, {
          args: ["ctl", "--runtime-dir", init.runtimeDir, "switch", built.init],
        }).output();
        assert(success, new TextDecoder().decode(stderr));
        assertEquals(init.all("switch").length, 1);
        const after = await shown(init);
        assertEquals([after.pid, after.status, after.notes], [pid, "before", before.notes]);
        await Deno.writeTextFile(join(folder, "go"), "");
        await shows(init, ({ status }) => status === "after", "what it says after the switch");
        // From here on it is silent, and the init that has not started it sees to that.
        await init.up("web", pid);
        assertEquals(init.all("failed", "web").map(({ failure }) => failure), [{
          type: "watchdog",
          after: 5000,
        }]);
        assertEquals(await Deno.readTextFile(join(folder, "got")), "kept");
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
