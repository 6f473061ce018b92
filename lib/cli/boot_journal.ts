import { checked, cstring, libc } from "../os/linux/libc.ts";
import type { Fd, Pid } from "../os/mod.ts";

/** A line of init's journal. */
export interface JournalEntry {
  /** CLOCK_MONOTONIC, in ns. */
  readonly t: number;
  readonly event: string;
  readonly service?: string;
  readonly [detail: string]: unknown;
}

/** From <fcntl.h>. */
const O_DIRECTORY = 0x1_0000, O_CLOEXEC = 0x8_0000;

/**
 * The journal of an init in namespaces of its own. The file lies in memory of
 * the mount namespace, and would be gone with it: an open descriptor of its
 * folder keeps it until it has been read.
 */
export class InnerJournal {
  readonly #folder: Fd;

  private constructor(folder: Fd) {
    this.#folder = folder;
  }

  /** Opens the folder of the init that is process `pid` here; null if that is gone already. */
  static open(pid: Pid): InnerJournal | null {
    try {
      const path = `/proc/${pid}/root/run/denit`;
      return new InnerJournal(checked(libc.open(cstring(path), O_DIRECTORY | O_CLOEXEC, 0), "open", path));
    } catch {
      return null;
    }
  }

  /** The journal as text; empty if init has written none. */
  text(): string {
    try {
      return Deno.readTextFileSync(`/proc/self/fd/${this.#folder}/boot.jsonl`);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return "";
      throw error;
    }
  }

  close(): void {
    libc.close(this.#folder);
  }
}

/** The entries of a journal. An init that was killed may have left half a line at the end. */
export function parseJournal(text: string): readonly JournalEntry[] {
  return text.split("\n").slice(0, -1).flatMap((line) => {
    try {
      return [JSON.parse(line)];
    } catch {
      return [];
    }
  });
}
