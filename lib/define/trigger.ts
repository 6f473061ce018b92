import type { Millis } from "./time.ts";

/** When something runs again and again. */
export type Schedule =
  & {
    /** A random delay up to this is added to each time. */
    readonly jitter: Millis;
    /** The file whose time of modification is when it last ran; null if that is not remembered. */
    readonly persist: string | null;
  }
  & (
    /** From the start of one run to that of the next; `first` is from being armed to the first one. */
    | { readonly every: Millis; readonly first: Millis }
    /** A calendar event on the clocks of a time zone. */
    | { readonly at: string; readonly timeZone: string }
  );

/** What starts the process of a service that is up without one until then: a connection to one of its sockets, or time. */
export type Trigger =
  | { readonly on: "connection" }
  | { readonly on: "time"; readonly schedule: Schedule };

/** A schedule, for people: `every 6 h`, `at Mon..Fri 03:30 UTC`. */
export function scheduleLabel(schedule: Schedule): string {
  if ("at" in schedule) return `at ${schedule.at} ${schedule.timeZone}`;
  const { every } = schedule;
  const units = [[86_400_000, "d"], [3_600_000, "h"], [60_000, "min"], [1000, "s"], [1, "ms"]] as const;
  const [size, unit] = units.find(([size]) => every >= size && every % size === 0) ?? [1, "ms"];
  return `every ${every / size} ${unit}`;
}
