/** The newest entries of the journal, by number: what a client that comes late, or reads slowly, can still have. */
export class EventRing {
  readonly #lines: (string | undefined)[];
  #first: number;
  #end: number;

  /** @param begin The number of the first entry that is going to come. */
  constructor(capacity: number, begin: number) {
    this.#lines = Array.from({ length: capacity });
    this.#first = this.#end = begin;
  }

  /** The number of the oldest entry that is still there. */
  get first(): number {
    return this.#first;
  }

  /** The number that the next entry will have. */
  get end(): number {
    return this.#end;
  }

  push(line: string): void {
    const capacity = this.#lines.length;
    this.#lines[this.#end++ % capacity] = line;
    this.#first = Math.max(this.#first, this.#end - capacity);
  }

  /** An entry from `first` on and before `end`. */
  at(number: number): string {
    return this.#lines[number % this.#lines.length]!;
  }
}
