/** Which of our descriptors a new process gets, by its numbers: the request, checked and completed. */
import { osError } from "../errno.ts";
import type { Fd, FdMapping } from "../os.ts";
import { checked, cstring, libc } from "./libc.ts";

/** From <fcntl.h>. */
const O_RDWR = 2, O_CLOEXEC = 0o2000000;
/** The kernel's own limit for descriptors: /proc/sys/fs/nr_open as Linux sets it. */
const NR_OPEN = 1 << 20;
/** Marks a descriptor that nobody named. */
export const NONE = -1;

/** The table of one spawn at a time. */
export class SpawnSources {
  readonly #sources: Fd[] = [];
  #devNull: Fd = NONE;

  /**
   * Turns mappings into a table by target; 0, 1 and 2 are /dev/null where nobody named them.
   *
   * @returns The source for each descriptor of the process, {@linkcode NONE} for gaps; valid until the next call.
   * @throws {OsError} `dup2` for a descriptor that is impossible or named twice, `open` if there are none left.
   */
  collect(fds: readonly FdMapping[]): readonly Fd[] {
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
    for (let to = 0; to < 3; to++) if (sources[to] === NONE) sources[to] = this.devNull;
    return sources;
  }

  /** Our own /dev/null, opened once: copying it costs a new process less than opening it. */
  get devNull(): Fd {
    if (this.#devNull === NONE) {
      this.#devNull = checked(libc.open(cstring("/dev/null"), O_RDWR | O_CLOEXEC, 0), "open", "/dev/null");
    }
    return this.#devNull;
  }

  /** Closes the descriptor that is kept for all spawns. */
  close(): void {
    if (this.#devNull !== NONE) libc.close(this.#devNull);
    this.#devNull = NONE;
  }
}

/** Whether what is to become `to` has to be moved first, as it would be overwritten before it is used. */
export function isOverwritten(sources: readonly Fd[], from: Fd, to: number): boolean {
  return from < sources.length && from !== to && sources[from] !== NONE && sources[from] !== from;
}
