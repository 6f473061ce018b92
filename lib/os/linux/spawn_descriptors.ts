/** The steps that give a new process its descriptors, and spare it a copy of all of ours. */
import type { Fd } from "../os.ts";
import { notOpen } from "./exec_failure.ts";
import { libc } from "./libc.ts";
import { isOverwritten, NONE, type SpawnSources } from "./spawn_sources.ts";
import type { SpawnTable } from "./spawn_table.ts";

/** From <asm/unistd_64.h>. */
const SYS_dup2 = 33, SYS_fcntl = 72, SYS_close_range = 436;
/** From <fcntl.h> and <linux/close_range.h>. */
const O_CLOEXEC = 0o2000000, F_GETFD = 1, F_SETFD = 2, F_DUPFD_CLOEXEC = 1030, CLOSE_RANGE_UNSHARE = 2;
/** The highest descriptor that close_range(2) can name. */
const MAX = 0xffff_ffff;
/** How many descriptors a process may get through the window; one that gets more costs a whole copy. */
const WINDOW = 16;

/**
 * A new process begins with a copy of our descriptors, of which it needs a few: the more services there are, the
 * dearer each start. So it shares our table at first, and takes its own copy only of what stands below a limit. What
 * it shall have is put there before, in places that are kept for that: the window.
 */
export class SpawnDescriptors {
  readonly #sources: SpawnSources;
  readonly #window: Fd[] = [];
  /** Everything in the window, and what we have opened before it, is below. */
  #limit = 0;
  /** How many places of the window hold copies. */
  #taken = 0;
  /** Where each source is when the process has a table of its own. */
  readonly #places: Fd[] = [];

  constructor(sources: SpawnSources) {
    this.#sources = sources;
  }

  /**
   * Adds the steps that leave the process with a table of its own.
   *
   * @returns Whether it has to share ours before: CLONE_FILES. Then call {@linkcode release} when it has started.
   */
  separate(table: SpawnTable, sources: readonly Fd[]): boolean {
    this.#open();
    this.#places.length = 0;
    this.#taken = 0;
    const shared = this.#copyLow(sources);
    if (shared) {
      table.stage("close_range");
      table.step(SYS_close_range, this.#limit, MAX, CLOSE_RANGE_UNSHARE);
    } else {
      for (let to = 0; to < sources.length; to++) this.#places[to] = sources[to]!;
    }
    return shared;
  }

  /** Adds the steps that put every descriptor in its place, and close all others. */
  arrange(table: SpawnTable, sources: readonly Fd[]): void {
    const places = this.#places;
    const count = sources.length;
    table.stage("dup2");
    const moves: [step: number, to: number][] = [];
    for (let to = 0; to < count; to++) {
      const from = places[to]!;
      if (from === NONE || !isOverwritten(sources, from, to)) continue;
      moves.push([table.step(SYS_fcntl, from, F_DUPFD_CLOEXEC, count), to]);
    }
    for (let to = 0; to < count; to++) {
      const from = places[to]!;
      if (from === NONE) continue;
      const step = from === to ? table.step(SYS_fcntl, to, F_SETFD, 0) : table.step(SYS_dup2, from, to);
      if (moves[0]?.[1] === to) table.pass(moves.shift()![0], step);
    }
    // Sources may have stood in the gaps until now.
    for (let to = 0, gap = 0; to < count; to++) {
      if (places[to] === NONE) continue;
      if (gap < to) table.step(SYS_close_range, gap, to - 1);
      gap = to + 1;
    }
    table.step(SYS_close_range, count, MAX);
  }

  /** Takes the copies out of the window: an end of a pipe that stays there would keep its reader waiting for ever. */
  release(): void {
    for (; this.#taken > 0; this.#taken--) {
      libc.dup3(this.#sources.devNull, this.#window[this.#taken - 1]!, O_CLOEXEC);
    }
  }

  /** Closes the window. */
  close(): void {
    for (const fd of this.#window.splice(0)) libc.close(fd);
  }

  /**
   * Copies what stands too high into the window; whether there is room for all. A number that is not open has to be
   * found now: in a table that is shared it may be that of the pidfd, which is made with the process.
   */
  #copyLow(sources: readonly Fd[]): boolean {
    const places = this.#places;
    const { devNull } = this.#sources;
    for (let to = 0; to < sources.length; to++) {
      const from = sources[to]!;
      places.push(from);
      if (from === NONE || from === devNull || this.#window.length === 0) continue;
      const seen = sources.indexOf(from);
      if (seen < to) {
        places[to] = places[seen]!;
      } else if (from < this.#limit) {
        if (libc.fcntl(from, F_GETFD, 0) === -1) throw notOpen({ from, to });
      } else if (this.#taken < this.#window.length) {
        const place = places[to] = this.#window[this.#taken++]!;
        if (libc.dup3(from, place, O_CLOEXEC) === -1) throw notOpen({ from, to });
      } else {
        return false;
      }
    }
    return this.#window.length > 0;
  }

  /** Opens the window at the first spawn, when few descriptors are open, so that it is low. */
  #open(): void {
    if (this.#limit !== 0) return;
    const source = this.#sources.devNull;
    this.#limit = source + 1;
    while (this.#window.length < WINDOW) {
      const fd = libc.fcntl(source, F_DUPFD_CLOEXEC, 3);
      if (fd === -1) return this.close();
      this.#window.push(fd);
      this.#limit = Math.max(this.#limit, fd + 1);
    }
  }
}
