/** A table of system calls that a new process makes before it becomes its program, and the memory that they refer to. */
import { osError } from "../errno.ts";
import type { OsError } from "../error.ts";
import { cstring } from "./libc.ts";

/** Words of 32 bits: a step has the number of its call, six arguments and what becomes of its result. */
const STEP = 16, RESULT = 14, IGNORE = 15;
/** The head of the table: the address of the step that failed, and its result. */
const HEAD = 4;
/** From <errno.h>. */
const EPERM = 1;

/** What a step is for, as {@linkcode OsError} names it. */
export interface Stage {
  readonly call: string;
  readonly subject: string;
  /** What the step needs, said if it has failed with EPERM. */
  readonly needs?: string;
}

/** One table at a time; its memory is used again for the next one. */
export class SpawnTable {
  /** What C gets. Its layout is that of the machine code in spawn_code.ts. */
  words = new Uint32Array(new ArrayBuffer((HEAD + STEP * 128) * 4));
  #steps = 0;
  readonly #stages: Stage[] = [];
  #stage: Stage = { call: "", subject: "" };
  /** Memory that keeps its address; what was too small stays until the table is cleared. */
  #memory = new Uint8Array(new ArrayBuffer(16_384));
  #memoryAddress = addressOf(this.#memory);
  #used = 0;
  readonly #outgrown: Uint8Array[] = [];

  /** Begins a new table. */
  clear(): void {
    this.#steps = 0;
    // There may have been a secret in it.
    this.#memory.fill(0, 0, this.#used);
    this.#used = 0;
    this.#outgrown.length = 0;
    this.words.fill(0, 0, HEAD);
  }

  /** Names the steps that follow. */
  stage(call: string, subject = "", needs?: string): void {
    this.#stage = needs === undefined ? { call, subject } : { call, subject, needs };
  }

  /**
   * Adds a step.
   *
   * @param number Of the call, from <asm/unistd_64.h>.
   * @returns The index of the step.
   */
  step(number: number, a = 0, b = 0, c = 0, d = 0, e = 0, f = 0): number {
    const index = this.#steps++;
    const at = HEAD + index * STEP;
    if (at + STEP > this.words.length) this.#grow();
    const { words } = this;
    this.#stages[index] = this.#stage;
    setLong(words, at, number);
    setLong(words, at + 2, a);
    setLong(words, at + 4, b);
    setLong(words, at + 6, c);
    setLong(words, at + 8, d);
    setLong(words, at + 10, e);
    setLong(words, at + 12, f);
    words[at + RESULT] = RESULT * 4;
    words[at + IGNORE] = 0;
    return index;
  }

  /** How many steps there are. */
  get length(): number {
    return this.#steps;
  }

  /** Copies the steps from an index on, to be added again by {@linkcode repeat}. None may refer to memory of the table. */
  since(index: number): Uint32Array {
    return this.words.slice(HEAD + index * STEP, HEAD + this.#steps * STEP);
  }

  /** Adds steps that were copied, all for one purpose: many are added as fast as a few. */
  repeat(steps: Uint32Array): void {
    const end = this.#steps + steps.length / STEP;
    while (HEAD + end * STEP > this.words.length) this.#grow();
    this.words.set(steps, HEAD + this.#steps * STEP);
    while (this.#steps < end) this.#stages[this.#steps++] = this.#stage;
  }

  /** As {@linkcode step}, but its failure does not matter. */
  attempt(number: number, a = 0, b = 0, c = 0, d = 0, e = 0): void {
    this.words[HEAD + this.step(number, a, b, c, d, e) * STEP + IGNORE] = 1;
  }

  /** Makes the result of a step the first argument of a later one. */
  pass(from: number, to: number): void {
    this.words[HEAD + from * STEP + RESULT] = ((to - from) * STEP + 2) * 4;
  }

  /** Copies a text, with a zero byte behind it. @returns Its address. @throws {OsError} EINVAL for a zero byte within. */
  text(text: string): number {
    return this.data(cstring(text));
  }

  /** Copies words of 32 bits, the lower half of a longer number first. @returns Their address. */
  uints(...words: number[]): number {
    return this.data(new Uint8Array(Uint32Array.from(words).buffer));
  }

  /** Copies bytes. @returns Their address, a multiple of eight. */
  data(bytes: Uint8Array): number {
    if (this.#used + bytes.length > this.#memory.length) {
      this.#outgrown.push(this.#memory);
      this.#memory = new Uint8Array(new ArrayBuffer(Math.max(this.#memory.length * 2, bytes.length)));
      this.#memoryAddress = addressOf(this.#memory);
      this.#used = 0;
    }
    const at = this.#used;
    this.#memory.set(bytes, at);
    this.#used = at + bytes.length + 7 & ~7;
    return this.#memoryAddress + at;
  }

  /** The step that has failed, and why; null if none has. */
  failure(): { stage: Stage; errno: number } | null {
    const [low = 0, high = 0, result = 0] = this.words;
    if (low === 0 && high === 0) return null;
    const offset = high * 2 ** 32 + low - addressOf(this.words);
    return { stage: this.#stages[(offset / 4 - HEAD) / STEP]!, errno: -(result | 0) };
  }

  #grow(): void {
    const { words } = this;
    this.words = new Uint32Array(new ArrayBuffer(words.byteLength * 2));
    this.words.set(words);
  }
}

/** The error for a step that has failed. */
export function stageError({ call, subject, needs }: Stage, errno: number): OsError {
  return osError(
    call,
    errno,
    subject,
    errno === EPERM && needs !== undefined ? `it needs ${needs}` : undefined,
  );
}

/** Where bytes are. Only for memory that has an ArrayBuffer of its own: others may be moved. */
export function addressOf(bytes: Uint8Array<ArrayBuffer> | Uint32Array<ArrayBuffer>): number {
  return Number(Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes)));
}

/** Writes 64 bits in two halves: addresses of user space and descriptors are exact as numbers, without a BigInt. */
function setLong(words: Uint32Array, at: number, value: number): void {
  words[at] = value >>> 0;
  words[at + 1] = Math.floor(value / 0x1_0000_0000);
}
