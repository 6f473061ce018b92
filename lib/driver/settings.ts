import type { Millis } from "../define/time.ts";
import type { Graph, ServiceId } from "../graph/graph.ts";
import type { Logs } from "../log/mod.ts";
import type { ExitStatus, Os, SignalName } from "../os/os.ts";
import type { Phase, Why } from "../supervisor/mod.ts";
import type { Cgroups } from "./containment.ts";
import type { Habitat } from "./habitat.ts";
import type { Inheritance } from "./handover.ts";
import type { Journal } from "./journal.ts";
import type { Prober } from "./prober.ts";

/** What a driver needs: the system, the world, and who is told. */
export interface DriverSettings {
  readonly graph: Graph;
  readonly os: Os;
  readonly prober: Prober;
  readonly habitat: Habitat;
  readonly journal: Journal;
  readonly logs: Logs;
  /** Where services find their mailboxes. Default: `/run/denit/notify`. */
  readonly notifyFolder?: string;
  /** Where services are contained. Default: each is its process group. */
  readonly cgroups?: Cgroups | undefined;
  /** From 0 to 1, for times that are to differ from machine to machine. Default: anything in between. */
  readonly random?: () => number;
  /** What another driver has left to this one. Default: nothing runs. */
  readonly inheritance?: Inheritance | undefined;
  /** Told after a service has entered a phase. */
  readonly onPhase: (id: ServiceId, phase: Phase, why: Why | null, now: Millis) => void;
  /** Told how a process of a service has ended. */
  readonly onExit?: (id: ServiceId, status: ExitStatus) => void;
  /** Told of each signal that was sent to this process. */
  readonly onSignal: (signal: SignalName) => void;
  /** A clock of somebody else that must ring whatever the services do: the boot watchdog. */
  readonly alarm: { due(): Millis | null; ring(now: Millis): void };
  /** Told of an error that should not have happened; the driver goes on. */
  readonly onFault: (error: unknown) => void;
  /** Told after everything that has happened was stepped through: the state is settled, and a wait may follow. */
  readonly onTurn?: (now: Millis) => void;
}

/** Somebody who takes part in the driver's wait with a descriptor of their own. */
export interface Guest {
  /** There is something to read, or the end, or somebody to accept. */
  readonly readable: () => void;
  /** There is room to write; asked for by `Os.watchWrite`. */
  readonly writable?: () => void;
}
