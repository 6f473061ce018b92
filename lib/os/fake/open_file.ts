/** What a descriptor refers to: an end of a pipe, a blob, a socket, or /dev/null. Shared by all descriptors that copy it. */

import type { Caller, Post } from "./sockets.ts";

/** How many bytes a pipe holds before its writer blocks: the default of pipe(7). */
export const PIPE_CAPACITY = 65_536;
/** Up to this length a write to a pipe happens as a whole or not at all: PIPE_BUF of <limits.h>. */
const PIPE_BUF = 4096;

/** An open file description. `W` is whoever can wait for a pipe. */
export interface OpenFile<W> {
  /** How many descriptors refer to it. */
  references: number;
  readonly kind: "read" | "write" | "blob" | "null" | "socket" | "listener" | "mailbox";
  /** Behind the two ends of a pipe; what a socket reads. */
  readonly stream: Stream<W> | null;
  /** What a socket writes. */
  readonly outgoing?: Stream<W>;
  /** Who waits to be accepted by a listening socket. */
  readonly callers?: Caller<W>[];
  /** What a mailbox holds. */
  readonly post?: Post<W>[];
}

/** The bytes between the ends of a pipe, or those of a blob from the reading position on. */
export class Stream<W> {
  readonly #chunks: Uint8Array[] = [];
  #head = 0;
  /** How many bytes there are to read. */
  length = 0;
  /** Whether somebody still has an end open. A blob has neither: it is at its end when it is empty. */
  readable = false;
  writable = false;
  /** Processes that cannot go on until something is written, read or closed. */
  readonly waiters: W[] = [];

  /** Whether a read would return something now, and be it the end. */
  get ready(): boolean {
    return this.length > 0 || !this.writable;
  }

  /** Takes what fits of `bytes` from `start` on; returns how much that was, 0 where a writer has to wait. */
  write(bytes: Uint8Array, start: number): number {
    const rest = bytes.length - start, room = PIPE_CAPACITY - this.length;
    const count = rest <= room ? rest : bytes.length <= PIPE_BUF ? 0 : room;
    if (count > 0) this.append(bytes.subarray(start, start + count));
    return count;
  }

  /** Takes what fits of `bytes`, be it a part, as a socket does. */
  fill(bytes: Uint8Array): number {
    const count = Math.min(bytes.length, PIPE_CAPACITY - this.length);
    this.append(bytes.slice(0, count));
    return count;
  }

  /** Adds bytes without a limit. They must not change afterwards. */
  append(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#chunks.push(bytes);
    this.length += bytes.length;
  }

  /** Moves bytes out; returns how many, 0 if there are none. */
  read(into: Uint8Array): number {
    let count = 0;
    while (this.length > 0 && count < into.length) {
      const chunk = this.#chunks[0]!;
      const part = chunk.subarray(this.#head, this.#head + into.length - count);
      into.set(part, count);
      count += part.length;
      this.length -= part.length;
      this.#head += part.length;
      if (this.#head === chunk.length) {
        this.#chunks.shift();
        this.#head = 0;
      }
    }
    return count;
  }
}

/** Whether a read, or an accept, would not have to wait. */
export function isReadable<W>({ kind, stream, callers, post }: OpenFile<W>): boolean {
  if (kind === "mailbox") return post !== undefined && post.length > 0;
  if (kind === "listener") return callers !== undefined && callers.length > 0;
  // The writing end of a pipe never has anything to read.
  return (kind === "read" || kind === "socket") && stream !== null && stream.ready;
}

/** Whether a write to a socket would not have to wait. */
export function isWritable<W>({ outgoing }: OpenFile<W>): boolean {
  return outgoing !== undefined && (outgoing.length < PIPE_CAPACITY || !outgoing.readable);
}

/** Makes a pipe: its reading end and its writing end. */
export function openPipe<W>(): [OpenFile<W>, OpenFile<W>] {
  const stream = new Stream<W>();
  stream.readable = stream.writable = true;
  return [{ references: 1, kind: "read", stream }, { references: 1, kind: "write", stream }];
}

/** Makes a file in memory that holds a copy of `bytes`. */
export function openBlob<W>(bytes: Uint8Array): OpenFile<W> {
  const stream = new Stream<W>();
  stream.append(bytes.slice());
  return { references: 1, kind: "blob", stream };
}
