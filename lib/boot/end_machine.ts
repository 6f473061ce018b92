import { messageOf } from "../define/message_of.ts";
import type { Millis } from "../define/time.ts";
import { type PowerCommand, readKernelFile, reboot, sync, within } from "../os/linux/mod.ts";
import type { Os } from "../os/os.ts";
import type { Power } from "../supervisor/mod.ts";
import type { HardwareWatchdog } from "./hardware_watchdog.ts";
import { endProcesses } from "./last_processes.ts";
import { allHolds, releaseAll } from "./release_all.ts";

/** How long it may take to let go of everything, and the whole end of a machine whatever happens. */
const RELEASE: Millis = 30_000, WHOLE: Millis = 120_000;
/** Writing to disks is given up once nothing was written for this long, and after so many times that. */
const SYNC_PATIENCE: Millis = 5000, SYNC_LOOKS = 12;

/** What the end of a machine needs. */
export interface Ending {
  /** Not disposed yet, as orphans are still to be reaped. */
  readonly os: Os;
  /** Shows a line on the console. */
  readonly say: (text: string) => void;
  /** Waits a little until what was said is shown. */
  readonly shown: () => Promise<void>;
  readonly watchdog: HardwareWatchdog | null;
}

/**
 * Ends the machine: what processes are left, then what is mounted and stacked on disks. No dead disk or server keeps
 * it from that. It does not return, and it does not throw.
 *
 * @param holds What is to be let go of; asked again and again.
 */
export async function endMachine(power: Power, ending: Ending, holds = allHolds): Promise<never> {
  const { os, say, shown, watchdog } = ending;
  // It keeps this process alive, too: the end of PID 1 is a panic.
  setInterval(() => watchdog?.ring(os.now()), 300);
  const limit = Promise.withResolvers<void>();
  setTimeout(limit.resolve, WHOLE);
  await Promise.race([limit.promise, wrapUp(ending, holds)]);
  for (const command of commandsOf(power, say)) {
    await shown();
    watchdog?.handOver(command);
    try {
      reboot(command);
    } catch (error) {
      say(messageOf(error));
    }
  }
  say("this machine does not end by itself: switch it off");
  return new Promise(() => {});
}

async function wrapUp({ os, say }: Ending, holds: typeof allHolds): Promise<void> {
  const until = (limit: Millis) => {
    const end = os.now() + limit;
    return () => end - os.now();
  };
  const steps = [
    () => endProcesses(os, say),
    () => syncPatiently(say),
    () => releaseAll(holds, say, until(RELEASE)),
    // Some of it may have stayed.
    () => within(sync(), SYNC_PATIENCE),
  ];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      say(messageOf(error));
    }
  }
}

/** Writes everything to disks. A slow disk gets the time that it needs as long as it makes progress. */
async function syncPatiently(say: (fault: string) => void): Promise<void> {
  const done = sync().then(() => true);
  let before = Infinity;
  for (let look = 0; look < SYNC_LOOKS; look++) {
    if (await within(done, SYNC_PATIENCE)) return;
    const left = unwritten();
    if (left >= before) break;
    before = left;
  }
  say(`cannot write everything to disks: they take too long, and ${unwritten()} KiB are left`);
}

/** How many KiB wait to be written: /proc/meminfo of proc(5). */
function unwritten(): number {
  const lines = readKernelFile("/proc/meminfo").matchAll(
    /^(?:Dirty|Writeback|NFS_Unstable): *(\d+)/gm,
  );
  return lines.reduce((sum, [, amount]) => sum + Number(amount), 0);
}

/** How to end, and how if that is refused. */
function commandsOf(power: Power, say: (text: string) => void): readonly PowerCommand[] {
  switch (power) {
    case "exit":
    case "poweroff":
      return ["poweroff", "halt"];
    case "reboot":
      return ["restart"];
    case "halt":
      return ["halt"];
    case "kexec":
      if (readKernelFile("/sys/kernel/kexec_loaded").trim() === "1") return ["kexec", "restart"];
      say("cannot start another kernel: none is loaded, see kexec(8); the machine reboots instead");
      return ["restart"];
  }
}
