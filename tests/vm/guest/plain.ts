/** A machine that does nothing but show that it does: two services in a row, one that reports, and a shell. */
import { defineBundle, defineService, defineSystem, json, notificationFd, script, seconds } from "denit";
import { devices } from "./devices.ts";
import { shell } from "./shell.ts";

export { devices, shell };

/** Tells its dependent which kernel it runs on, from a process of the same binary. */
export const kernel = script({
  description: "looks at the kernel",
  run: () => ({ release: Deno.osRelease(), pid: Deno.pid }),
});

/** Is ready half a second after its start, with an output. */
export const daemon = defineService({
  description: "takes a moment to get ready",
  deps: { kernel },
  run: ({ kernel }) => ({
    argv: ["/bin/sh", "-c", `sleep 0.5; echo '{"kernel":"${kernel.release}"}' >&3; exec sleep 100000`],
  }),
  ready: notificationFd(3, { parse: json<{ kernel: string }>(), timeout: seconds(30) }),
});

/** Reports how everything stands once the daemon is ready. */
export const report = defineService({
  kind: "oneshot",
  description: "reports to the outside",
  deps: { daemon, devices },
  run: () => ({ argv: ["/bin/sh", "-c", "initctl status --json | vm-report"] }),
  timeout: seconds(60),
  log: { to: "console" },
});

export default defineSystem({ boot: defineBundle([shell, report]) });
