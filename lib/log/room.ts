/** How much a room holds at first: most services print a line now and then. */
const FIRST_SIZE = 8 * 1024;
/** Rooms that wait to be used again, each at most so large; a log that is written all the time takes two. */
const SPARE = 16, LARGEST_SPARE = 512 * 1024;

/** Bytes on their way to a file: an array that grows. */
export class Room {
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(FIRST_SIZE);
  view: DataView<ArrayBuffer> = new DataView(this.bytes.buffer);
  /** How much of it is used. */
  used = 0;
  /** Settled when it has arrived where it goes; null if nobody waits for that. */
  arrival: PromiseWithResolvers<void> | null = null;

  /** What is in it. */
  get contents(): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(0, this.used);
  }

  /** Sees to it that so many bytes can be added. */
  reserve(count: number): void {
    if (this.used + count <= this.bytes.length) return;
    const larger = new Uint8Array(2 * (this.used + count));
    larger.set(this.contents);
    this.bytes = larger;
    this.view = new DataView(larger.buffer);
  }

  /** Adds bytes. */
  add(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.used);
    this.used += bytes.length;
  }
}

/** Rooms that are used in turn: a flood would otherwise leave as much garbage as it prints. */
export class Rooms {
  readonly #spare: Room[] = [];

  take(): Room {
    return this.#spare.pop() ?? new Room();
  }

  giveBack(room: Room): void {
    room.used = 0;
    if (this.#spare.length < SPARE && room.bytes.length <= LARGEST_SPARE) this.#spare.push(room);
  }
}
