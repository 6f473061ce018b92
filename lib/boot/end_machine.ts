import { delay } from "@std/async/delay";
import { killAll, reboot, sync } from "../os/linux/mod.ts";
import type { Power } from "../supervisor/mod.ts";

/** How long processes that belong to no service may take to obey SIGTERM. */
const GRACE = 2000;

/** Ends what is left on the machine, writes everything to disks, and ends the machine. It does not return. */
export async function endMachine(power: Power): Promise<never> {
  if (killAll("SIGTERM")) {
    await delay(GRACE);
    killAll("SIGKILL");
  }
  await sync();
  return reboot(power === "reboot" ? "restart" : power === "exit" ? "poweroff" : power);
}
