/** Files in which a daemon has written its id, read without trust in whoever else may write there. */
import { osError } from "../errno.ts";
import type { Pid } from "../os.ts";
import { checked, cstring, libc } from "./libc.ts";

/** From <fcntl.h>. */
const O_NONBLOCK = 0o4000, O_NOFOLLOW = 0o400000, O_CLOEXEC = 0o2000000;
/** From <sys/stat.h>. */
const S_IWOTH = 0o002;
/** More than any id has digits. */
const LONGEST = 64;

/**
 * Reads one. A link at its end is not followed, and nothing that is no file is waited for.
 *
 * @throws {OsError} ENOENT; ELOOP for a link; EINVAL for what is no file with an id; EPERM if everybody may write to it.
 */
export function readPidFile(path: string): { readonly pid: Pid; readonly uid: number } {
  const fd = libc.open(cstring(path), O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, 0);
  checked(fd, "read pid file", path);
  try {
    const { isFile, mode, uid } = Deno.statSync(`/proc/self/fd/${fd}`);
    if (!isFile) throw osError("read pid file", "EINVAL", path, "it is no regular file");
    if (((mode ?? 0) & S_IWOTH) !== 0) {
      throw osError("read pid file", "EPERM", path, "everybody may write to it");
    }
    const bytes = new Uint8Array(LONGEST);
    const length = checked(libc.read(fd, bytes, BigInt(LONGEST)), "read pid file", path);
    const text = new TextDecoder().decode(bytes.subarray(0, length)).trim();
    if (!/^\d{1,10}$/.test(text)) {
      throw osError("read pid file", "EINVAL", path, "there is no process id in it");
    }
    return { pid: Number(text), uid: uid ?? 0 };
  } finally {
    libc.close(fd);
  }
}

/** Removes one, if there is one: a link, or what is no file, is let be. */
export function removePidFile(path: string): void {
  try {
    if (Deno.lstatSync(path).isFile) libc.unlink(cstring(path));
  } catch {
    // There is none.
  }
}
