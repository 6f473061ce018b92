/** mount(2), umount2(2) and pivot_root(2). */
import { checked, cstring, libc } from "./libc.ts";

/** Flags of mount(2), from <sys/mount.h>. */
export const MS_RDONLY = 1,
  MS_NOSUID = 2,
  MS_NODEV = 4,
  MS_NOEXEC = 8,
  MS_REMOUNT = 32,
  MS_NOATIME = 1024,
  MS_BIND = 4096,
  MS_MOVE = 8192,
  MS_REC = 16384,
  MS_PRIVATE = 1 << 18,
  MS_SLAVE = 1 << 19,
  MS_SHARED = 1 << 20,
  MS_RELATIME = 1 << 21,
  MS_STRICTATIME = 1 << 24;

/** Flags of umount2(2), from <sys/mount.h>. */
export const MNT_FORCE = 1, MNT_DETACH = 2, UMOUNT_NOFOLLOW = 8;

/** From <asm/unistd_64.h>; glibc has no function for it. */
const SYS_pivot_root = 155;

/**
 * Attaches a file system: mount(2).
 *
 * @param source A device, a directory to bind, or any word for file systems without a device.
 * @param target An existing directory, or file for a bind mount.
 * @param type Such as `proc`; not used and best left empty with MS_BIND, MS_MOVE and MS_REMOUNT.
 * @param flags `MS_*`, or-ed.
 * @param data Options of the file system, such as `mode=0755,size=10%`.
 * @throws {OsError} `mount`, its subject the target.
 */
export function mount(source: string, target: string, type: string, flags = 0, data = ""): void {
  const result = libc.mount(cstring(source), cstring(target), cstring(type), BigInt(flags), cstring(data));
  checked(result, "mount", `${source} on ${target}`);
}

/**
 * Detaches the file system at `target`: umount2(2).
 *
 * @param flags `MNT_*`, or-ed.
 * @throws {OsError} EBUSY while it is in use.
 */
export function umount(target: string, flags = 0): void {
  checked(libc.umount2(cstring(target), flags), "unmount", target);
}

/**
 * Makes `newRoot`, a mount point, the root and moves the old root to `putOld`, a directory at or below it:
 * pivot_root(2). With `"."` for both and the working directory at the new root, the old one lies under the new one.
 *
 * @throws {OsError} EINVAL if the current root is the initramfs (then mount with MS_MOVE and chroot instead).
 */
export function pivotRoot(newRoot: string, putOld: string): void {
  checked(libc.pivot_root(SYS_pivot_root, cstring(newRoot), cstring(putOld)), "pivot_root to", newRoot);
}
