/** Files for services, made and read without trust in whoever else may write where they are: open(2), mkdir(2). */
import { type ErrnoName, errnoName, osError } from "../errno.ts";
import type { Fd } from "../os.ts";
import type { FolderSpec, ServiceFiles } from "../service_files.ts";
import { checked, cstring, errno, failure, libc } from "./libc.ts";

/** From <fcntl.h>. */
const O_NONBLOCK = 0o4000, O_DIRECTORY = 0o200000, O_NOFOLLOW = 0o400000, O_CLOEXEC = 0o2000000;
const O_PATH = 0o10000000, AT_EMPTY_PATH = 0x1000;
/** From <sys/stat.h>: others may write; only owners may rename. */
const S_IWGRP = 0o020, S_IWOTH = 0o002, S_ISVTX = 0o1000;
/** What a service is told by a file is short. */
const LONGEST = 1024 * 1024;

/** The files of this machine. */
export function linuxServiceFiles(secretsFolder: string): ServiceFiles {
  return { secretsFolder, read: readSmallFile, makeFolder, removeFolder };
}

function readSmallFile(path: string): Uint8Array<ArrayBuffer> {
  const fd = checked(libc.open(cstring(path), O_NONBLOCK | O_CLOEXEC, 0), "read", path);
  try {
    const { isFile, size } = Deno.statSync(`/proc/self/fd/${fd}`);
    if (!isFile) throw osError("read", "EINVAL", path, "it is no regular file");
    if (size > LONGEST) throw osError("read", "EFBIG", path, `it has more than ${LONGEST} bytes`);
    // It may grow meanwhile, and files of /proc have no size.
    const bytes = new Uint8Array(LONGEST + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length <= LONGEST; length += read) {
      const rest = bytes.subarray(length);
      read = checked(libc.read(fd, rest, BigInt(rest.length)), "read", path);
    }
    if (length > LONGEST) throw osError("read", "EFBIG", path, `it has more than ${LONGEST} bytes`);
    return bytes.slice(0, length);
  } finally {
    libc.close(fd);
  }
}

function makeFolder({ path, root = "/", mode, uid, gid }: FolderSpec): void {
  const names = path.split("/").filter((name) => name !== "");
  let here = checked(libc.open(cstring(root), O_PATH | O_DIRECTORY | O_CLOEXEC, 0), "open", root);
  try {
    for (const [index, name] of names.entries()) {
      const isLast = index === names.length - 1;
      const next = enter(here, name, { isLast, path, links: root === "/" });
      libc.close(here);
      here = next;
    }
    if (uid !== null || gid !== null) {
      checked(libc.fchownat(here, cstring(""), uid ?? -1, gid ?? -1, AT_EMPTY_PATH), "chown", path);
    }
    checked(libc.chmod(cstring(`/proc/self/fd/${here}`), mode), "chmod", path);
  } finally {
    libc.close(here);
  }
}

/** Opens a folder within another one, and makes it first if there is none. What is above the last may be a link of ours. */
function enter(
  parent: Fd,
  name: string,
  { isLast, path, links }: { readonly isLast: boolean; readonly path: string; readonly links: boolean },
): Fd {
  const within = `/proc/self/fd/${parent}`, place = cstring(`${within}/${name}`);
  const open = (flags: number) => libc.open(place, O_PATH | O_DIRECTORY | O_CLOEXEC | flags, 0);
  let fd = open(O_NOFOLLOW);
  if (fd !== -1) return fd;
  let code = errnoName(errno());
  if (code === "ENOENT") {
    // Until it has its owner, the last one is nobody else's; it may have been made by somebody else just now.
    if (libc.mkdir(place, isLast ? 0o700 : 0o755) === -1 && errnoName(errno()) !== "EEXIST") {
      throw failure("mkdir", path);
    }
    fd = open(O_NOFOLLOW);
    if (fd !== -1) return fd;
    code = errnoName(errno());
  }
  if (code !== "ENOTDIR" && code !== "ELOOP") throw failure("open", path);
  if (!Deno.lstatSync(`${within}/${name}`).isSymlink) {
    throw osError("mkdir", "ENOTDIR", path, `${name} is in the way, and is no directory`);
  }
  const planted: ErrnoName = "ELOOP";
  if (isLast) throw osError("mkdir", planted, path, "it is a link, which is not followed");
  // It would lead elsewhere than for whoever has that root.
  if (!links) {
    throw osError("mkdir", planted, path, `${name} is a link, which is not followed in another root`);
  }
  if (!isOurs(`${within}/${name}`, within)) {
    throw osError("mkdir", planted, path, `${name} is a link that somebody else may have put there`);
  }
  return checked(open(0), "open", path);
}

/** Whether nobody but root and we can have put a link where it is. */
function isOurs(link: string, folder: string): boolean {
  const isTrusted = (uid: number | null) => uid === 0 || uid === Deno.uid();
  const { uid, mode } = Deno.statSync(folder);
  const open = ((mode ?? 0) & (S_IWGRP | S_IWOTH)) !== 0 && ((mode ?? 0) & S_ISVTX) === 0;
  return isTrusted(uid) && !open && isTrusted(Deno.lstatSync(link).uid);
}

function removeFolder(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw osError("remove", "EBUSY", path, error instanceof Error ? error.message : String(error));
  }
}
