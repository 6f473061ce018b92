const NEWLINE = 0x0a;

/** Lets so many lines pass in each second, and counts the others. */
export class LineRate {
  readonly #limit: number;
  #second = NaN;
  #passed = 0;
  #dropped = 0;
  /** What happens to a line of which only a part has come: null if there is none. */
  #unfinished: "passes" | "dropped" | null = null;

  /** @param limit Lines in a second. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * How many lines were dropped since the last call, if the second in which that happened is over.
   *
   * @param second The second that it is; `Infinity` at the end of everything.
   */
  takeDropped(second: number): number {
    if (second === this.#second || this.#unfinished === "passes") return 0;
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  /** The part of a piece of the stream that may pass; what is in one piece came in one second. */
  pass(bytes: Uint8Array, second: number): Uint8Array {
    if (second !== this.#second) {
      this.#second = second;
      this.#passed = 0;
    }
    let begin = 0;
    if (this.#unfinished === "dropped") {
      const end = bytes.indexOf(NEWLINE);
      if (end === -1) return bytes.subarray(0, 0);
      this.#unfinished = null;
      begin = end + 1;
    }
    let end = begin;
    while (end < bytes.length) {
      if (this.#unfinished === null) {
        if (this.#passed >= this.#limit) break;
        this.#passed++;
      }
      const newline = bytes.indexOf(NEWLINE, end);
      this.#unfinished = newline === -1 ? "passes" : null;
      end = newline === -1 ? bytes.length : newline + 1;
    }
    for (let rest = end; rest < bytes.length;) {
      this.#dropped++;
      const newline = bytes.indexOf(NEWLINE, rest);
      if (newline === -1) this.#unfinished = "dropped";
      rest = newline === -1 ? bytes.length : newline + 1;
    }
    return bytes.subarray(begin, end);
  }

  /** The process has ended: nothing of its last line will come any more. */
  endLine(): void {
    this.#unfinished = null;
  }
}
