import type { Connection } from "./connection.ts";
import type { EventRing } from "./event_ring.ts";
import { replyLine, VERSION } from "./protocol.ts";

/** So many entries go out at once; whoever has room for more gets them at the next turn. */
const BATCH = 256;

/** A client that follows something without an end. */
export interface Stream {
  readonly connection: Connection;
  /** Sends what there is, as far as the client has room for it. Whether there is more. */
  feed(): boolean;
}

/** A client that follows the journal. Who reads too slowly misses entries, and is told which. */
export class EventStream implements Stream {
  readonly connection: Connection;
  readonly #id: number;
  readonly #ring: EventRing;
  #next: number;

  constructor(connection: Connection, id: number, ring: EventRing, since: number) {
    this.connection = connection;
    this.#id = id;
    this.#ring = ring;
    this.#next = since;
  }

  feed(): boolean {
    const ring = this.#ring;
    if (this.#next >= ring.end || !this.connection.isHungry) return false;
    let text = "";
    if (this.#next < ring.first) {
      text = replyLine(this.#id, { lost: { what: "events", count: ring.first - this.#next } });
      this.#next = ring.first;
    }
    const end = Math.min(ring.end, this.#next + BATCH);
    // Entries are JSON already, and objects: the number is put in front.
    for (; this.#next < end; this.#next++) {
      text += `{"v":${VERSION},"id":${this.#id},"event":{"seq":${this.#next},${
        ring.at(this.#next).slice(1)
      }}\n`;
    }
    this.connection.send(text);
    return this.#next < ring.end && this.connection.isHungry;
  }
}

/** A client that follows what a service prints. */
export class OutputStream implements Stream {
  readonly connection: Connection;
  readonly service: string;
  readonly #id: number;
  readonly #decoder = new TextDecoder();
  #lost = 0;

  constructor(connection: Connection, id: number, service: string) {
    this.connection = connection;
    this.#id = id;
    this.service = service;
  }

  /** Passes on what the service has printed. */
  note(bytes: Uint8Array): void {
    if (this.connection.isHungry && this.#lost === 0) this.say(this.#decoder.decode(bytes, { stream: true }));
    else this.#lost += bytes.length;
  }

  /** Sends text as the service's. */
  say(text: string): void {
    if (text === "") return;
    this.connection.send(replyLine(this.#id, { output: { service: this.service, text } }));
  }

  feed(): boolean {
    if (this.#lost === 0 || !this.connection.isHungry) return false;
    this.connection.send(replyLine(this.#id, { lost: { what: "output", count: this.#lost } }));
    this.#lost = 0;
    return false;
  }
}
