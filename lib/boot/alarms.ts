import type { Millis } from "../define/time.ts";
import type { DriverSettings } from "../driver/mod.ts";

/** A clock of somebody who must be woken whatever the services do. */
export type Alarm = DriverSettings["alarm"];

/** Several alarms as one: it is due when the first of them is, and rings those that are. */
export function together(...alarms: readonly Alarm[]): Alarm {
  return {
    due(): Millis | null {
      const first = Math.min(...alarms.map((alarm) => alarm.due() ?? Infinity));
      return first === Infinity ? null : first;
    },
    ring(now) {
      for (const alarm of alarms) if ((alarm.due() ?? Infinity) <= now) alarm.ring(now);
    },
  };
}
