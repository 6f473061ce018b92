import { delay } from "@std/async/delay";
import type { Millis } from "../define/time.ts";
import { linuxOs, readKernelFile, reboot, sync, within } from "../os/linux/mod.ts";
import { mountEarly } from "./early_mounts.ts";
import { parseKernelCommandLine } from "./kernel_command_line.ts";
import { findPlace } from "./places.ts";
import { rescueShell } from "./rescue_shell.ts";

/** How long the reason stays on the console before the machine starts anew, and how long its disks may take. */
const READING: Millis = 10_000, SYNC: Millis = 5000;

/**
 * What the init of a machine does when it cannot even begin to supervise, as its end would be a panic of the kernel:
 * it starts the machine anew, after a shell where the kernel's command line asks for one. The stage 1 has counted this
 * boot, so that another generation comes up in the end. Elsewhere it does nothing, and init may end.
 */
export async function surrender(): Promise<void> {
  // Without /proc it cannot be told, and only on a machine is there none.
  if (readKernelFile("/proc/cmdline") === "") mountEarly();
  if (findPlace() !== "machine") return;
  const say = (text: string) => console.error(text);
  if (parseKernelCommandLine(readKernelFile("/proc/cmdline")).rescue) {
    await rescueShell(linuxOs(), {
      why: "init cannot supervise, see above.",
      then: "the machine starts anew",
      say,
    });
  } else {
    say(`init cannot supervise, see above; the machine starts anew in ${READING / 1000} s`);
    await delay(READING);
  }
  await within(sync(), SYNC);
  reboot("restart");
}
