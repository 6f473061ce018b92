/** Swap areas, loop devices and the device mapper: what is stacked on disks, and how it is taken off again. */
import type { Millis } from "../../define/time.ts";
import { callAside } from "./aside.ts";
import { namesIn, readKernelFile } from "./kernel_files.ts";
import { unescapeField } from "./mountinfo.ts";

/** From <asm/unistd_64.h>. */
const SYS_open = 2, SYS_close = 3, SYS_ioctl = 16, SYS_swapoff = 168;
/** From <fcntl.h>. */
const O_RDWR = 2, O_CLOEXEC = 0o2000000;
/** From <linux/loop.h>. */
const LOOP_CLR_FD = 0x4c01;
/** From <linux/dm-ioctl.h>: _IOWR(0xfd, 4, struct dm_ioctl). */
const DM_DEV_REMOVE = 0xc138_fd04;
/** struct dm_ioctl: u32 version[3] at 0, u32 data_size at 12, u32 data_start at 16, char name[128] at 48. */
const SIZEOF_DM_IOCTL = 312, DM_DATA_SIZE = 12, DM_DATA_START = 16, DM_NAME = 48, DM_NAME_LEN = 128;
/** The major version of the device mapper's interface, which the kernel checks. */
const DM_VERSION_MAJOR = 4;

/** The files and devices that are swapped to: /proc/swaps of proc(5). */
export function listSwaps(text = readKernelFile("/proc/swaps")): readonly string[] {
  const lines = text.split("\n").slice(1).filter((line) => line !== "");
  return lines.map((line) => unescapeField(line.split(/\s/)[0]!));
}

/** Stops swapping to a file or device: swapoff(2), in another thread. @throws {OsError} ENOMEM, ETIMEDOUT. */
export function swapOffAside(path: string, limit: Millis): Promise<unknown> {
  return callAside({ call: "stop swapping to", subject: path, limit }, SYS_swapoff, path);
}

/** A block device that stands for something else. */
export interface StackedDevice {
  /** Its name in /dev, such as `loop0` or `dm-1`. */
  readonly device: string;
  /** `MAJOR:MINOR`. */
  readonly number: string;
  /** Its name for the device mapper, or the file behind a loop device. */
  readonly name: string;
  /** Whether another device is stacked on it. */
  readonly held: boolean;
}

/** Loop devices with a file behind them. */
export function listLoops(): readonly StackedDevice[] {
  return listStacked(/^loop\d/, "loop/backing_file");
}

/** Devices of the device mapper: dm-crypt, LVM and others; those made last come first. */
export function listMapped(): readonly StackedDevice[] {
  return listStacked(/^dm-\d/, "dm/name");
}

/**
 * Takes the file away from a loop device; the kernel does it later if the device is in use: LOOP_CLR_FD of loop(4).
 *
 * @throws {OsError} ENXIO if it has none, ETIMEDOUT.
 */
export function detachLoopAside(device: string, limit: Millis): Promise<void> {
  return control(`/dev/${device}`, { call: "detach", subject: device, limit }, LOOP_CLR_FD, 0);
}

/**
 * Removes a device of the device mapper, with the key that a dm-crypt device has in memory.
 *
 * @throws {OsError} EBUSY while it is in use, ENXIO if there is none of that name, ETIMEDOUT.
 */
export function removeMappedAside(name: string, limit: Millis): Promise<void> {
  const request = new Uint8Array(new ArrayBuffer(SIZEOF_DM_IOCTL));
  const fields = new DataView(request.buffer);
  fields.setUint32(0, DM_VERSION_MAJOR, true);
  fields.setUint32(DM_DATA_SIZE, SIZEOF_DM_IOCTL, true);
  fields.setUint32(DM_DATA_START, SIZEOF_DM_IOCTL, true);
  new TextEncoder().encodeInto(name, request.subarray(DM_NAME, DM_NAME + DM_NAME_LEN - 1));
  return control("/dev/mapper/control", { call: "detach", subject: name, limit }, DM_DEV_REMOVE, request);
}

async function control(
  path: string,
  undertaking: Parameters<typeof callAside>[0],
  request: number,
  argument: number | Uint8Array<ArrayBuffer>,
): Promise<void> {
  const fd = await callAside(
    { ...undertaking, call: "open", subject: path },
    SYS_open,
    path,
    O_RDWR | O_CLOEXEC,
  );
  try {
    await callAside(undertaking, SYS_ioctl, fd, request, argument);
  } finally {
    // The last one to close a loop device detaches it, which is not done at once either.
    await callAside({ ...undertaking, call: "close", subject: path }, SYS_close, fd);
  }
}

function listStacked(names: RegExp, attribute: string): readonly StackedDevice[] {
  const found: StackedDevice[] = [];
  for (const device of namesIn("/sys/block")) {
    const folder = `/sys/block/${device}`;
    const name = names.test(device) ? readKernelFile(`${folder}/${attribute}`).trimEnd() : "";
    if (name === "") continue;
    const held = namesIn(`${folder}/holders`).length > 0;
    found.push({ device, number: readKernelFile(`${folder}/dev`).trim(), name, held });
  }
  const minor = ({ number }: StackedDevice) => Number(number.split(":")[1]);
  return found.sort((a, b) => minor(b) - minor(a));
}
