import { assertEquals } from "@std/assert";
import { defineBundle, defineSystem, type Service, timer } from "../define/mod.ts";
import { check } from "./check.ts";
import { resolve } from "../graph/resolve.ts";

const run = () => ({ argv: ["/bin/job"] }) as const;

function faults(job: Service<null>): string[] {
  const { graph } = resolve({ job, default: defineSystem({ boot: defineBundle([job]) }) });
  return check(graph!).map(({ setting, cause }) => `${setting}: ${cause}`);
}

Deno.test("checkTimer() has nothing against timers that run", () => {
  assertEquals(
    faults(timer({ at: "Mon..Fri 03:30", timeZone: "Europe/Berlin", jitter: 5, persist: "/p", run })),
    [],
  );
  assertEquals(faults(timer({ every: 1000, first: 0, run })), []);
});

Deno.test("checkTimer() finds those that never do, or at no time that there is", () => {
  assertEquals(faults(timer({ every: 0, first: -1, jitter: NaN, persist: "p", run })), [
    "jitter: cannot run job up to NaN ms later",
    "persist: cannot run job as p says: it is no absolute path",
    "every: cannot run job every 0 ms",
    "first: cannot run job -1 ms after its start",
  ]);
  assertEquals(faults(timer({ at: "*-02-30", run })), ["at: cannot run job at *-02-30: that never comes"]);
  assertEquals(faults(timer({ at: "Moonday", run })), [
    'at: cannot run job at its time: cannot read the calendar event "Moonday": "Moonday" is no weekday: they are Mon to Sun, a range is Mon..Fri',
  ]);
  assertEquals(faults(timer({ at: "daily", timeZone: "Europe/Atlantis", run })), [
    "timeZone: cannot run job by the clocks of Europe/Atlantis: there is no such time zone",
  ]);
});
