import type { Json } from "../../lib/define/json.ts";
import type { Millis } from "../../lib/define/time.ts";
import type { Event, State } from "../../lib/supervisor/mod.ts";

/** A line of the journal: what happened to whom. */
export interface Entry {
  readonly event: string;
  readonly service?: string;
  readonly [detail: string]: Json | undefined;
}

/** Where a story is played: in virtual time, or with real processes. */
export interface Stage {
  readonly state: State;
  /** What has happened so far. */
  readonly journal: readonly Entry[];
  send(event: Event): void;
  /** Somebody outside sends a signal to the process of a service. */
  kill(id: number, signal: string): void;
  /** Goes on until a condition holds, or no longer can. Says whether it holds. */
  until(condition: () => boolean): Promise<boolean>;
  /** Lets time pass. */
  pass(time: Millis): Promise<void>;
  /** Ends everything, however it has to. */
  close(): Promise<void>;
}
