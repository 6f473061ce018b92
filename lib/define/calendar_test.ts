import { assertEquals, assertThrows } from "@std/assert";
import { nextElapse, parseCalendar } from "./calendar.ts";

const at = (text: string) => Temporal.Instant.from(text).epochMilliseconds;

/** The next times of an event, in UTC. */
function next(event: string, after: string, count: number, zone = "UTC"): string[] {
  const calendar = parseCalendar(event);
  const found: string[] = [];
  for (let time: number | null = at(after); found.length < count && time !== null;) {
    time = nextElapse(calendar, time, zone);
    if (time !== null) found.push(Temporal.Instant.fromEpochMilliseconds(time).toString());
  }
  return found;
}

Deno.test("parseCalendar() names the part that is none", () => {
  const faults: Record<string, string> = {
    "": '"" is no weekday, date or time',
    "Mon..Fri 03:30 UTC": '"UTC" is no weekday, date or time',
    "Moon 03:30": '"Moon" is no weekday: they are Mon to Sun, a range is Mon..Fri',
    "Fri..Mon 03:30": '"Fri..Mon" is no weekday: they are Mon to Sun, a range is Mon..Fri',
    "24:00": '"24" is no hour: they are from 0 to 23',
    "*-13-01": '"13" is no month: they are from 1 to 12',
    "1-2-3-4": '"1-2-3-4" has not two or three parts',
    "12:5..1": '"5..1" is no minute: they are from 0 to 59',
    "12:0/0": '"0/0" is no minute: they are from 0 to 59',
    "12:x": '"x" is no minute',
  };
  for (const [event, fault] of Object.entries(faults)) {
    assertThrows(
      () => parseCalendar(event),
      RangeError,
      `cannot read the calendar event "${event}": ${fault}`,
    );
  }
});

Deno.test("nextElapse() finds the next times of an event", () => {
  assertEquals(next("Mon..Fri 03:30", "2026-11-26T03:30:00Z", 3), [
    "2026-11-27T03:30:00Z",
    "2026-11-30T03:30:00Z",
    "2026-12-01T03:30:00Z",
  ]);
  assertEquals(next("*:0/20:30", "2026-12-31T23:40:30Z", 2), [
    "2027-01-01T00:00:30Z",
    "2027-01-01T00:20:30Z",
  ]);
  assertEquals(next("02-29", "2026-01-01T00:00:00Z", 2), ["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"]);
  assertEquals(next("Mon *-02-29", "2026-01-01T00:00:00Z", 1), ["2044-02-29T00:00:00Z"]);
  assertEquals(next("2026-12-24 18:00", "2026-01-01T00:00:00Z", 2), ["2026-12-24T18:00:00Z"]);
  assertEquals(next("*-02-30", "2026-01-01T00:00:00Z", 1), []);
});

Deno.test("nextElapse() goes by the clocks of a zone: what they leave out comes later, what they show twice comes once", () => {
  assertEquals(next("02:30", "2026-03-28T00:00:00Z", 3, "Europe/Berlin"), [
    "2026-03-28T01:30:00Z",
    "2026-03-29T01:30:00Z",
    "2026-03-30T00:30:00Z",
  ]);
  assertEquals(next("02:30", "2026-10-24T12:00:00Z", 2, "Europe/Berlin"), [
    "2026-10-25T00:30:00Z",
    "2026-10-26T01:30:00Z",
  ]);
  assertEquals(next("*:00/30", "2026-03-29T00:30:00Z", 3, "Europe/Berlin"), [
    "2026-03-29T01:00:00Z",
    "2026-03-29T01:30:00Z",
    "2026-03-29T02:00:00Z",
  ]);
});
