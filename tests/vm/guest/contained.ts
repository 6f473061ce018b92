/** Services that take more than they may have. */
import { defineBundle, defineService, defineSystem, notificationFd, seconds, spawned, timer } from "denit";
import { devices } from "./devices.ts";
import { shell } from "./shell.ts";

export { devices, shell };

const sh = (text: string) => ({ argv: ["/bin/sh", "-c", text] as const });

/** Fills more memory than it is allowed. */
export const hungry = defineService({
  kind: "oneshot",
  deps: { devices },
  run: () => ({ argv: ["/bin/dd", "if=/dev/zero", "of=/dev/null", "bs=64M", "count=1"] }),
  resources: { memoryMax: 16 * 1024 * 1024 },
});

/** Forks more often than it is allowed, and lets its children out of its session. */
export const many = defineService({
  deps: { devices },
  run: () =>
    sh(
      "(i=0; while [ $i -lt 40 ]; do setsid sleep 100000 & i=$((i + 1)); done) 2>&1; echo >&3; exec sleep 100000",
    ),
  ready: notificationFd(3, { timeout: seconds(30) }),
  resources: { pidsMax: 12 },
});

export const slow = defineService({
  deps: { devices },
  run: () => sh("exec sleep 100000"),
  ready: spawned(),
  resources: {
    cpuMax: 0.25,
    cpuWeight: 20,
    memoryHigh: 64 * 1024 * 1024,
    ioMax: { "/dev/vda": { writeBytes: 1024 * 1024, readOperations: 100 } },
  },
});

/** Nobody waits that long, unless the clock is set. */
export const newYear = timer({ at: "yearly", run: () => sh("echo happy; date -u +%Y") });

export default defineSystem({ boot: defineBundle([shell, hungry, many, slow, newYear]) });
