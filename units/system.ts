import { defineBundle, defineSystem, seconds } from "denit";
import { bootWatchdog } from "./boot_watchdog.ts";
import { fortrosReconciler } from "./fortros_reconciler.ts";

/**
 * The bundle `default`: the two ends of the tree; what they need is started
 * with them.
 *
 * The deadline is what the services on the way to the watchdog may take at
 * most, 30 + 10 + 60 + 10 s, and ten more for the machine itself.
 */
export const system = defineSystem({
  boot: defineBundle([fortrosReconciler, bootWatchdog]),
  watchdog: {
    success: [bootWatchdog],
    deadline: seconds(120),
    statusFile: (generation) => `/persist/generations/${generation}/status`,
    onFailure: "reboot",
  },
});
