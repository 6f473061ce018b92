import { assert, assertEquals } from "@std/assert";
import { coarseClock, stampOf } from "./stamp.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test("stampOf() writes the time in UTC with all nine digits", () => {
  const stamp = stampOf("iso");
  const seconds = Date.UTC(2026, 10, 26, 8, 0, 0) / 1000;
  assertEquals(text(stamp.at({ seconds, nanos: 123_456_789 })), "2026-11-26T08:00:00.123456789Z ");
  assertEquals(text(stamp.at({ seconds, nanos: 7 })), "2026-11-26T08:00:00.000000007Z ");
  assertEquals(text(stamp.at({ seconds: seconds + 1, nanos: 0 })), "2026-11-26T08:00:01.000000000Z ");
});

Deno.test("stampOf() writes TAI64N, which counts 37 seconds more than UTC", () => {
  const stamp = stampOf("tai64n");
  const seconds = 0x6b06_0000 - 37;
  assertEquals(text(stamp.at({ seconds, nanos: 255 })), "@400000006b060000000000ff ");
  // After 2106 the upper half is another one.
  assertEquals(text(stamp.at({ seconds: 2 ** 32 - 37, nanos: 0 })), "@400000010000000000000000 ");
});

Deno.test("stampOf() writes nothing where nothing is wanted", () => {
  assertEquals(stampOf("none").at(coarseClock()), new Uint8Array());
});

Deno.test("coarseClock() tells the time", () => {
  const { seconds, nanos } = coarseClock();
  assert(Math.abs(seconds * 1000 + nanos / 1e6 - Date.now()) < 60_000);
});
