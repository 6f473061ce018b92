import type { Event, State } from "../supervisor/mod.ts";

/** What taking care of processes needs of the driver beside its settings. */
export interface Told {
  readonly state: () => State;
  /** Tells the supervisor while the driver is at work. */
  readonly report: (event: Event) => void;
  /** Tells the supervisor at any time. */
  readonly post: (event: Event) => void;
}
