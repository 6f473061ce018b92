import { defineService, seconds } from "denit";
import { fortrosMaintainer } from "./fortros_maintainer.ts";

/**
 * Declares this generation good once the maintainer is ready: it replaces the
 * generation's status file with `ok`. The bootloader goes back to the
 * generation before where that has not happened in time.
 */
export const bootWatchdog = defineService({
  kind: "oneshot",
  description: "marks this generation as good",
  deps: { maintainer: fortrosMaintainer },
  run: () => ({ argv: ["/proc/self/exe", "mark", "ok"] }),
  timeout: seconds(30),
  stop: { timeout: seconds(5) },
});
