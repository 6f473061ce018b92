import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { summarize } from "./statistics.ts";

Deno.test("summarize() finds the middle of an odd and of an even number of samples", () => {
  assertEquals(summarize([30, 10, 20]).median, 20);
  assertEquals(summarize([40, 10, 20, 30]).median, 25);
});

Deno.test("summarize() finds the ends and the spread", () => {
  const { min, max, variation } = summarize([1, 3]);
  assertEquals([min, max], [1, 3]);
  assertAlmostEquals(variation, 0.5);
  assertEquals(summarize([7, 7, 7]).variation, 0);
});

Deno.test("summarize() refuses no samples", () => {
  assertThrows(() => summarize([]), RangeError, "no samples");
});
