import { assertEquals, assertThrows } from "@std/assert";
import { minutes, seconds } from "./time.ts";

Deno.test("seconds() gives milliseconds", () => {
  assertEquals([seconds(0), seconds(0.2), seconds(90)], [0, 200, 90_000]);
});

Deno.test("minutes() gives milliseconds", () => assertEquals([minutes(0.5), minutes(2)], [30_000, 120_000]));

Deno.test("seconds() and minutes() refuse what is no length of time", () => {
  for (const count of [-1, NaN, -Infinity]) {
    assertThrows(() => seconds(count), RangeError, "cannot use");
    assertThrows(() => minutes(count), RangeError, "cannot use");
  }
});
