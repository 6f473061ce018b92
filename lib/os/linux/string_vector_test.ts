import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { OsError } from "../error.ts";
import { StringVector } from "./string_vector.ts";

/** Reads a vector as C does: pointers up to the null pointer, strings up to their zero bytes. */
function readBack({ pointers }: StringVector): string[] {
  const strings: string[] = [];
  for (let at = 0;; at += 2) {
    const address = BigInt(pointers[at]!) | BigInt(pointers[at + 1]!) << 32n;
    if (address === 0n) return strings;
    strings.push(Deno.UnsafePointerView.getCString(Deno.UnsafePointer.create(address)!));
  }
}

Deno.test("StringVector gives C every list of strings, also when it is used again", () => {
  const vector = new StringVector();
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 20 }).map((text) => text.replaceAll("\0", "")),
    fc.nat(3000).map((length) => "x".repeat(length)),
  );
  fc.assert(
    fc.property(fc.array(text, { maxLength: 30 }), (strings) => {
      vector.fill(strings);
      assertEquals(JSON.stringify(readBack(vector)), JSON.stringify(strings));
    }),
  );
});

Deno.test("StringVector refuses a string with a zero byte, and names it", () => {
  const error = assertThrows(() => new StringVector().fill(["a", "b\0c", "d"]), OsError);
  assertEquals(error.message, 'cannot pass "b\\u0000c": EINVAL (it contains a NUL byte)');
  assertThrows(() => new StringVector().fill(["\0"]), OsError);
});
