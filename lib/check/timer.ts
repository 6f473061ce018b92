import { nextElapse, parseCalendar } from "../define/calendar.ts";
import { messageOf } from "../define/message_of.ts";
import type { Node } from "../graph/graph.ts";
import type { Report } from "./report.ts";

/** 2026-01-01 in UTC, from which on there has to be a time; any will do. */
const SOME_TIME = 1_767_225_600_000;

/** Timers that never run, or at no time that there is. */
export function checkTimer(node: Node, report: Report): void {
  const { trigger } = node.definition;
  if (trigger?.on !== "time") return;
  const { schedule } = trigger;
  const { jitter, persist } = schedule;
  const refuse = (setting: string, cause: string, cure: string) =>
    report(node, setting, `cannot run ${node.name} ${cause}`, cure);
  if (!(Number.isFinite(jitter) && jitter >= 0)) {
    refuse(
      "jitter",
      `up to ${jitter} ms later`,
      "give a length of time, such as minutes(5), or leave it out",
    );
  }
  if (persist !== null && !persist.startsWith("/")) {
    refuse(
      "persist",
      `as ${persist} says: it is no absolute path`,
      "write it from the root, such as /persist/timers/name",
    );
  }
  if ("at" in schedule) return checkEvent(schedule.at, schedule.timeZone, refuse);
  const { every, first } = schedule;
  if (!(Number.isFinite(every) && every > 0)) {
    refuse("every", `every ${every} ms`, "give a length of time above 0, such as hours(6)");
  }
  if (!(Number.isFinite(first) && first >= 0)) {
    refuse(
      "first",
      `${first} ms after its start`,
      "give a length of time, such as minutes(5), or leave it out",
    );
  }
}

function checkEvent(
  at: string,
  timeZone: string,
  refuse: (setting: string, cause: string, cure: string) => void,
): void {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(timeZone);
  } catch {
    return refuse(
      "timeZone",
      `by the clocks of ${timeZone}: there is no such time zone`,
      'name one, such as "Europe/Berlin"',
    );
  }
  try {
    if (nextElapse(parseCalendar(at), SOME_TIME, timeZone) !== null) return;
    refuse("at", `at ${at}: that never comes`, "name a day that there is");
  } catch (error) {
    refuse(
      "at",
      `at its time: ${messageOf(error)}`,
      'write such as "Mon..Fri 03:30", "*-*-01 00:00" or "hourly"',
    );
  }
}
