/** clock_gettime(2) and clock_settime(2). */
import type { Millis } from "../../define/time.ts";
import { checked, libc } from "./libc.ts";

/** From <time.h>: does not jump, counts from the boot, and stands still while the machine is suspended. */
const CLOCK_MONOTONIC = 1;

/** From <time.h>: the time of day, which the administrator or NTP may set. */
const CLOCK_REALTIME = 0;

/** struct timespec: tv_sec at 0 and tv_nsec at 8, both 64 bits wide. */
const timespec = new Uint32Array(4);

/** CLOCK_MONOTONIC as clock_gettime(2) tells it, to the microsecond or better. */
export function monotonic(): Millis {
  libc.clock_gettime(CLOCK_MONOTONIC, timespec);
  // The upper half of the seconds is needed after 136 years of uptime.
  return timespec[0]! * 1000 + timespec[2]! / 1e6;
}

/** CLOCK_REALTIME as clock_gettime(2) tells it: whole seconds since 1970 in UTC, and nanoseconds since then. */
export function realtime(): { readonly seconds: number; readonly nanos: number } {
  libc.clock_gettime(CLOCK_REALTIME, timespec);
  return { seconds: timespec[1]! * 2 ** 32 + timespec[0]!, nanos: timespec[2]! };
}

/** Sets CLOCK_REALTIME: clock_settime(2). @throws {OsError} EPERM without CAP_SYS_TIME. */
export function setRealtime(sinceEpoch: Millis): void {
  const seconds = Math.floor(sinceEpoch / 1000);
  const time = new BigInt64Array([BigInt(seconds), BigInt(Math.floor((sinceEpoch - seconds * 1000) * 1e6))]);
  checked(libc.clock_settime(CLOCK_REALTIME, time), "set the clock");
}
