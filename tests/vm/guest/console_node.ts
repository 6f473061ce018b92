/** A machine of FortrOS as `fortros_node.ts` has it, for a person instead of a test: with a shell on its console. */
import { defineBundle, defineService, defineSystem, spawned } from "denit";
import { settingsOf } from "../../../lib/define/system.ts";
import { default as fortros, modules } from "../../../units/mod.ts";
import { cableNetwork } from "./cable_network.ts";
import { uplink as uplinkOf } from "./uplink.ts";

export * from "../../../units/mod.ts";
export const uplink = uplinkOf(cableNetwork.node, { modules });

/**
 * A shell for whoever presses Enter on the serial console: a prompt in the midst of a boot would help nobody. As it
 * leads a session that has no terminal, the first that it opens becomes the session's, and Ctrl-C works in it.
 */
export const consoleShell = defineService({
  description: "shell on the console",
  run: () => ({
    argv: ["/bin/sh", "-c", "exec 0<>/dev/ttyS0 1>&0 2>&0; read -r _; exec /bin/sh"],
    env: { HOME: "/root", TERM: "vt220", PS1: "fortros # " },
  }),
  ready: spawned(),
  // A shell that somebody uses ignores SIGTERM.
  stop: { signal: "SIGHUP" },
});

const settings = settingsOf(fortros);

export default defineSystem({ ...settings, boot: defineBundle([settings.boot, uplink, consoleShell]) });
