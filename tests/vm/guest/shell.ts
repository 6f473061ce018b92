import { defineService, notificationFd, seconds } from "denit";
import { devices } from "./devices.ts";

/** Runs the commands that a test sends into the machine. */
export const shell = defineService({
  description: "commands from outside of the machine",
  deps: { devices },
  run: () => ({ argv: ["/bin/vm-shell"] }),
  ready: notificationFd(3, { timeout: seconds(30) }),
  // A test that fails shows the console.
  log: { to: "console" },
});
