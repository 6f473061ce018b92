/**
 * How a process behaves: data that a virtual world acts out in virtual time,
 * and that the real one turns into a shell script. Times count from the moment
 * at which the process has been spawned.
 */
import type { Json } from "../../lib/define/json.ts";
import type { Millis } from "../../lib/define/time.ts";
import type { Status } from "../../lib/supervisor/mod.ts";

/** What one process does. */
export interface Behaviour {
  /** What keeps it from being spawned, if anything does. */
  readonly spawnFault: string | null;
  /** How long the supervisor waits to hear that it was spawned. */
  readonly spawnTakes: Millis;
  /** When it says that it is ready; null for never. For longruns. */
  readonly readyAfter: Millis | null;
  /** Whether what it then says cannot be understood. */
  readonly garbled: boolean;
  /** Whether word of its readiness comes only after its end. */
  readonly readyLate: boolean;
  /** What its readiness yields, or what it prints if it is a oneshot. */
  readonly output: Json;
  /** Why what it printed cannot be used, if so. For oneshots. */
  readonly fault: string | null;
  /** When and how it ends by itself. */
  readonly ends: { readonly after: Millis; readonly status: Status } | null;
  /** How long after a signal to stop it ends, and with what status if not by the signal; null if it ignores it. */
  readonly stops: { readonly after: Millis; readonly status: Status | null } | null;
  /** Whether SIGKILL ends it; if not, it hangs in the kernel. */
  readonly killable: boolean;
  /** Whether init does it itself, without a process: of such a one it is not told that it was spawned. */
  readonly task?: true;
  /** What goes before it, in the same attempt. */
  readonly before?: Behaviour;
  /** What comes after it. For longruns. */
  readonly after?: Behaviour;
}

/** A daemon that is ready at once, stays, and ends at once when it is told to. */
export const daemon: Behaviour = {
  spawnFault: null,
  spawnTakes: 0,
  readyAfter: 0,
  garbled: false,
  readyLate: false,
  output: null,
  fault: null,
  ends: null,
  stops: { after: 0, status: null },
  killable: true,
};

/** A process that does its work and ends well. */
export const work: Behaviour = { ...daemon, readyAfter: null, ends: { after: 0, status: { code: 0 } } };

/** What init does itself: nothing but its own end ends it. For oneshots. */
export const task: Behaviour = { ...work, stops: null, killable: false, task: true };

/** A daemon that is ready some time after its start. */
export function readyAfter(after: Millis, output: Json = null): Behaviour {
  return { ...daemon, readyAfter: after, output };
}

/** A daemon that yields an output. */
export function yielding(output: Json): Behaviour {
  return { ...daemon, output };
}

/** A process that never tells that it is ready. */
export const neverReady: Behaviour = { ...daemon, readyAfter: null };

/** A process that takes no notice of the signal to stop. */
export function ignoringStop(behaviour: Behaviour): Behaviour {
  return { ...behaviour, stops: null };
}

/** A process that takes its time to end once it is told to. */
export function lingering(behaviour: Behaviour, after: Millis, status: Status | null = null): Behaviour {
  return { ...behaviour, stops: { after, status } };
}

/** A process that hangs in the kernel: no signal ends it. */
export function unkillable(behaviour: Behaviour): Behaviour {
  return { ...behaviour, stops: null, killable: false };
}

/** A process that is never ready and ends with a code. */
export function exits(code: number, after: Millis = 0): Behaviour {
  return { ...daemon, readyAfter: null, ends: { after, status: { code } } };
}

/** A daemon that is ready, and ends after a time. */
export function dies(status: Status, after: Millis, output: Json = null): Behaviour {
  return { ...daemon, output, ends: { after, status } };
}

/** A program that cannot even be executed. */
export const missing: Behaviour = { ...daemon, spawnFault: "exec" };
