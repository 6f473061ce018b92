/**
 * Why a program could not be started, in words. The kernel gives one number for a chain of possible causes, and
 * posix_spawn(3) does not even tell which step failed; so the questions are asked again, after the fact.
 */
import type { SpawnAttributes } from "../attributes.ts";
import { osError } from "../errno.ts";
import type { OsError } from "../error.ts";
import type { FdMapping } from "../os.ts";
import { cstring, errno, libc } from "./libc.ts";

/** From <unistd.h> and <fcntl.h>. */
const F_OK = 0, X_OK = 1, F_GETFD = 1;
/** From <errno.h>. */
const ENOENT = 2, ENOEXEC = 8, EBADF = 9, EAGAIN = 11, ENOMEM = 12, EACCES = 13, ENOTDIR = 20, ETXTBSY = 26;

/** Where programs are looked for if the environment of the new process has no PATH. */
export const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * Looks a program up as execvp(3) does, in the PATH of the process to be.
 *
 * @param root What the process will have as its `/`, if that is not ours.
 * @throws {OsError} `exec`; ENOENT names the PATH, EACCES the file that is there but cannot be executed.
 */
export function findProgram(name: string, path = DEFAULT_PATH, cwd?: string, root?: string): string {
  let refused: string | null = null;
  if (name !== "") {
    for (const directory of path.split(":")) {
      const candidate = directory === "" ? `./${name}` : `${directory}/${name}`;
      const file = seenFrom(cwd, candidate, root);
      // Links in another root lead elsewhere than here: that something has the name has to do.
      if (root !== undefined && isNamed(file)) return candidate;
      if (libc.access(cstring(file), X_OK) === 0) {
        if (!isDirectory(file)) return candidate;
      } else if (errno() === EACCES) refused ??= candidate;
    }
  }
  if (refused !== null) throw execError(refused, cwd, EACCES);
  throw osError("exec", "ENOENT", name, `not found in PATH ${path}`);
}

/** The error for a failed posix_spawn(3), with the stage that failed as its `call`. */
export function spawnError(
  path: string,
  cwd: string | undefined,
  fds: readonly FdMapping[],
  error: number,
): OsError {
  if (error === EAGAIN) {
    return osError("spawn", error, path, "no more processes: see RLIMIT_NPROC and pids.max of the cgroup");
  }
  if (error === ENOMEM) return osError("spawn", error, path);
  if (error === EBADF) {
    const closed = fds.find(({ from }) => libc.fcntl(from, F_GETFD, 0) === -1);
    if (closed) return notOpen(closed);
    const [{ from, to } = { from: -1, to: -1 }] = fds.toSorted((a, b) => b.to - a.to);
    return beyondLimit(error, `${from} to ${to}`);
  }
  if (cwd !== undefined && libc.access(cstring(`${cwd}/.`), F_OK) === -1) {
    return osError("chdir", errno(), cwd);
  }
  return execError(path, cwd, error);
}

/** The error for a descriptor that was to become one of a new process, but is none of ours. */
export function notOpen({ from, to }: FdMapping): OsError {
  return osError("dup2", "EBADF", `${from} to ${to}`, `${from} is not open`);
}

/** The error for a descriptor of a new process that is higher than the limits of ours allow. */
export function beyondLimit(error: number, subject: string): OsError {
  return osError("dup2", error, subject, "no such descriptor: see RLIMIT_NOFILE");
}

/** The error for a program that the kernel refused to execute. */
export function execError(
  path: string,
  cwd: string | undefined,
  error: number,
  { root, uid }: SpawnAttributes = {},
): OsError {
  const file = seenFrom(cwd, path, root);
  if (error === EACCES && uid !== undefined && libc.access(cstring(file), X_OK) === 0 && !isDirectory(file)) {
    return osError(
      "exec",
      error,
      path,
      `user ${uid} may not execute it, or its file system is mounted noexec`,
    );
  }
  return osError("exec", error, path, explain(file, error));
}

function explain(file: string, error: number): string | undefined {
  if (error === ENOEXEC) return "it is neither an ELF program for this machine nor a script with a #! line";
  if (error === ETXTBSY) return "somebody has it open for writing";
  if (error === EAGAIN) return "its user has as many processes as the limit nproc allows";
  if (error !== ENOENT && error !== EACCES && error !== ENOTDIR) return undefined;
  if (libc.access(cstring(file), F_OK) === -1) {
    return errno() === ENOENT ? "no such file" : undefined;
  }
  if (isDirectory(file)) return "it is a directory";
  const interpreter = interpreterOf(file);
  if (libc.access(cstring(file), X_OK) === -1) return "it has no permission to be executed";
  if (interpreter === null) return error === EACCES ? "its file system may be mounted noexec" : undefined;
  if (libc.access(cstring(interpreter), F_OK) === -1) {
    const hint = interpreter.endsWith("\r") ? "; the #! line ends in a carriage return" : "";
    return `its interpreter ${interpreter.trimEnd()} does not exist${hint}`;
  }
  return `its interpreter ${interpreter} cannot be executed`;
}

/** What a `#!` line or the PT_INTERP header of an ELF program names; null if there is none, or it cannot be read. */
export function interpreterOf(file: string): string | null {
  const head = new Uint8Array(4096);
  try {
    using opened = Deno.openSync(file);
    opened.readSync(head);
  } catch {
    return null;
  }
  const text = new TextDecoder("latin1").decode(head);
  if (text.startsWith("#!")) return /^#![ \t]*([^ \t\n\0]+)/.exec(text)?.[1] ?? null;
  if (!text.startsWith("\x7fELF\x02\x01")) return null;
  // elf(5), Elf64_Ehdr: e_phoff at 32, e_phentsize at 54, e_phnum at 56; Elf64_Phdr: p_type at 0, p_offset at 8.
  const PT_INTERP = 3;
  const view = new DataView(head.buffer);
  for (let index = 0; index < view.getUint16(56, true); index++) {
    const header = view.getUint32(32, true) + index * view.getUint16(54, true);
    if (header + 56 > head.length) return null;
    if (view.getUint32(header, true) !== PT_INTERP) continue;
    const start = view.getUint32(header + 8, true);
    return text.slice(start, text.indexOf("\0", start)) || null;
  }
  return null;
}

/** A directory has an entry `.`, and nothing else has. */
function isDirectory(file: string): boolean {
  return libc.access(cstring(`${file}/.`), F_OK) === 0;
}

/** Whether there is anything by that name, if only a link that leads nowhere. */
function isNamed(file: string): boolean {
  try {
    return !Deno.lstatSync(file).isDirectory;
  } catch {
    return false;
  }
}

/** A relative path means something only in the directory that the process would have been in, and any path in its root. */
function seenFrom(cwd: string | undefined, path: string, root?: string): string {
  const inside = cwd === undefined || path.startsWith("/") ? path : `${cwd}/${path}`;
  return root === undefined ? inside : `${root}/${inside}`;
}
