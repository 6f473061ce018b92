import type { Millis } from "../define/time.ts";
import type { Graph } from "../graph/graph.ts";
import type { Logs } from "../log/mod.ts";
import type { Os } from "../os/os.ts";
import type { Account } from "./account.ts";
import type { OwnCgroups } from "./cgroups.ts";
import type { Container } from "./container.ts";
import type { Machine } from "./machine.ts";
import type { Place } from "./places.ts";
import type { Handover } from "./switch_init.ts";

/** Where, and with what, a system is supervised. */
export interface Surroundings {
  readonly graph: Graph;
  readonly os: Os;
  readonly place: Place;
  readonly account: Account;
  readonly logs: Logs;
  /** The file of a service's log. */
  readonly logPath: (service: string) => string;
  /** Where services find their mailboxes. */
  readonly notifyFolder: string;
  /** Where services are contained; undefined if they are only process groups. */
  readonly cgroups: OwnCgroups | undefined;
  readonly startedAt: Millis;
  /** Shut down once the boot is through. */
  readonly once: boolean;
  /** What it calls itself: its own id, or another that it was given from outside. */
  readonly generation: string;
  /** The machine, if this is its init. */
  readonly machine: Machine | null;
  /** The container, if this is the init of one. */
  readonly container: Container | null;
  /** What the init before this one has left, in this very process. */
  readonly handover: Handover | null;
}
