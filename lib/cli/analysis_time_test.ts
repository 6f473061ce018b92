import { assertEquals } from "@std/assert";
import { counted, duration } from "./analysis_time.ts";

Deno.test("duration() has as many digits as say something", () => {
  const cases: [number, string][] = [
    [0, "0 ms"],
    [0.04, "0 ms"],
    [0.25, "0.3 ms"],
    [9.94, "9.9 ms"],
    [9.96, "10 ms"],
    [999.4, "999 ms"],
    [999.6, "1.000 s"],
    [1398.4, "1.398 s"],
    [59_999.4, "59.999 s"],
    [59_999.7, "1 min 0 s"],
    [125_149, "2 min 5.1 s"],
    [3_599_990, "1 h 0 min"],
    [7_260_000, "2 h 1 min"],
  ];
  for (const [time, words] of cases) assertEquals(duration(time), words, String(time));
});

Deno.test("counted() knows the singular", () => {
  assertEquals([counted(1, "service"), counted(0, "service")], ["1 service", "0 services"]);
});
