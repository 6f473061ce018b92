/** Input devices: Documentation/input/input.rst of the kernel, and inotify(7) to hear of new ones. */
import type { Fd } from "../os.ts";
import { checked, cstring, libc } from "./libc.ts";

/** From <fcntl.h>. */
const O_RDONLY = 0, O_NONBLOCK = 0o4000, O_CLOEXEC = 0o2000000;
/** From <sys/inotify.h>. */
const IN_CREATE = 0x100, IN_MOVED_TO = 0x80, IN_NONBLOCK = O_NONBLOCK, IN_CLOEXEC = O_CLOEXEC;
/** From <linux/input-event-codes.h>. */
const EV_KEY = 1, KEY_POWER = 116;
/** The keys of a device as bits, up to KEY_MAX, 0x2ff; EVIOCGBIT(EV_KEY, 96) of <linux/input.h> asks for them. */
const SIZEOF_KEYS = 96, EVIOCGBIT_KEYS = 0x8060_4521n;
/** struct input_event: a time of 16 bytes, u16 type, u16 code, s32 value, which is 1 for a key that goes down. */
export const SIZEOF_INPUT_EVENT = 24;
const TYPE = 16, CODE = 18, VALUE = 20;

/** Opens an input device for reading, unless it has no power key: then this is null. @throws {OsError} As open(2). */
export function openPowerKey(device: string): Fd | null {
  const fd = checked(libc.open(cstring(device), O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0), "open", device);
  const keys = new Uint8Array(SIZEOF_KEYS);
  const has = libc.ioctl(fd, EVIOCGBIT_KEYS, keys) !== -1 &&
    (keys[KEY_POWER >> 3]! >> (KEY_POWER & 7) & 1) === 1;
  if (has) return fd;
  libc.close(fd);
  return null;
}

/** Whether among events, as read from a device, the power key goes down. */
export function pressesPower(events: Uint8Array): boolean {
  const view = new DataView(events.buffer, events.byteOffset, events.length);
  for (let at = 0; at + SIZEOF_INPUT_EVENT <= events.length; at += SIZEOF_INPUT_EVENT) {
    const type = view.getUint16(at + TYPE, true), code = view.getUint16(at + CODE, true);
    if (type === EV_KEY && code === KEY_POWER && view.getInt32(at + VALUE, true) === 1) return true;
  }
  return false;
}

/** Makes a descriptor that is readable after something new has appeared in a folder. @throws {OsError} ENOENT. */
export function watchFolder(folder: string): Fd {
  const fd = checked(libc.inotify_init1(IN_NONBLOCK | IN_CLOEXEC), "inotify_init1");
  try {
    checked(libc.inotify_add_watch(fd, cstring(folder), IN_CREATE | IN_MOVED_TO), "watch", folder);
    return fd;
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}
