import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ticks } from "./plot_axis.ts";

const labels = (end: number) => ticks(end, 9).map(({ label }) => label);

Deno.test("ticks() are round, in one unit, and few", () => {
  assertEquals(labels(400), [
    "0 ms",
    "50 ms",
    "100 ms",
    "150 ms",
    "200 ms",
    "250 ms",
    "300 ms",
    "350 ms",
    "400 ms",
  ]);
  assertEquals(labels(1398).at(-1), "1200 ms");
  assertEquals(labels(4853), ["0 s", "1 s", "2 s", "3 s", "4 s"]);
  assertEquals(labels(2100).slice(0, 3), ["0 s", "0.5 s", "1 s"]);
  assertEquals(labels(0.03), ["0 ms", "0.005 ms", "0.01 ms", "0.015 ms", "0.02 ms", "0.025 ms", "0.03 ms"]);
  assertEquals(labels(95_000).at(-1), "90 s");
  assertEquals(labels(600_000).slice(0, 3), ["0 min", "2 min", "4 min"]);
  assertEquals(labels(0), ["0 ms"]);
});

Deno.test("ticks() of any boot are few, from 0, and no two say the same", () => {
  fc.assert(fc.property(fc.double({ min: 0.001, max: 1e10, noNaN: true }), (end) => {
    const found = ticks(end, 9);
    assert(found.length >= 1 && found.length <= 10, `${found.length} for ${end}`);
    assertEquals(found[0]!.at, 0);
    assert(found.at(-1)!.at <= end * (1 + 1e-6));
    assertEquals(new Set(found.map(({ label }) => label)).size, found.length);
  }));
});
