/**
 * One service's part of the machine: what becomes of it when something has
 * happened to its process. It knows no graph and decides nothing about others.
 */
import type { Json } from "../define/json.ts";
import type { Millis } from "../define/time.ts";
import type { Policy } from "../graph/graph.ts";
import { killGrace } from "../graph/settle_policy.ts";
import type { Action } from "./event.ts";
import { isClean, type Sentence } from "./policy.ts";
import type { Failure, Inputs, Phase, ServiceState, Why } from "./state.ts";

/** An action without the service that it is for, which only the graph's part of the machine knows. */
export type Act = Action extends infer A ? A extends { id: number } ? Omit<A, "id"> : never : never;

/** What an event makes of a service, and what is to be done about it. */
export type Turn = readonly [ServiceState, Act | null];

/** A service in another phase. */
export function enter(service: ServiceState, phase: Phase, now: Millis): ServiceState {
  return { ...service, phase, since: now };
}

/** Spawns the next attempt. */
export function start(service: ServiceState, policy: Policy, inputs: Inputs, now: Millis): Turn {
  const attempt = service.attempt + 1;
  const phase: Phase = { phase: "starting", attempt, pid: null, deadline: now + policy.startTimeout };
  return [
    { ...service, phase, since: now, attempt, spawnedAt: now, inputs, why: null },
    { type: "spawn", attempt, inputs },
  ];
}

/** Notes the process id of the newest attempt; an attempt that was called off meanwhile is ended now. */
export function noteSpawned(service: ServiceState, policy: Policy, pid: number): Turn {
  const { phase } = service;
  if (phase.phase === "starting") return [{ ...service, phase: { ...phase, pid } }, null];
  if (phase.phase !== "stopping" || phase.pid !== null) return [service, null];
  const signal = phase.sent === "stop" ? policy.stopSignal : phase.sent === "kill" ? "SIGKILL" : null;
  const act: Act | null = signal === null ? null : { type: "signal", attempt: phase.attempt, pid, signal };
  return [{ ...service, phase: { ...phase, pid } }, act];
}

/** Why a service goes down: one that was stuck and has ended after all, for what it was stopped for. */
export function reasonOf({ why }: ServiceState): Why | null {
  return why?.reason === "stuck" ? { reason: "stopped", by: "operator" } : why;
}

/** Ready: an output that differs from the last one counts as a new one. If it is to go down, the reason stays. */
export function becomeUp(
  service: ServiceState,
  pid: number | null,
  output: Json,
  changed: boolean,
  now: Millis,
): ServiceState {
  const outputs = service.outputs + (changed ? 1 : 0);
  const phase: Phase = { phase: "up", attempt: service.attempt, pid };
  const why = service.wanted === "down" ? reasonOf(service) : null;
  return { ...service, phase, since: now, output, outputs, why };
}

/** Takes a service that is starting or up down: by its undo, by a signal, or, if nothing runs, at once. */
export function stop(
  service: ServiceState,
  policy: Policy,
  after: Failure | null,
  hurry: boolean,
  now: Millis,
): Turn {
  const { phase } = service;
  if (phase.phase === "up" && phase.pid === null) {
    if (!policy.undo) return [enter(service, { phase: "down" }, now), null];
    const attempt = service.attempt + 1;
    const undoing: Phase = {
      phase: "stopping",
      attempt,
      pid: null,
      process: "undo",
      sent: "nothing",
      deadline: now + policy.startTimeout,
      after: null,
    };
    const { inputs, output } = service;
    return [
      { ...service, phase: undoing, since: now, attempt, stopFault: null },
      { type: "undo", attempt, inputs: inputs ?? {}, output },
    ];
  }
  if (phase.phase !== "up" && phase.phase !== "starting") return [service, null];
  const { attempt, pid } = phase;
  const stopping: Phase = {
    phase: "stopping",
    attempt,
    pid,
    process: "run",
    sent: hurry ? "kill" : "stop",
    deadline: now + (hurry ? killGrace : policy.stopTimeout),
    after,
  };
  const signal = hurry ? "SIGKILL" : policy.stopSignal;
  return [
    { ...service, phase: stopping, since: now, stopFault: null },
    pid === null ? null : { type: "signal", attempt, pid, signal },
  ];
}

/** The next, harder way to end a process that is overdue: a signal, SIGKILL, and then the truth. */
export function press(service: ServiceState, policy: Policy, now: Millis): Turn {
  const { phase } = service;
  if (phase.phase !== "stopping") return [service, null];
  const { attempt, pid, sent } = phase;
  if (sent === "kill") {
    return [
      { ...service, phase: { ...phase, deadline: null }, why: { reason: "stuck", pid: pid ?? 0 } },
      null,
    ];
  }
  const next = sent === "nothing"
    ? { sent: "stop", deadline: now + policy.stopTimeout } as const
    : { sent: "kill", deadline: now + killGrace } as const;
  const patience = sent === "nothing" ? policy.startTimeout : policy.stopTimeout;
  const stopFault: Failure = service.stopFault ?? { type: "timeout", after: patience };
  const signal = next.sent === "stop" ? policy.stopSignal : "SIGKILL";
  return [
    { ...service, phase: { ...phase, ...next }, stopFault },
    pid === null ? null : { type: "signal", attempt, pid, signal },
  ];
}

/** Kills a process that is being stopped without waiting any longer; an undo is let finish, as it may be unmounting. */
export function hurry(service: ServiceState, now: Millis): Turn {
  const { phase } = service;
  if (phase.phase !== "stopping" || phase.process === "undo" || phase.sent === "kill") return [service, null];
  const { attempt, pid } = phase;
  return [
    { ...service, phase: { ...phase, sent: "kill", deadline: now + killGrace } },
    pid === null ? null : { type: "signal", attempt, pid, signal: "SIGKILL" },
  ];
}

/** What a failed attempt leads to: another one, now or later, or none. */
export function carryOut(
  service: ServiceState,
  failure: Failure,
  sentence: Sentence,
  now: Millis,
): ServiceState {
  if (sentence.again) {
    const { at, streak, failures } = sentence;
    const phase: Phase = at > now ? { phase: "backoff", until: at } : { phase: "blocked" };
    const why = { reason: "failed", failure, final: "retry" } as const;
    return { ...service, phase, since: now, streak, failures, restarts: service.restarts + 1, why };
  }
  const finished = sentence.final === "policy" && failure.type === "exit" && failure.ready &&
    isClean(failure.status);
  const why = finished
    ? { reason: "finished", status: failure.status } as const
    : { reason: "failed", failure, final: sentence.final } as const;
  return { ...service, phase: { phase: "down" }, since: now, wanted: "down", why };
}

/** A service that has forgotten its failures, and whom it waits for: somebody asks for it anew. */
export function forgive(service: ServiceState, now: Millis): ServiceState {
  const { phase, why } = service;
  const waits = phase.phase === "backoff" || phase.phase === "blocked";
  // What it goes down for is past, if it is wanted again before it is down; that its process is stuck is not.
  const past = phase.phase !== "down" && why?.reason !== "stuck" && why?.reason !== "failed";
  const due: ServiceState = waits
    ? { ...service, phase: { phase: "blocked" }, since: now, why: null }
    : { ...service, why: past ? null : why };
  return { ...due, streak: 0, failures: [] };
}

/** A service whose newest attempt must not go on, although it is wanted. */
export function renew(service: ServiceState): ServiceState {
  return { ...service, renew: service.attempt, streak: 0, failures: [] };
}
