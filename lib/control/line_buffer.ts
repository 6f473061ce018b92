const NEWLINE = 10;

/** Bytes that arrive in pieces, cut into lines. What it holds is bounded by the longest line. */
export class LineBuffer {
  readonly #longest: number;
  #bytes = new Uint8Array(0);
  #start = 0;
  #end = 0;
  /** Where the search for a line end goes on. */
  #seen = 0;
  /** Whether the rest of a line that was too long is thrown away. */
  #skipping = false;

  constructor(longest: number) {
    this.#longest = longest;
  }

  /** Adds bytes. They are copied. */
  add(bytes: Uint8Array): void {
    const held = this.#end - this.#start;
    if (this.#end + bytes.length > this.#bytes.length) {
      const room = this.#bytes.length >= held + bytes.length
        ? this.#bytes
        : new Uint8Array(2 * (held + bytes.length));
      room.set(this.#bytes.subarray(this.#start, this.#end));
      this.#bytes = room;
      this.#seen -= this.#start;
      this.#start = 0;
      this.#end = held;
    }
    this.#bytes.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /**
   * The next line without its end, valid until the next {@linkcode add}; `too-long`, once, for a line that exceeds
   * the limit; null if there is no whole line.
   */
  next(): Uint8Array | "too-long" | null {
    for (;;) {
      const held = this.#bytes.subarray(0, this.#end);
      const at = held.indexOf(NEWLINE, this.#seen);
      if (at === -1) {
        this.#seen = this.#end;
        const tooLong = this.#end - this.#start > this.#longest;
        if (tooLong || this.#skipping) this.#clear();
        if (this.#start === this.#end) this.#clear();
        if (!tooLong || this.#skipping) return null;
        this.#skipping = true;
        return "too-long";
      }
      const line = held.subarray(this.#start, at);
      this.#start = this.#seen = at + 1;
      if (this.#skipping) this.#skipping = false;
      else return line.length > this.#longest ? "too-long" : line;
    }
  }

  /** Nobody who has nothing to say holds memory. */
  #clear(): void {
    this.#bytes = new Uint8Array(0);
    this.#start = this.#end = this.#seen = 0;
  }
}
