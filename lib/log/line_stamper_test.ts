import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { LineStamper } from "./line_stamper.ts";
import { Room } from "./room.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const label = encode("T ");

function stamped(pieces: readonly (string | Uint8Array)[], limit = 1000): string {
  const stamper = new LineStamper(limit);
  const room = new Room();
  for (const piece of pieces) {
    stamper.stamp(typeof piece === "string" ? encode(piece) : piece, label, room);
  }
  return new TextDecoder("latin1").decode(room.contents);
}

Deno.test("LineStamper puts a stamp before each line, wherever the stream was cut", () => {
  assertEquals(stamped(["one\ntwo\n"]), "T one\nT two\n");
  assertEquals(stamped(["o", "ne\nt", "wo", "\n", "\n"]), "T one\nT two\nT \n");
  assertEquals(stamped(["unfinished"]), "T unfinished");
});

Deno.test("LineStamper breaks a line that is too long, and marks where it goes on", () => {
  assertEquals(stamped(["123456789\n"], 4), "T 1234\nT+5678\nT+9\n");
  assertEquals(stamped(["12345", "678", "9\n"], 4), "T 1234\nT+5678\nT+9\n");
});

Deno.test("LineStamper leaves a line alone that is just as long as it may be", () => {
  assertEquals(stamped(["1234\n1234", "\n5\n"], 4), "T 1234\nT 1234\nT 5\n");
});

Deno.test("LineStamper knows whether the last line has an end", () => {
  const stamper = new LineStamper(5);
  const midLine = (piece: string) => {
    stamper.stamp(encode(piece), label, new Room());
    return stamper.midLine;
  };
  assertEquals(["dying", "\n", "a\nb", "cdefghij", "\n\n"].map(midLine), [true, false, true, true, false]);
});

Deno.test("LineStamper passes on every byte of anything, and nothing twice", () => {
  const byte = fc.oneof(fc.constant(0x0a), fc.nat(255));
  const piece = fc.array(byte, { maxLength: 60 }).map((bytes) => Uint8Array.from(bytes));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), fc.integer({ min: 1, max: 40 }), (pieces, limit) => {
      const given = pieces.map((bytes) => new TextDecoder("latin1").decode(bytes)).join("");
      // Line by line, as it would be done by whoever has all the time in the world.
      const lines = given.split("\n").map((line) => {
        const parts = [line.slice(0, limit)];
        for (let at = limit; at < line.length; at += limit) parts.push(line.slice(at, at + limit));
        return parts.map((part, index) => `T${index === 0 ? " " : "+"}${part}`).join("\n");
      });
      const last = given.split("\n").at(-1);
      if (last === "") lines[lines.length - 1] = "";
      assertEquals(stamped(pieces, limit), lines.join("\n"));
    }),
    { numRuns: 2000 },
  );
});

Deno.test("LineStamper grows the room for a flood of empty lines", () => {
  const lines = 100_000;
  assertEquals(stamped(["\n".repeat(lines)]), "T \n".repeat(lines));
});
