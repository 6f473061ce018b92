import { assertEquals } from "@std/assert";
import { hours, minutes, type Service, timer } from "denit";
import { graphOf } from "../../tests/fixtures/graph_of.ts";
import { noLogs } from "../log/mod.ts";
import { type FakeOs, fakeOs } from "../os/fake/mod.ts";
import { Driver } from "./driver.ts";
import { Journal } from "./journal.ts";

const run = () => ({ argv: ["/bin/job"] }) as const;
const at = (text: string) => Date.parse(text);

/** Drives a timer in virtual time; what happens at some times, and when its jobs were started on the wall clock. */
async function drive(
  job: Service<null>,
  { clock, until, takes = 0, random = 0, then = [], mark }: {
    clock: string;
    until: number;
    takes?: number;
    random?: number;
    then?: (readonly [at: number, what: (os: FakeOs) => void])[];
    mark?: string;
  },
): Promise<string[]> {
  const starts: string[] = [];
  const os: FakeOs = fakeOs({
    behave: () => {
      starts.push(new Date(os.wallClock()).toISOString().replace(".000Z", "Z"));
      return { steps: [{ after: takes, exit: 0 }] };
    },
    perform: (task) => ({ output: task.kernel === "read-mark" && mark !== undefined ? at(mark) : null }),
    wall: at(clock),
  });
  const rest = [...then];
  const driver: Driver = new Driver({
    graph: graphOf({ job }),
    os,
    prober: () => Promise.resolve(null),
    habitat: { env: {}, cwd: "/", self: ["/proc/self/exe"] },
    journal: new Journal(graphOf({ job }), () => {}),
    logs: noLogs,
    random: () => random,
    alarm: {
      due: () => Math.min(until, rest[0]?.[0] ?? Infinity),
      ring: (now) => {
        while (rest[0] !== undefined && rest[0][0] <= now) rest.shift()![1](os);
        if (now >= until) driver.post({ type: "shutdown", power: "exit" });
      },
    },
    onSignal() {},
    onFault: (error) => {
      throw error;
    },
    onPhase() {},
  });
  driver.post({ type: "start", id: 0 });
  await driver.run();
  driver.dispose();
  return starts;
}

Deno.test("Timers run a calendar event whenever it comes, and an interval from start to start", async () => {
  const daily = timer({ at: "03:30", timeZone: "Europe/Berlin", run });
  assertEquals(await drive(daily, { clock: "2026-11-26T00:00:00Z", until: hours(48) }), [
    "2026-11-26T02:30:00Z",
    "2026-11-27T02:30:00Z",
  ]);
  const often = timer({ every: minutes(10), first: minutes(1), run });
  assertEquals(await drive(often, { clock: "2026-01-01T00:00:00Z", until: minutes(25), takes: minutes(3) }), [
    "2026-01-01T00:01:00Z",
    "2026-01-01T00:11:00Z",
    "2026-01-01T00:21:00Z",
  ]);
});

Deno.test("Timers make up once for all that passes while a job runs", async () => {
  const often = timer({ at: "*:0/10", timeout: hours(1), run });
  assertEquals(
    await drive(often, { clock: "2026-01-01T00:05:00Z", until: minutes(60), takes: minutes(25) }),
    [
      "2026-01-01T00:10:00Z",
      "2026-01-01T00:35:00Z",
      "2026-01-01T01:00:00Z",
    ],
  );
});

Deno.test("Timers find the next time anew when the clock is set, and make up for no time that there never was", async () => {
  const daily = timer({ at: "03:30", run });
  // A machine without a battery comes up in 1970, and learns the time after a minute.
  const then = [[minutes(1), (os: FakeOs) => os.setClock(at("2026-11-26T03:00:00Z"))]] as const;
  assertEquals(await drive(daily, { clock: "1970-01-01T00:00:00Z", until: hours(2), then: [...then] }), [
    "2026-11-26T03:30:00Z",
  ]);
  // An interval is as long as it is.
  const hourly = timer({ every: hours(1), run });
  assertEquals(await drive(hourly, { clock: "1970-01-01T00:00:00Z", until: minutes(90), then: [...then] }), [
    "2026-11-26T03:59:00Z",
  ]);
  // Set back, it comes again when the clocks show it again.
  const back = [[hours(4), (os: FakeOs) => os.setClock(at("2026-11-26T03:00:00Z"))]] as const;
  assertEquals(await drive(daily, { clock: "2026-11-26T00:00:00Z", until: hours(30), then: [...back] }), [
    "2026-11-26T03:30:00Z",
    "2026-11-26T03:30:00Z",
    "2026-11-27T03:30:00Z",
  ]);
});

Deno.test("Timers with persist make up at once, and once, for what was missed, but not by a file of the future", async () => {
  const daily = timer({ at: "03:30", persist: "/persist/job", run });
  const missed = { clock: "2026-11-26T12:00:00Z", until: hours(1) };
  assertEquals((await drive(daily, { ...missed, mark: "2026-11-20T03:30:00Z" })).length, 1);
  assertEquals(await drive(daily, { ...missed, mark: "2026-11-26T03:30:00Z" }), []);
  assertEquals(await drive(daily, { ...missed, mark: "2027-01-01T00:00:00Z" }), []);
  assertEquals(await drive(daily, missed), []);
});

Deno.test("Timers add a delay up to the jitter to each time", async () => {
  const daily = timer({ at: "03:30", jitter: minutes(10), run });
  assertEquals(await drive(daily, { clock: "2026-11-26T00:00:00Z", until: hours(24), random: 0.5 }), [
    "2026-11-26T03:35:00Z",
  ]);
});
