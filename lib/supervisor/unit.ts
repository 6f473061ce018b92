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

/** Begins the next attempt: with its process, or, for a service that is triggered, by waiting for what triggers that. */
export function start(service: ServiceState, policy: Policy, inputs: Inputs, now: Millis): Turn {
  if (!policy.triggered) return spawn(service, policy, inputs, now);
  const attempt = service.attempt + 1;
  const phase: Phase = { phase: "starting", attempt, pid: null, deadline: now + policy.startTimeout };
  return [{ ...service, phase, since: now, attempt, inputs, why: null }, { type: "arm", attempt }];
}

/** Spawns the next attempt. */
export function spawn(service: ServiceState, policy: Policy, inputs: Inputs, now: Millis): Turn {
  const attempt = service.attempt + 1;
  const phase: Phase = { phase: "starting", attempt, pid: null, deadline: now + policy.startTimeout };
  return [
    { ...service, phase, since: now, attempt, spawnedAt: now, inputs, why: null },
    { type: "spawn", attempt, inputs },
  ];
}

/** Notes which process runs of the newest attempt; an attempt that was called off meanwhile is ended now. */
export function noteSpawned(
  service: ServiceState,
  policy: Policy,
  pid: number,
  stage: "before" | null = null,
): Turn {
  const { phase } = service;
  if (phase.phase === "starting") {
    const { stage: _, ...rest } = phase;
    return [{ ...service, phase: { ...rest, pid, ...stage === null ? {} : { stage } } }, null];
  }
  if (phase.phase !== "stopping" || phase.pid === pid) return [service, null];
  const signal = phase.sent === "stop" ? policy.stopSignal : phase.sent === "kill" ? "SIGKILL" : null;
  const act: Act | null = signal === null ? null : { type: "signal", attempt: phase.attempt, pid, signal };
  return [{ ...service, phase: { ...phase, pid } }, act];
}

/**
 * Notes that the process of an attempt has ended and another one cleans up after it: nobody tells that one to end before
 * it is overdue.
 *
 * @param failure How the process ended; it counts unless the service was going down anyhow.
 */
export function noteAfterSpawned(
  service: ServiceState,
  policy: Policy,
  failure: Failure,
  pid: number,
  hurry: boolean,
  now: Millis,
): Turn {
  const { phase } = service;
  if (phase.phase !== "starting" && phase.phase !== "up" && phase.phase !== "stopping") {
    return [service, null];
  }
  const was = phase.phase === "stopping" ? service : { ...leave(service, policy, now), stopFault: null };
  const cleaning: Phase = {
    phase: "stopping",
    attempt: phase.attempt,
    pid,
    process: "after",
    sent: hurry ? "kill" : "stop",
    deadline: now + (hurry ? killGrace : policy.stopTimeout),
    after: phase.phase === "stopping" ? phase.after : failure,
    ...phase.phase === "up" || phase.phase === "stopping" && phase.wasUp === true ? { wasUp: true } : {},
  };
  const act: Act | null = hurry ? { type: "signal", attempt: phase.attempt, pid, signal: "SIGKILL" } : null;
  return [{ ...was, phase: cleaning }, act];
}

/** A service that leaves the phase that it was in: if that was a healthy one, its failures were accidents. */
function leave(service: ServiceState, { restart }: Policy, now: Millis): ServiceState {
  const healthy = service.phase.phase === "up" && now - service.since >= restart.reset;
  return { ...service, since: now, streak: healthy ? 0 : service.streak };
}

/** By what a process is asked to end: one that hangs shall leave a core file, or tell in its own way where it hangs. */
function stopSignal(policy: Policy, after: Failure | null): string {
  return after?.type === "watchdog" ? "SIGABRT" : policy.stopSignal;
}

/** Puts the end of our patience off, as far as the policy allows that, and never to an earlier time. */
export function extend(service: ServiceState, policy: Policy, until: Millis): ServiceState {
  const { phase, since } = service;
  if (phase.phase === "starting") {
    const deadline = Math.min(until, since + policy.startTimeout + policy.extend);
    return deadline > phase.deadline ? { ...service, phase: { ...phase, deadline } } : service;
  }
  if (phase.phase !== "stopping" || phase.process !== "run" || phase.sent !== "stop") return service;
  const deadline = Math.min(until, since + policy.stopTimeout + policy.extend);
  return deadline > (phase.deadline ?? 0) ? { ...service, phase: { ...phase, deadline } } : service;
}

/** A service whose process is another one. */
export function move(service: ServiceState, pid: number): ServiceState {
  const { phase } = service;
  if (phase.phase !== "starting" && phase.phase !== "up" && phase.phase !== "stopping") return service;
  return phase.pid === null ? service : { ...service, phase: { ...phase, pid } };
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
    ...phase.phase === "up" && after !== null ? { wasUp: true } : {},
  };
  const signal = hurry ? "SIGKILL" : stopSignal(policy, after);
  return [
    { ...leave(service, policy, now), phase: stopping, stopFault: null },
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
  const stage = phase.process === "after" ? { stage: "after" } as const : {};
  const stopFault: Failure = service.stopFault ?? { type: "timeout", after: patience, ...stage };
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
  const lastFailure = { failure, at: now };
  if (sentence.again) {
    const { at, streak, failures } = sentence;
    const phase: Phase = at > now ? { phase: "backoff", until: at } : { phase: "blocked" };
    const why = { reason: "failed", failure, final: "retry" } as const;
    return {
      ...service,
      phase,
      since: now,
      streak,
      failures,
      restarts: service.restarts + 1,
      why,
      lastFailure,
    };
  }
  const finished = sentence.final === "policy" && failure.type === "exit" && failure.ready &&
    isClean(failure.status);
  const why = finished
    ? { reason: "finished", status: failure.status } as const
    : { reason: "failed", failure, final: sentence.final } as const;
  return { ...service, phase: { phase: "down" }, since: now, wanted: "down", why, lastFailure };
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
