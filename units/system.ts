import { defineBundle, defineSystem, seconds } from "denit";
import { bootWatchdog } from "./boot_watchdog.ts";
import { fortrosKeyService } from "./fortros_key_service.ts";
import { fortrosMaintainer } from "./fortros_maintainer.ts";
import { fortrosReconciler } from "./fortros_reconciler.ts";
import { lo } from "./lo.ts";
import { machineName } from "./machine_name.ts";
import { modules } from "./modules.ts";
import { persistMount } from "./persist_mount.ts";
import { seed } from "./seed.ts";
import { wireguard } from "./wireguard.ts";

/**
 * The bundle `default`: everything. Each service is wanted for its own sake,
 * so that what works stays up when something that needs it does not.
 *
 * The deadline is what the services on the way to the watchdog may take at
 * most, 20 + 30 + 30 + 60 + 30 s, and ten more for the machine itself. That is
 * much for most machines: an emulated one that is busy takes a good part of it.
 */
export const system = defineSystem({
  boot: defineBundle([
    machineName,
    modules,
    lo,
    persistMount,
    seed,
    wireguard,
    fortrosKeyService,
    fortrosMaintainer,
    fortrosReconciler,
    bootWatchdog,
  ]),
  watchdog: {
    success: [bootWatchdog],
    deadline: seconds(180),
    statusFile: (generation) => `/persist/generations/${generation}/status`,
    onFailure: "reboot",
  },
});
