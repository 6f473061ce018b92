/** clock_gettime(2) and clock_settime(2). */
import type { Millis } from "../../define/time.ts";
import type { Fd } from "../os.ts";
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

/** From <sys/timerfd.h>. */
const TFD_TIMER_ABSTIME = 1, TFD_TIMER_CANCEL_ON_SET = 2, TFD_NONBLOCK = 0o4000, TFD_CLOEXEC = 0o2000000;
/** Seconds since 1970 of a day that is far away. */
const FAR = 7_258_118_400n;

/** As `Os.wallClock`. */
export function wallClock(): Millis {
  const { seconds, nanos } = realtime();
  return seconds * 1000 + nanos / 1e6;
}

/** As `Os.watchClock`: timerfd_create(2), with a timer that is not to be lived to see. */
export function watchClock(): Fd {
  const fd = checked(libc.timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC), "timerfd_create");
  // struct itimerspec: interval, then value, each in seconds and nanoseconds.
  const time = new BigInt64Array([0n, 0n, FAR, 0n]);
  checked(
    libc.timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, time, null),
    "timerfd_settime",
  );
  return fd;
}

/** Sets CLOCK_REALTIME: clock_settime(2). @throws {OsError} EPERM without CAP_SYS_TIME. */
export function setRealtime(sinceEpoch: Millis): void {
  const seconds = Math.floor(sinceEpoch / 1000);
  const time = new BigInt64Array([BigInt(seconds), BigInt(Math.floor((sinceEpoch - seconds * 1000) * 1e6))]);
  checked(libc.clock_settime(CLOCK_REALTIME, time), "set the clock");
}
