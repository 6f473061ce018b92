import { defineBundle, defineSystem, seconds } from "denit";
import { bootWatchdog } from "./boot_watchdog.ts";
import { fortrosKeyService } from "./fortros_key_service.ts";
import { fortrosMaintainer } from "./fortros_maintainer.ts";
import { fortrosReconciler } from "./fortros_reconciler.ts";
import { persistMount } from "./persist_mount.ts";
import { wireguard } from "./wireguard.ts";

/**
 * The bundle `default`: everything. Each service is wanted for its own sake,
 * so that what works stays up when something that needs it does not.
 *
 * The deadline is what the services on the way to the watchdog may take at
 * most, 30 + 10 + 60 + 10 s, and ten more for the machine itself.
 */
export const system = defineSystem({
  boot: defineBundle([
    persistMount,
    wireguard,
    fortrosKeyService,
    fortrosMaintainer,
    fortrosReconciler,
    bootWatchdog,
  ]),
  watchdog: {
    success: [bootWatchdog],
    deadline: seconds(120),
    statusFile: (generation) => `/persist/generations/${generation}/status`,
    onFailure: "reboot",
  },
});
