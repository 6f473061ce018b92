import { assertEquals } from "@std/assert";
import { LineRate } from "./line_rate.ts";

/** Passes pieces through, all in one second, and says what came out. */
function passed(rate: LineRate, pieces: readonly string[], second: number): string {
  const encode = (text: string) => new TextEncoder().encode(text);
  return pieces.map((piece) => new TextDecoder().decode(rate.pass(encode(piece), second))).join("");
}

Deno.test("LineRate lets so many lines of each second pass, and counts the rest", () => {
  const rate = new LineRate(2);
  assertEquals(passed(rate, ["1\n2\n3\n4\n"], 10), "1\n2\n");
  assertEquals(rate.takeDropped(10), 0, "the second is not over yet");
  assertEquals(rate.takeDropped(11), 2);
  assertEquals(passed(rate, ["5\n", "6\n", "7\n"], 11), "5\n6\n");
  assertEquals(rate.takeDropped(Infinity), 1);
  assertEquals(rate.takeDropped(Infinity), 0);
});

Deno.test("LineRate keeps or drops a line that comes in parts as a whole", () => {
  const rate = new LineRate(1);
  assertEquals(passed(rate, ["a", "b", "c\nd", "e", "f\n"], 1), "abc\n");
  assertEquals(rate.takeDropped(2), 1);
  assertEquals(passed(rate, ["gh"], 2), "gh");
  assertEquals(passed(rate, ["i\nj\nk"], 3), "i\nj\n", "a line that was begun goes on, and costs nothing");
  assertEquals(passed(rate, ["l\nm\n"], 4), "m\n", "and what began to be dropped is dropped to its end");
});

Deno.test("LineRate does not take the first line of the next process for the rest of one that was dropped", () => {
  const rate = new LineRate(1);
  assertEquals(passed(rate, ["1\n", "dropped"], 1), "1\n");
  rate.endLine();
  assertEquals(passed(rate, ["2\n"], 2), "2\n");
});
