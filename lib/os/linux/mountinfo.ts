/** /proc/self/mountinfo as proc_pid_mountinfo(5) describes it, and unmounting what is in it without waiting for ever. */
import type { Millis } from "../../define/time.ts";
import { callAside } from "./aside.ts";
import { readKernelFile } from "./kernel_files.ts";
import { MNT_FORCE, MS_RDONLY, MS_REMOUNT, UMOUNT_NOFOLLOW } from "./mount.ts";

/** From <asm/unistd_64.h>. */
const SYS_mount = 165, SYS_umount2 = 166;

/** One line of mountinfo. */
export interface Mount {
  readonly point: string;
  /** The file system, such as `ext4`. */
  readonly type: string;
  /** `MAJOR:MINOR` of its device. */
  readonly device: string;
  /** Whether the file system takes no writes at all, wherever it is mounted. */
  readonly readOnly: boolean;
}

/** The mounts of this process's namespace, in the order in which they were made; none while /proc is not there. */
export function listMounts(text = readKernelFile("/proc/self/mountinfo")): readonly Mount[] {
  return text.split("\n").filter((line) => line !== "").map((line) => {
    // Fields: id, parent, device, root, mount point, options, any number of tags, "-", type, source, more options.
    const fields = line.split(" ");
    const [type = "", , options = ""] = fields.slice(fields.indexOf("-", 6) + 1);
    return {
      point: unescapeField(fields[4] ?? ""),
      type,
      device: fields[2] ?? "",
      readOnly: options.split(",").includes("ro"),
    };
  });
}

/** A field of a file in /proc, where blanks, tabs, newlines and backslashes stand as bytes in octal. */
export function unescapeField(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_all, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}

/**
 * Unmounts what lies at `point`, in another thread. Requests that a file system from the network still has open fail
 * then, instead of waiting for a server that is gone: MNT_FORCE of umount2(2).
 *
 * @throws {OsError} EBUSY while it is in use, ETIMEDOUT.
 */
export function unmountAside(point: string, limit: Millis): Promise<unknown> {
  const undertaking = { call: "unmount", subject: point, limit };
  return callAside(undertaking, SYS_umount2, point, MNT_FORCE | UMOUNT_NOFOLLOW);
}

/**
 * Writes out the file system at `point`, and has it take no more writes, wherever it is mounted; in another thread.
 *
 * @throws {OsError} EBUSY while a file is open for writing, ETIMEDOUT.
 */
export function makeReadOnlyAside(point: string, limit: Millis): Promise<unknown> {
  const undertaking = { call: "make read-only", subject: point, limit };
  return callAside(undertaking, SYS_mount, "", point, "", MS_REMOUNT | MS_RDONLY, "");
}
