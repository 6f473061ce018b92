/**
 * A machine that matters: its boot is judged, and a watchdog guards it. The generation `previous` is good. Any other is
 * so, too, unless the word `fault=` of the kernel's command line says what is wrong with it: `silent`, the maintainer
 * never becomes ready; `panic`, a service brings the kernel down; `hang`, PID 1 is kept busy for ever.
 */
import { defineBundle, defineService, defineSystem, kernelModules, notificationFd, seconds } from "denit";
import { devices } from "./devices.ts";
import { shell } from "./shell.ts";

export { devices, shell };

export const duties = kernelModules({
  description: "drivers of watchdog and power button",
  names: ["softdog", "button", "evdev"],
  timeout: seconds(60),
});

/** At rest, where nothing may be read, nothing is wrong. */
function hangs(): boolean {
  try {
    if (Deno.env.get("DENIT_GENERATION") === "previous") return false;
    return Deno.readTextFileSync("/proc/cmdline").includes("fault=hang");
  } catch {
    return false;
  }
}

/** In a shell: whether there is a fault. */
const has = (fault: string) => `[ "$DENIT_GENERATION" != previous ] && grep -q fault=${fault} /proc/cmdline`;

/** What `run` does, PID 1 does, and nothing else meanwhile. */
export const trap = defineService({
  kind: "oneshot",
  description: "may hang PID 1",
  run: () => {
    while (hangs());
    return { argv: ["/bin/true"] };
  },
  timeout: seconds(30),
});

export const bomb = defineService({
  kind: "oneshot",
  description: "may bring the kernel down",
  deps: { trap },
  run: () => ({
    argv: ["/bin/sh", "-c", `if ${has("panic")}; then echo c >/proc/sysrq-trigger; fi`],
  }),
  timeout: seconds(30),
});

export const maintainer = defineService({
  description: "what this machine is for",
  deps: { bomb },
  run: () => ({
    argv: ["/bin/sh", "-c", `if ${has("silent")}; then :; else echo >&3; fi; exec sleep 100000`],
  }),
  ready: notificationFd(3, { timeout: seconds(60) }),
});

export default defineSystem({
  boot: defineBundle([maintainer, shell, duties]),
  watchdog: {
    success: [maintainer],
    deadline: seconds(150),
    statusFile: (generation) => `/persist/generations/${generation}/status`,
  },
  // Longer than a busy host may keep the machine from its turn.
  hardwareWatchdog: { timeout: seconds(10) },
});
