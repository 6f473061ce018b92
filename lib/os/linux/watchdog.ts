/** Hardware watchdogs: Documentation/watchdog/watchdog-api.rst of the kernel. */
import type { Millis } from "../../define/time.ts";
import type { Fd } from "../os.ts";
import { checked, cstring, libc } from "./libc.ts";

/** From <fcntl.h>. */
const O_WRONLY = 1, O_NONBLOCK = 0o4000, O_CLOEXEC = 0o2000000;
/** From <linux/watchdog.h>: both take an int, in seconds. */
const WDIOC_SETTIMEOUT = 0xc004_5706n, WDIOC_GETTIMEOUT = 0x8004_5707n;

/** Opens a watchdog, which from now on resets the machine unless it is petted. @throws {OsError} ENOENT, EBUSY. */
export function openWatchdog(device: string): Fd {
  return checked(libc.open(cstring(device), O_WRONLY | O_NONBLOCK | O_CLOEXEC, 0), "open", device);
}

/** The time after which a watchdog resets the machine; null if it does not tell. */
export function watchdogTimeout(fd: Fd): Millis | null {
  const seconds = new Int32Array(1);
  return libc.ioctl(fd, WDIOC_GETTIMEOUT, new Uint8Array(seconds.buffer)) === -1 ? null : seconds[0]! * 1000;
}

/**
 * Sets that time, in whole seconds; it counts from now. A device may take the nearest that it can do.
 *
 * @throws {OsError} EINVAL if it is too long for the device, ENOTTY or EOPNOTSUPP if it cannot be set at all.
 */
export function setWatchdogTimeout(fd: Fd, timeout: Millis): void {
  const seconds = new Int32Array([Math.ceil(timeout / 1000)]);
  const result = libc.ioctl(fd, WDIOC_SETTIMEOUT, new Uint8Array(seconds.buffer));
  checked(result, "set the watchdog's timeout to", `${seconds[0]} s`);
}

/** Tells a watchdog that all is well. @throws {OsError} ENODEV if the device is gone. */
export function petWatchdog(fd: Fd): void {
  write(fd, "\0");
}

/** Closes a watchdog. Disarmed first, it lets the machine be, unless the kernel was built or told not to allow that. */
export function closeWatchdog(fd: Fd, disarm: boolean): void {
  try {
    if (disarm) write(fd, "V");
  } finally {
    libc.close(fd);
  }
}

function write(fd: Fd, text: string): void {
  checked(libc.write(fd, new TextEncoder().encode(text), BigInt(text.length)), "pet", "the watchdog");
}
