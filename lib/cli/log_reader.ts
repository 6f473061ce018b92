/** Reads the log of a service from its files, across rotations, and goes on with what is added to it. */
import { dirname } from "@std/path";
import { LogChanges } from "./log_changes.ts";
import { lastLines } from "./log_lines.ts";
import { newestInode, openNewer, openOldest, type Part } from "./log_parts.ts";

/** Bytes of the log, to be used before the next piece; or what there is to tell about it, in words. */
export type Piece =
  | { readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly notice: string };

/** What of a log is read. */
export interface LogRange {
  /** So many of the last lines; `Infinity` for all. */
  readonly lines: number;
  /**
   * Whether to go on with what is added: called when what was there has been read, and until its promise settles.
   * Null: what is there is all.
   */
  readonly follow: (() => Promise<void>) | null;
}

const SLOW = "(lines may be missing here: files were removed before they could be read)";
const EMPTIED = "(lines may be missing here: the file was emptied to make room)";

/**
 * Reads a log. Whatever its files are called by the time, each line comes once and in order; where files have gone
 * before they could be read, that is told.
 *
 * @param path The newest file of the log.
 * @throws {Deno.errors} NotFound: there is no such folder; PermissionDenied: we may not read it, or one of the files.
 */
export async function* readLog(path: string, { lines, follow }: LogRange): AsyncGenerator<Piece> {
  await Deno.stat(dirname(path));
  // What happens from here on is noticed, and what was before is seen: nothing falls in between.
  const changes = follow === null ? null : new LogChanges(path);
  const reader = new PartReader();
  try {
    const { parts, offset } = await lastLines(path, lines);
    for (const [index, part] of parts.entries()) {
      await reader.take(part, index === 0 ? offset : 0);
      // What is added meanwhile would have no end where it is added faster than it is read.
      const limit = follow === null ? (await part.file.stat()).size : Infinity;
      yield* reader.rest(limit);
    }
    if (changes === null) return;
    let ended = false;
    void follow?.().then(() => {
      ended = true;
      changes.pulse();
    });
    for (;;) {
      // Both are looked at before the files are: what comes in between makes for another look.
      const [change, last] = [changes.next(), ended];
      yield* catchUp(reader, path);
      if (last) return;
      await change;
    }
  } finally {
    changes?.close();
    reader.close();
  }
}

/** Reads all that was added, in as many files as there are. */
async function* catchUp(reader: PartReader, path: string): AsyncGenerator<Piece> {
  for (;;) {
    const newest = await newestInode(path);
    // Nothing is added to a file that was put aside: what is read after it was seen to be is all of it.
    yield* reader.rest();
    const { part } = reader;
    if (part !== null && part.inode === newest) return;
    let next = part === null ? await openOldest(path) : await openNewer(path, part);
    if (next === "gone") {
      yield { notice: SLOW };
      reader.close();
      next = await openOldest(path);
    }
    if (next === null) return;
    await reader.take(next, 0);
  }
}

/** One file after the other, each from where it was left. */
class PartReader {
  part: Part | null = null;
  #offset = 0;
  readonly #buffer = new Uint8Array(64 * 1024);

  /** Goes on with another file. */
  async take(part: Part, offset: number): Promise<void> {
    this.close();
    this.part = part;
    this.#offset = await part.file.seek(offset, Deno.SeekMode.Start);
  }

  /** Reads on in the file, to its end or a limit. */
  async *rest(limit = Infinity): AsyncGenerator<Piece> {
    if (this.part === null) return;
    const { file } = this.part;
    if ((await file.stat()).size < this.#offset) {
      this.#offset = await file.seek(0, Deno.SeekMode.Start);
      yield { notice: EMPTIED };
    }
    while (this.#offset < limit) {
      const room = this.#buffer.subarray(0, Math.min(this.#buffer.length, limit - this.#offset));
      const count = await file.read(room);
      if (count === null) return;
      this.#offset += count;
      yield { bytes: room.subarray(0, count) };
    }
  }

  close(): void {
    this.part?.file.close();
    this.part = null;
  }
}
