/** `argv` and `envp` of execve(2): strings in one block, and a zero-terminated array of pointers to them. */
import { nulByte } from "./libc.ts";

const encoder = new TextEncoder();

/** A reusable `char *const []`. Filling it allocates only when it has to grow. */
export class StringVector {
  /** The strings one after another, each with its zero byte; the first one begins at 0. */
  bytes = new Uint8Array(0);
  /** What C gets: 64-bit pointers into {@linkcode bytes} with a null pointer behind the last. */
  pointers = new Uint32Array(0);
  /** How many bytes the strings take. */
  length = 0;
  /** Where {@linkcode bytes} are. */
  address = 0;

  /** @throws {OsError} EINVAL if a string contains a zero byte; it names the string. */
  fill(strings: readonly string[]): void {
    const count = strings.length;
    const block = count === 0 ? "" : strings.join("\0") + "\0";
    this.#reserve(block.length * 3, (count + 1) * 2);
    const { written } = encoder.encodeInto(block, this.bytes);
    this.length = written;
    const { bytes, pointers } = this;
    let offset = 0;
    for (let index = 0; index < count; index++) {
      setPointer(pointers, index, this.address + offset);
      offset = bytes.indexOf(0, offset) + 1;
    }
    // One zero byte too many means that a string was cut in two, and then offset stops before the end.
    if (offset !== written) throw nulByte(strings.find((text) => text.includes("\0"))!);
    setPointer(pointers, count, 0);
  }

  #reserve(bytes: number, pointers: number): void {
    if (this.bytes.length < bytes || this.bytes.length === 0) {
      this.bytes = new Uint8Array(Math.max(4096, bytes * 2));
      this.address = Number(Deno.UnsafePointer.value(Deno.UnsafePointer.of(this.bytes)));
    }
    if (this.pointers.length < pointers) {
      this.pointers = new Uint32Array(new ArrayBuffer(Math.max(128, pointers * 2) * 4));
    }
  }
}

/** Writes a 64-bit address in two halves: user space ends at 2^47, so a number holds it exactly, without a BigInt. */
function setPointer(pointers: Uint32Array, index: number, address: number): void {
  pointers[index * 2] = address >>> 0;
  pointers[index * 2 + 1] = address / 0x1_0000_0000;
}
