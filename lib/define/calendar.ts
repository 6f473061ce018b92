/** Points in time as people write them: the calendar events of systemd.time(7), but for what is rare. */
import type { Millis } from "./time.ts";

/** What a part of a calendar event allows; null is anything. */
type Allowed = readonly number[] | null;

/** A calendar event, taken apart. */
export interface Calendar {
  /** 1 is Monday. */
  readonly weekdays: Allowed;
  readonly years: Allowed;
  readonly months: Allowed;
  readonly days: Allowed;
  readonly hours: Allowed;
  readonly minutes: Allowed;
  readonly seconds: Allowed;
}

const WORDS: Readonly<Record<string, string>> = {
  minutely: "*-*-* *:*:00",
  hourly: "*-*-* *:00:00",
  daily: "*-*-* 00:00:00",
  weekly: "Mon *-*-* 00:00:00",
  monthly: "*-*-01 00:00:00",
  quarterly: "*-01,04,07,10-01 00:00:00",
  semiannually: "*-01,07-01 00:00:00",
  yearly: "*-01-01 00:00:00",
  annually: "*-01-01 00:00:00",
};
const DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
/** How far ahead a time is looked for: a 29 February that is a Monday comes every 28 years, and once after 40. */
const MOST_YEARS = 50;

/**
 * Takes a calendar event apart: `[weekdays] [[year-]month-day] [hour:minute[:second]]`, or a word such as `daily`. Each
 * part is `*`, or numbers with commas between them; a range is `1..5`, every fifth from 2 on `2/5`. Without a date it is
 * every day, without a time midnight.
 *
 * @example
 * ```ts
 * import { parseCalendar } from "./calendar.ts";
 *
 * const { weekdays, hours, minutes } = parseCalendar("Mon..Fri 03:0/15");
 * if (weekdays?.length !== 5 || hours?.[0] !== 3 || minutes?.length !== 4) throw new Error("each part");
 * ```
 *
 * @throws {RangeError} Naming the part that is none.
 */
export function parseCalendar(text: string): Calendar {
  const words = (WORDS[text.trim().toLowerCase()] ?? text).trim().split(/\s+/);
  const weekday = words[0] !== undefined && /^[A-Za-z]/.test(words[0]) ? words.shift()! : null;
  const date = words[0]?.includes("-") ? words.shift()! : null;
  const time = words[0]?.includes(":") ? words.shift()! : null;
  if (words.length > 0 || weekday === null && date === null && time === null) {
    throw wrong(text, `"${words[0] ?? text}" is no weekday, date or time`);
  }
  const [year = "*", month = "*", day = "*"] = date === null ? [] : threeOf(text, date, "-", true);
  const [hour = "00", minute = "00", second = "00"] = time === null ? [] : threeOf(text, time, ":", false);
  const part = (word: string, name: string, least: number, most: number) =>
    numbers(text, word, name, least, most);
  return {
    weekdays: weekday === null ? null : weekdaysOf(text, weekday),
    years: part(year, "year", 1970, 2199),
    months: part(month, "month", 1, 12),
    days: part(day, "day", 1, 31),
    hours: part(hour, "hour", 0, 23),
    minutes: part(minute, "minute", 0, 59),
    seconds: part(second, "second", 0, 59),
  };
}

/**
 * When a calendar event comes next: on the clocks of a time zone, summer time included. A time that the clocks leave out
 * comes as much later as they jump; one that they show twice comes the first time only.
 *
 * @param after The event is later than this, in milliseconds since 1970 in UTC.
 * @param timeZone A name of the IANA database.
 * @returns Null if it never comes.
 */
export function nextElapse(calendar: Calendar, after: Millis, timeZone: string): Millis | null {
  const start = Temporal.Instant.fromEpochMilliseconds(Math.floor(after)).toZonedDateTimeISO(timeZone);
  let local = start.toPlainDateTime();
  for (;;) {
    const next = nextLocal(calendar, local);
    if (next === null) return null;
    const at = next.toZonedDateTime(timeZone).epochMilliseconds;
    if (at > after) return at;
    local = next;
  }
}

/** The next time on the clocks after one that they show. */
function nextLocal(calendar: Calendar, after: Temporal.PlainDateTime): Temporal.PlainDateTime | null {
  const { weekdays, years, months, days, hours, minutes, seconds } = calendar;
  const clock = [hours, minutes, seconds] as const;
  const rest = nextClock(clock, [after.hour, after.minute, after.second]);
  const today = { year: after.year, month: after.month, day: after.day };
  for (let year = today.year; year <= today.year + MOST_YEARS; year++) {
    if (!allows(years, year)) continue;
    for (let month = year === today.year ? today.month : 1; month <= 12; month++) {
      if (!allows(months, month)) continue;
      const isNow = year === today.year && month === today.month;
      const first = Temporal.PlainDate.from({ year, month, day: 1 });
      for (let day = isNow ? today.day : 1; day <= first.daysInMonth; day++) {
        const weekday = (first.dayOfWeek - 1 + day - 1) % 7 + 1;
        if (!allows(days, day) || !allows(weekdays, weekday)) continue;
        const time = isNow && day === today.day ? rest : nextClock(clock, null);
        if (time === null) continue;
        const [hour, minute, second] = time;
        return Temporal.PlainDateTime.from({ year, month, day, hour, minute, second });
      }
    }
  }
  return null;
}

type Clock = readonly [hour: number, minute: number, second: number];

/** The next time of a day after another one, or the first one; null if there is none left. */
function nextClock(
  [hours, minutes, seconds]: readonly [Allowed, Allowed, Allowed],
  after: Clock | null,
): Clock | null {
  const first = (allowed: Allowed) => allowed?.[0] ?? 0;
  if (after === null) return [first(hours), first(minutes), first(seconds)];
  const [hour, minute, second] = after;
  const later = (allowed: Allowed, than: number, most: number) =>
    allowed === null ? (than < most ? than + 1 : null) : allowed.find((each) => each > than) ?? null;
  if (allows(hours, hour)) {
    if (allows(minutes, minute)) {
      const next = later(seconds, second, 59);
      if (next !== null) return [hour, minute, next];
    }
    const next = later(minutes, minute, 59);
    if (next !== null) return [hour, next, first(seconds)];
  }
  const next = later(hours, hour, 23);
  return next === null ? null : [next, first(minutes), first(seconds)];
}

function allows(allowed: Allowed, number: number): boolean {
  return allowed === null || allowed.includes(number);
}

/** The three parts of a date or a time; the first of a date, and the last of a time, may be missing. */
function threeOf(text: string, word: string, mark: string, missesFirst: boolean): string[] {
  const parts = word.split(mark);
  if (parts.length === 2) return missesFirst ? ["*", ...parts] : [...parts, "00"];
  if (parts.length !== 3) throw wrong(text, `"${word}" has not two or three parts`);
  return parts;
}

function numbers(text: string, word: string, name: string, least: number, most: number): Allowed {
  if (word === "*") return null;
  const found = new Set<number>();
  for (const piece of word.split(",")) {
    const match = /^(?:\*|(\d{1,4})(?:\.\.(\d{1,4}))?)(?:\/(\d{1,4}))?$/.exec(piece);
    if (match === null) throw wrong(text, `"${piece}" is no ${name}`);
    const [, from, to, every] = match;
    const first = from === undefined ? least : Number(from);
    const last = to !== undefined ? Number(to) : every !== undefined || from === undefined ? most : first;
    const step = every === undefined ? 1 : Number(every);
    if (first < least || last > most || first > last || step < 1) {
      throw wrong(text, `"${piece}" is no ${name}: they are from ${least} to ${most}`);
    }
    for (let number = first; number <= last; number += step) found.add(number);
  }
  return [...found].sort((one, other) => one - other);
}

function weekdaysOf(text: string, word: string): Allowed {
  const found = new Set<number>();
  for (const piece of word.split(",")) {
    const [from = "", to = from, ...rest] = piece.split("..");
    const [first, last] = [from, to].map((name) =>
      DAYS.findIndex((day) => day === name.toLowerCase() || day.slice(0, 3) === name.toLowerCase())
    );
    if (rest.length > 0 || first === -1 || last === -1 || first! > last!) {
      throw wrong(text, `"${piece}" is no weekday: they are Mon to Sun, a range is Mon..Fri`);
    }
    for (let day = first!; day <= last!; day++) found.add(day + 1);
  }
  return [...found].sort((one, other) => one - other);
}

function wrong(text: string, why: string): RangeError {
  return new RangeError(`cannot read the calendar event "${text}": ${why}`);
}
