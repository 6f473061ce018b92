import { openNewest, openOlder, type Part } from "./log_parts.ts";

const NEWLINE = 0x0a;
const BLOCK = 64 * 1024;

/** Files of a log, the oldest first, and where in the first of them to begin. */
export interface Begin {
  readonly parts: Part[];
  readonly offset: number;
}

/**
 * Where the last lines of a log begin.
 *
 * @param path The newest file of the log, which need not be there.
 * @param count How many lines; `Infinity` for all. The last one counts even if it has no end yet.
 * @throws {Deno.errors} PermissionDenied.
 */
export async function lastLines(path: string, count: number): Promise<Begin> {
  const newest = await openNewest(path);
  const parts = newest === null ? [] : [newest];
  let missing = count;
  for (let part = newest; part !== null; part = await openOlder(path, part)) {
    if (part !== newest) parts.unshift(part);
    const { size } = await part.file.stat();
    if (missing === 0) return { parts, offset: size };
    const { offset, lines } = await lineBegin(part.file, size, missing);
    if (lines === missing) return { parts, offset };
    missing -= lines;
  }
  return { parts, offset: 0 };
}

/** Where the last `count` lines of a file begin, and how many there are, which may be fewer. */
async function lineBegin(
  file: Deno.FsFile,
  size: number,
  count: number,
): Promise<{ readonly offset: number; readonly lines: number }> {
  if (count === Infinity) return { offset: 0, lines: 0 };
  let lines = 0;
  const block = new Uint8Array(BLOCK);
  // The end of the last line begins no other one.
  for (let end = size - 1; end > 0;) {
    const begin = Math.max(0, end - BLOCK);
    await file.seek(begin, Deno.SeekMode.Start);
    const bytes = await readFully(file, block.subarray(0, end - begin));
    for (let at = bytes.length; at > 0;) {
      at = bytes.lastIndexOf(NEWLINE, at - 1);
      if (at === -1) break;
      if (++lines === count) return { offset: begin + at + 1, lines };
    }
    end = begin;
  }
  return { offset: 0, lines: size === 0 ? 0 : lines + 1 };
}

async function readFully(file: Deno.FsFile, into: Uint8Array): Promise<Uint8Array> {
  let used = 0;
  while (used < into.length) {
    const count = await file.read(into.subarray(used));
    if (count === null) break;
    used += count;
  }
  return into.subarray(0, used);
}
