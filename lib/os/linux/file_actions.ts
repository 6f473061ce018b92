/** posix_spawn_file_actions_t: what a new process does with descriptors before it executes its program. */
import type { Fd } from "../os.ts";
import { beyondLimit, notOpen } from "./exec_failure.ts";
import { cstring, errno, failure, libc } from "./libc.ts";
import { isOverwritten, NONE } from "./spawn_sources.ts";

/** Size of posix_spawn_file_actions_t on x86-64 glibc. */
export const SIZEOF_FILE_ACTIONS = 80;
/** From <fcntl.h>. */
const F_DUPFD_CLOEXEC = 1030;
/** From <errno.h>. */
const EBADF = 9;

/** The file actions of one spawn at a time; the memory is used again for the next. */
export class FileActions {
  readonly #actions = new Uint8Array(SIZEOF_FILE_ACTIONS);
  /** Copies that live only until the process has started. */
  readonly #moved: Fd[] = [];

  /**
   * Describes the descriptors of a process. Call {@linkcode clear} after the spawn.
   *
   * @throws {OsError} `dup2` for a descriptor that is impossible; `dup` if there are none left.
   */
  fill(sources: readonly Fd[], cwd: string | undefined): Uint8Array<ArrayBuffer> {
    const directory = cwd === undefined ? null : cstring(cwd);
    const actions = this.#actions;
    libc.posix_spawn_file_actions_init(actions);
    try {
      if (directory !== null) libc.posix_spawn_file_actions_addchdir_np(actions, directory);
      const count = sources.length;
      for (let to = 0; to < count; to++) {
        const from = sources[to]!;
        if (from === NONE) continue;
        const error = libc.posix_spawn_file_actions_adddup2(actions, this.#safe(sources, from, to), to);
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

  /** Actions run in order, so a source that an earlier one may have overwritten has to be moved out of the way. */
  #safe(sources: readonly Fd[], from: Fd, to: number): Fd {
    if (!isOverwritten(sources, from, to)) return from;
    const copy = libc.fcntl(from, F_DUPFD_CLOEXEC, sources.length);
    if (copy === -1) throw errno() === EBADF ? notOpen({ from, to }) : failure("dup", from);
    this.#moved.push(copy);
    return copy;
  }
}
