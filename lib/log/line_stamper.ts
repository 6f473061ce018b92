import type { Room } from "./room.ts";

const NEWLINE = 0x0a, PLUS = 0x2b;

/** Puts a stamp before each line of a stream that comes in pieces, and breaks lines that are too long. */
export class LineStamper {
  readonly #limit: number;
  /** How many bytes of an unfinished line were passed on. */
  #column = 0;

  /** @param limit The most bytes of a line, its end not counted. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether the last line has no end yet. */
  get midLine(): boolean {
    return this.#column > 0;
  }

  /** Adds a piece of the stream to `into`; `label` goes before each line that begins in it. */
  stamp(bytes: Uint8Array, label: Uint8Array, into: Room): void {
    const limit = this.#limit;
    const source = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const length = bytes.length;
    let column = this.#column;
    for (let from = 0; from < length;) {
      into.reserve(label.length + 1 + length - from);
      const { bytes: target, view } = into;
      let at = into.used;
      const broken = column === limit && bytes[from] !== NEWLINE;
      if (column === 0 || broken) {
        column = 0;
        if (broken) target[at++] = NEWLINE;
        for (let index = 0; index < label.length; index++) target[at++] = label[index]!;
        if (broken && label.length > 0) target[at - 1] = PLUS;
      }
      // A newline may follow what just fits.
      const stop = Math.min(length, from + limit - column + (column === limit ? 1 : 0));
      const begin = from;
      // Four bytes at a time, as long as none of them is a newline: that is where the time goes.
      for (; from + 4 <= stop; from += 4, at += 4) {
        const word = source.getUint32(from, true);
        const zeroWhereNewline = word ^ 0x0a0a0a0a;
        if (((zeroWhereNewline - 0x01010101) & ~zeroWhereNewline & 0x80808080) !== 0) break;
        view.setUint32(at, word, true);
      }
      column += from - begin;
      while (from < stop) {
        const byte = target[at++] = bytes[from++]!;
        column++;
        if (byte === NEWLINE) {
          column = 0;
          break;
        }
      }
      into.used = at;
    }
    this.#column = column;
  }
}
