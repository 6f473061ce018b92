import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { LineBuffer } from "./line_buffer.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** Everything that a buffer gives for bytes that arrive in these pieces. */
function linesOf(pieces: readonly Uint8Array[], longest: number): string[] {
  const buffer = new LineBuffer(longest);
  const found: string[] = [];
  for (const piece of pieces) {
    buffer.add(piece);
    for (let line = buffer.next(); line !== null; line = buffer.next()) {
      found.push(line === "too-long" ? "!" : new TextDecoder().decode(line));
    }
  }
  return found;
}

Deno.test("LineBuffer gives the same lines however the bytes arrive", () => {
  fc.assert(fc.property(fc.array(fc.string({ maxLength: 12 })), fc.array(fc.nat(9)), (lines, cuts) => {
    const texts = lines.map((line) => line.replaceAll("\n", ""));
    const whole = bytes(texts.map((text) => `${text}\n`).join(""));
    const pieces: Uint8Array[] = [];
    let at = 0;
    for (const cut of cuts) {
      pieces.push(whole.subarray(at, at + cut));
      at += cut;
    }
    pieces.push(whole.subarray(at));
    const wanted = texts.map((text) => bytes(text).length > 10 ? "!" : text);
    assertEquals(linesOf(pieces, 10), wanted);
  }));
});

Deno.test("LineBuffer says once of a line that it is too long, and goes on with the next", () => {
  const pieces = ["aaaaaa", "bbbbbb", "cccccc\nfine\n"].map(bytes);
  assertEquals(linesOf(pieces, 10), ["!", "fine"]);
});

Deno.test("LineBuffer holds no more than it must of a line without an end", () => {
  const buffer = new LineBuffer(1000);
  let said = 0;
  for (let round = 0; round < 10_000; round++) {
    buffer.add(new Uint8Array(1000).fill(97));
    if (buffer.next() === "too-long") said++;
  }
  assertEquals(said, 1);
  buffer.add(bytes("\nrest\n"));
  const line = buffer.next();
  assert(line instanceof Uint8Array);
  assertEquals(new TextDecoder().decode(line), "rest");
});
