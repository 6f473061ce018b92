/** Calendar events mean what they mean to systemd. */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { nextElapse, parseCalendar } from "../../lib/define/calendar.ts";

/** The next times of an event, as systemd-analyze(1) sees them. */
function bySystemd(event: string, after: number, count: number): number[] {
  const base = `${
    Temporal.Instant.fromEpochMilliseconds(after).toString().replace("T", " ").replace("Z", "")
  } UTC`;
  const { stdout } = new Deno.Command("systemd-analyze", {
    args: ["calendar", `--iterations=${count}`, `--base-time=${base}`, event],
    env: { TZ: "UTC", LANG: "C" },
    stderr: "null",
  }).outputSync();
  const text = new TextDecoder().decode(stdout);
  const times = [...text.matchAll(/(?:Next elapse|Iter\. #\d+): \w+ (\S+) (\S+) UTC/g)];
  return times.map(([, date, time]) => Temporal.Instant.from(`${date}T${time}Z`).epochMilliseconds);
}

function has(program: string): boolean {
  try {
    return new Deno.Command(program, { args: ["--version"], stdout: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

const two = (number: number) => String(number).padStart(2, "0");

/** A part of an event: anything, a number, a range, a list, or steps, as far as systemd takes them. */
function part(least: number, most: number): fc.Arbitrary<string> {
  const number = fc.integer({ min: least, max: most });
  const pair = fc.tuple(number, number).filter(([a, b]) => a !== b).map((both) => both.sort((a, b) => a - b));
  return fc.oneof(
    fc.constant("*"),
    number.map(two),
    fc.uniqueArray(number, { minLength: 2, maxLength: 3 }).map((all) => all.map(two).join(",")),
    pair.map(([from, to]) => `${two(from!)}..${two(to!)}`),
    // With an end, as systemd 252 misses the first of the next month or day after steps without one.
    pair.map(([from, to]) => `${two(from!)}..${two(most)}/${to! - from!}`),
  );
}

const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const weekday = fc.oneof(
  fc.constant(""),
  fc.subarray(DAYS, { minLength: 1 }).map((days) => `${days.join(",")} `),
  fc.tuple(fc.nat(6), fc.nat(6)).filter(([a, b]) => a !== b).map((both) =>
    both.sort((a, b) => a - b).map((day) => DAYS[day]).join("..") + " "
  ),
);
const event = fc.tuple(weekday, part(1, 12), part(1, 28), part(0, 23), part(0, 59), part(0, 59)).map(
  ([days, month, day, hour, minute, second]) => `${days}*-${month}-${day} ${hour}:${minute}:${second}`,
);

for (const zone of ["UTC", "Asia/Kolkata", "America/Sao_Paulo"]) {
  Deno.test({
    name: `nextElapse() agrees with systemd in ${zone}`,
    ignore: !has("systemd-analyze"),
    fn: () => {
      // From 2020 on, none of them has summer time.
      const since = fc.integer({ min: 1_577_836_800, max: 1_900_000_000 }).map((seconds) => seconds * 1000);
      fc.assert(
        fc.property(event, since, (event, after) => {
          const calendar = parseCalendar(event);
          const found: number[] = [];
          for (let time: number | null = after; found.length < 3 && time !== null;) {
            time = nextElapse(calendar, time, zone);
            if (time !== null) found.push(time);
          }
          assertEquals(found, bySystemd(zone === "UTC" ? `${event} UTC` : `${event} ${zone}`, after, 3));
        }),
        { numRuns: 100 },
      );
    },
  });
}
