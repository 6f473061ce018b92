/** When which process does something next: a binary heap in which an entry can be moved, so that nothing is allocated. */
import type { Millis } from "../../define/time.ts";

/** Something with a time. The agenda alone writes these fields. */
export interface Entry {
  /** When it is due. */
  due: Millis;
  /** Its turn among those due at the same time. */
  turn: number;
  /** Its place in the heap; -1 if it is not there. */
  place: number;
}

/** Entries by time, and by the order of their setting among equal times. */
export class Agenda<T extends Entry> {
  readonly #heap: T[] = [];
  #turns = 0;

  /** The next entry, which stays; undefined if there is none. */
  get first(): T | undefined {
    return this.#heap[0];
  }

  /** Puts an entry to a time; `Infinity` takes it out. */
  set(entry: T, due: Millis): void {
    entry.due = due;
    entry.turn = this.#turns++;
    if (due === Infinity) this.#remove(entry);
    else {
      if (entry.place === -1) entry.place = this.#heap.push(entry) - 1;
      this.#settle(entry);
    }
  }

  #remove(entry: T): void {
    const { place } = entry;
    if (place === -1) return;
    entry.place = -1;
    const last = this.#heap.pop()!;
    if (last === entry) return;
    this.#put(last, place);
    this.#settle(last);
  }

  #settle(entry: T): void {
    const heap = this.#heap;
    for (;;) {
      const above = heap[(entry.place - 1) >> 1];
      if (entry.place > 0 && above !== undefined && before(entry, above)) this.#swap(entry, above);
      else break;
    }
    for (;;) {
      const left = heap[entry.place * 2 + 1], right = heap[entry.place * 2 + 2];
      const least = left !== undefined && right !== undefined && before(right, left) ? right : left;
      if (least === undefined || !before(least, entry)) return;
      this.#swap(entry, least);
    }
  }

  #swap(a: T, b: T): void {
    const place = a.place;
    this.#put(a, b.place);
    this.#put(b, place);
  }

  #put(entry: T, place: number): void {
    this.#heap[place] = entry;
    entry.place = place;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.due < b.due || (a.due === b.due && a.turn < b.turn);
}
