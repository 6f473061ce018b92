/**
 * The supervisor's state: plain JSON, so that `status`, the journal and a
 * re-exec are only ways to write it down.
 *
 * Three facts about a service are kept apart. *Wanted* is what people, or
 * services that depend on it, ask for. *Phase* is what its process is doing.
 * *Ready* is the phase `up` and nothing else.
 *
 * | phase      | what it means                               | it ends when                                  |
 * | ---------- | ------------------------------------------- | --------------------------------------------- |
 * | `down`     | nothing runs; `why` tells the reason        | it is wanted                                  |
 * | `blocked`  | wanted; a dependency is not there yet       | every dependency is there, or one has failed  |
 * | `starting` | a process runs that is not ready            | it is ready, ends, fails, or is out of time   |
 * | `up`       | ready; a oneshot has no process any more,   | it ends, is not wanted, must be renewed, or   |
 * |            | a triggered service none yet                | is triggered                                  |
 * | `stopping` | told to end, or cleaning up after its end   | its process has ended, or will not even then  |
 * | `backoff`  | wanted; it failed and waits to try again    | the time is up, or somebody asks              |
 *
 * Rules:
 *
 * 1. A service starts once each dependency is `up` (needed), has been `up`
 *    (milestone), or is `up` or in trouble (optional, after). Trouble is a
 *    failure, a process that hangs, or waiting for somebody in trouble.
 * 2. A service stops once no dependent that is going down still lives. A
 *    service that stops takes along those that need it. A oneshot that does
 *    its work although it was told to stop is undone, unless it was stuck and
 *    everything ends.
 * 3. A process that ends unasked is started again as the policy says. Those
 *    that need the service stay up meanwhile: if it comes back with an equal
 *    output they never notice, with another one they are renewed.
 * 4. A service that will not be tried again is not wanted any more, nor are
 *    those that need it; each of them knows which dependency it was.
 * 5. `attempt` numbers every process of a service. What is heard of an
 *    attempt that is over changes nothing. `renew` is the last attempt that
 *    must not go on.
 * 6. An attempt may be several processes, one after another: one before, the
 *    one that it is for, one after. It is over when the last of them has ended.
 * 7. The start of a triggered service only arms it: it is up without a process.
 *    What triggers it begins the next attempt, with a process; those that need
 *    the service stay up meanwhile. Once that has ended, the service is armed
 *    again, at the pace of its restart policy.
 * 8. A pin up spares a service what happens to those that it needs; once it
 *    is let go, it goes down or is renewed after all.
 */
import type { Json } from "../define/json.ts";
import type { Millis } from "../define/time.ts";
import type { ServiceId } from "../graph/graph.ts";

/** How a process ended. */
export type Status =
  | { readonly code: number }
  | { readonly signal: string; readonly core?: boolean };

/** The process of an attempt that runs before, or after, the one that the attempt is for. */
export type Stage = "before" | "after";

/** Why an attempt failed. */
export type Failure =
  | { readonly type: "spawn"; readonly stage: string; readonly code: string; readonly message: string }
  | {
    readonly type: "exit";
    readonly status: Status;
    readonly ready: boolean;
    readonly stage?: Stage;
    /** The kernel has killed a process of it as there was no memory left for it. */
    readonly oom?: true;
  }
  | { readonly type: "timeout"; readonly after: Millis; readonly stage?: Stage }
  /** It has not said for too long that it lives, or has asked itself to be taken for dead. */
  | { readonly type: "watchdog"; readonly after: Millis | null }
  /** It was about to end by itself, and did not. */
  | { readonly type: "lingering"; readonly after: Millis }
  | { readonly type: "readiness"; readonly detail: string }
  | { readonly type: "output"; readonly detail: string }
  /** It was up, and was found not to work any more. */
  | { readonly type: "unhealthy"; readonly detail: string };

/** Why a service is down, or going down, or waits to be tried again. */
export type Why =
  | { readonly reason: "not-started" }
  | { readonly reason: "stopped"; readonly by: "operator" | "release" | "shutdown" }
  | { readonly reason: "pinned" }
  | { readonly reason: "finished"; readonly status: Status }
  | {
    readonly reason: "failed";
    readonly failure: Failure;
    readonly final: "retry" | "policy" | "permanent" | "gave-up";
  }
  | { readonly reason: "dependency"; readonly on: ServiceId }
  | { readonly reason: "stuck"; readonly pid: number };

/** What the process of a service is doing. Times are points on the clock. */
export type Phase =
  | { readonly phase: "down" }
  | { readonly phase: "blocked" }
  | {
    readonly phase: "starting";
    readonly attempt: number;
    readonly pid: number | null;
    readonly deadline: Millis;
    /** What runs only prepares the start. */
    readonly stage?: "before";
  }
  | { readonly phase: "up"; readonly attempt: number; readonly pid: number | null }
  | {
    readonly phase: "stopping";
    readonly attempt: number;
    readonly pid: number | null;
    /**
     * Which process has to end: that of `run`, or the one that cleans up after it, or that of `undo`. The latter two
     * are let be until they are overdue.
     */
    readonly process: "run" | "after" | "undo";
    readonly sent: "nothing" | "stop" | "kill";
    /** When patience ends; null once even SIGKILL has not helped. */
    readonly deadline: Millis | null;
    /** The failure that the stop cleans up after, if there is one. */
    readonly after: Failure | null;
    /** Whether it was up before that failure. */
    readonly wasUp?: true;
  }
  | { readonly phase: "backoff"; readonly until: Millis };

/** All that the supervisor knows of one service. */
export interface ServiceState {
  /** `asked`: somebody wants it up. `needed`: something that is wanted up depends on it. */
  readonly wanted: "asked" | "needed" | "down";
  /** Held in one state: pinned up, it is not stopped by others; pinned down, it is not started. */
  readonly pinned: "up" | "down" | null;
  readonly phase: Phase;
  /** When the phase began. */
  readonly since: Millis;
  /** Number of the newest attempt; 0 before the first. */
  readonly attempt: number;
  /** Attempts up to this one must end, whatever is wanted. */
  readonly renew: number;
  /** When the newest attempt was spawned. */
  readonly spawnedAt: Millis;
  /** What readiness last yielded. */
  readonly output: Json;
  /** How often the output has changed, the first one included: 0 means never ready yet. */
  readonly outputs: number;
  /** What `run` was given, where `undo` will have to be given the same. */
  readonly inputs: Inputs | null;
  /** Failures in a row since it last was healthy. */
  readonly streak: number;
  /** When the newest of them were. */
  readonly failures: readonly Millis[];
  /** How often it was started again after a failure, in all. */
  readonly restarts: number;
  readonly why: Why | null;
  /** What went wrong while it was taken down the last time; it ended down all the same. */
  readonly stopFault: Failure | null;
  /** The newest failure of an attempt, also when others have gone well since. */
  readonly lastFailure: { readonly failure: Failure; readonly at: Millis } | null;
}

/** Outputs by the names that `run` knows them by; an optional one may be undefined. */
export type Inputs = Readonly<Record<string, Json | undefined>>;

/** What the machine does once everything is down. */
export type Power = "exit" | "poweroff" | "reboot" | "halt" | "kexec";

/** The state of the whole system; services by {@linkcode ServiceId}. */
export interface State {
  readonly services: readonly ServiceState[];
  /** What everything is being shut down for, if it is, and whether somebody has asked twice. */
  readonly ending: { readonly power: Power; readonly hurry: boolean } | null;
  /** Whether the shutdown is complete: everything is down, and the power action was given. */
  readonly ended: boolean;
}

const fresh: ServiceState = {
  wanted: "down",
  pinned: null,
  phase: { phase: "down" },
  since: 0,
  attempt: 0,
  renew: 0,
  spawnedAt: 0,
  output: null,
  outputs: 0,
  inputs: null,
  streak: 0,
  failures: [],
  restarts: 0,
  why: { reason: "not-started" },
  stopFault: null,
  lastFailure: null,
};

/** The state before anything was asked for. */
export function initialState(services: number): State {
  return { services: Array.from({ length: services }, () => fresh), ending: null, ended: false };
}

/** Whether a service has, or may have, something running that can be waited for, or is a oneshot that is up. */
export function isLive(service: ServiceState): boolean {
  const { phase } = service.phase;
  return phase === "up" || phase === "starting" || phase === "stopping" && !isStuck(service);
}

/** Whether a service's process has outlived SIGKILL: it hangs in the kernel, and nobody knows for how long. */
export function isStuck({ phase }: ServiceState): boolean {
  return phase.phase === "stopping" && phase.deadline === null;
}

/** Whether a service is to be up: the sum of what people and dependents want, of a pin, and of the end of all. */
export function wantsUp(service: ServiceState, state: Pick<State, "ending">): boolean {
  return state.ending === null && service.pinned !== "down" && service.wanted !== "down";
}

/** When the state next changes by itself; null if it does not. */
export function deadline(state: State): Millis | null {
  let first = Infinity;
  for (const { phase } of state.services) {
    if (phase.phase === "starting" || phase.phase === "stopping") {
      if (phase.deadline !== null && phase.deadline < first) first = phase.deadline;
    } else if (phase.phase === "backoff" && phase.until < first) first = phase.until;
  }
  return first === Infinity ? null : first;
}
