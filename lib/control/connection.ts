import type { Fd, Os, Peer } from "../os/os.ts";
import { LineBuffer } from "./line_buffer.ts";
import { LONGEST_REQUEST } from "./protocol.ts";
import type { Right } from "./verbs.ts";

/** Replies that a client has not read yet: beyond this many bytes it is cut off. */
export const LONGEST_BACKLOG = 1024 * 1024;
/** Beyond this many bytes nothing more is done for a client until it reads. */
const ENOUGH = 64 * 1024;

const encoder = new TextEncoder();

/** One client: bytes in, lines out, neither without bound. */
export class Connection {
  readonly peer: Peer;
  readonly rights: ReadonlySet<Right>;
  readonly #os: Os;
  readonly #inbox = new LineBuffer(LONGEST_REQUEST);
  readonly #outbox: Uint8Array[] = [];
  #backlog = 0;
  #open = true;
  #watchesWrite = false;

  constructor(os: Os, peer: Peer, rights: ReadonlySet<Right>) {
    this.#os = os;
    this.peer = peer;
    this.rights = rights;
  }

  get fd(): Fd {
    return this.peer.fd;
  }

  /** Whether it is still of use. One that is not waits to be closed. */
  get isOpen(): boolean {
    return this.#open;
  }

  /** Whether there is room for more replies, or more of a stream. */
  get isHungry(): boolean {
    return this.#open && this.#backlog < ENOUGH;
  }

  /** Reads once; whether there was something. A client that has nothing more to say is no client any more. */
  receive(buffer: Uint8Array): boolean {
    try {
      const count = this.#os.read(this.fd, buffer);
      if (count > 0) this.#inbox.add(buffer.subarray(0, count));
      this.#open = count !== 0;
      return count > 0;
    } catch {
      this.#open = false;
      return false;
    }
  }

  /** The next request; see {@linkcode LineBuffer.next}. */
  next(): Uint8Array | "too-long" | null {
    return this.#inbox.next();
  }

  /** Sends text, now or when there is room. Whoever lets too much of it lie is cut off. */
  send(text: string): void {
    if (!this.#open) return;
    const bytes = encoder.encode(text);
    this.#outbox.push(bytes);
    this.#backlog += bytes.length;
    if (this.#outbox.length === 1) this.flush();
    if (this.#backlog > LONGEST_BACKLOG) this.#open = false;
  }

  /** Writes what there is room for. */
  flush(): void {
    try {
      for (let bytes = this.#outbox[0]; bytes !== undefined; bytes = this.#outbox[0]) {
        const count = this.#os.write(this.fd, bytes);
        if (count === -1) break;
        this.#backlog -= count;
        if (count < bytes.length) this.#outbox[0] = bytes.subarray(count);
        else this.#outbox.shift();
      }
      this.#watchWrite(this.#outbox.length > 0);
    } catch {
      this.#open = false;
    }
  }

  #watchWrite(on: boolean): void {
    if (on === this.#watchesWrite) return;
    this.#watchesWrite = on;
    this.#os.watchWrite(this.fd, on);
  }
}
