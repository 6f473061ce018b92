/** posix_spawn_file_actions_t: what a new process does with descriptors before it executes its program. */
import { osError } from "../errno.ts";
import type { Fd, FdMapping } from "../os.ts";
import { beyondLimit, notOpen } from "./exec_failure.ts";
import { checked, cstring, errno, failure, libc } from "./libc.ts";

/** Size of posix_spawn_file_actions_t on x86-64 glibc. */
export const SIZEOF_FILE_ACTIONS = 80;
/** From <fcntl.h>. */
const O_RDWR = 2, O_CLOEXEC = 0o2000000, F_DUPFD_CLOEXEC = 1030;
/** From <errno.h>. */
const EBADF = 9;
/** The kernel's own limit for descriptors: /proc/sys/fs/nr_open as Linux sets it. */
const NR_OPEN = 1 << 20;
/** Marks a descriptor that nobody named. */
const NONE = -1;

/** The file actions of one spawn at a time; the memory is used again for the next. */
export class FileActions {
  readonly #actions = new Uint8Array(SIZEOF_FILE_ACTIONS);
  /** For each descriptor of the new process, which of ours it shall be. */
  readonly #sources: Fd[] = [];
  /** Copies that live only until the process has started. */
  readonly #moved: Fd[] = [];
  #devNull: Fd = NONE;

  /**
   * Describes the descriptors of a process. Call {@linkcode clear} after the spawn.
   *
   * @throws {OsError} `dup2` for a descriptor that is impossible or named twice; `dup` or `open` if there are none left.
   */
  fill(fds: readonly FdMapping[], cwd: string | undefined): Uint8Array<ArrayBuffer> {
    const sources = this.#collect(fds);
    const directory = cwd === undefined ? null : cstring(cwd);
    const actions = this.#actions;
    libc.posix_spawn_file_actions_init(actions);
    try {
      if (directory !== null) libc.posix_spawn_file_actions_addchdir_np(actions, directory);
      const count = sources.length;
      for (let to = 0; to < count; to++) {
        const from = sources[to]!;
        if (from === NONE) continue;
        const error = libc.posix_spawn_file_actions_adddup2(actions, this.#safe(from, to), to);
        if (error !== 0) throw beyondLimit(error, `${from} to ${to}`);
      }
      for (let to = 0; to < count; to++) {
        if (sources[to] === NONE) libc.posix_spawn_file_actions_addclose(actions, to);
      }
      libc.posix_spawn_file_actions_addclosefrom_np(actions, count);
    } catch (error) {
      this.clear();
      throw error;
    }
    return actions;
  }

  /** Gives back what {@linkcode fill} has taken. */
  clear(): void {
    libc.posix_spawn_file_actions_destroy(this.#actions);
    while (this.#moved.length > 0) libc.close(this.#moved.pop()!);
  }

  /** Closes the descriptor that is kept for all spawns. */
  close(): void {
    if (this.#devNull !== NONE) libc.close(this.#devNull);
    this.#devNull = NONE;
  }

  /** Turns the mappings into a table by target; 0, 1 and 2 are /dev/null where nobody named them. */
  #collect(fds: readonly FdMapping[]): Fd[] {
    const sources = this.#sources;
    sources.length = 0;
    for (let at = 0; at < fds.length; at++) {
      const { from, to } = fds[at]!;
      if (!(to >= 0 && to < NR_OPEN)) {
        throw osError("dup2", "EBADF", `${from} to ${to}`, "no such descriptor");
      }
      while (sources.length <= to) sources.push(NONE);
      if (sources[to] !== NONE) throw osError("dup2", "EINVAL", `${from} to ${to}`, "it is named twice");
      sources[to] = from;
    }
    while (sources.length < 3) sources.push(NONE);
    for (let to = 0; to < 3; to++) if (sources[to] === NONE) sources[to] = this.#null();
    return sources;
  }

  /** Actions run in order, so a source that an earlier one may have overwritten has to be moved out of the way. */
  #safe(from: Fd, to: number): Fd {
    const sources = this.#sources;
    if (from >= sources.length || from === to || sources[from] === NONE || sources[from] === from) {
      return from;
    }
    const copy = libc.fcntl(from, F_DUPFD_CLOEXEC, sources.length);
    if (copy === -1) throw errno() === EBADF ? notOpen({ from, to }) : failure("dup", from);
    this.#moved.push(copy);
    return copy;
  }

  /** Our own /dev/null, opened once: copying it costs a new process less than opening it. */
  #null(): Fd {
    if (this.#devNull === NONE) {
      this.#devNull = checked(libc.open(cstring("/dev/null"), O_RDWR | O_CLOEXEC, 0), "open", "/dev/null");
    }
    return this.#devNull;
  }
}
