/** What the driver reports of processes, and what the passing of time means for them. */
import type { Json } from "../define/json.ts";
import { nodeOf, type ServiceId } from "../graph/graph.ts";
import { at, type Draft, drop, mustGo, put, take, touch } from "./draft.ts";
import { equalJson } from "./equal.ts";
import type { Event } from "./event.ts";
import { sentence } from "./policy.ts";
import type { Failure, Phase } from "./state.ts";
import {
  becomeUp,
  carryOut,
  enter,
  extend,
  move,
  noteAfterSpawned,
  noteSpawned,
  press,
  reasonOf,
  renew,
  stop,
} from "./unit.ts";
import { renewAll, shutdownWish } from "./wish.ts";

/** An event that is about one attempt. */
export type Report = Extract<Event, { readonly attempt: number }>;

/** Takes note of what has become of an attempt, unless it is over already. */
export function noteReport(draft: Draft, event: Report): void {
  const service = at(draft, event.id);
  const { phase } = service;
  const { policy } = nodeOf(draft.graph, event.id);
  if (!("attempt" in phase) || phase.attempt !== event.attempt) return;
  switch (event.type) {
    case "spawned":
      return take(draft, event.id, noteSpawned(service, policy, event.pid));
    case "beforeSpawned":
      return take(draft, event.id, noteSpawned(service, policy, event.pid, "before"));
    case "afterSpawned": {
      const failure: Failure = { type: "exit", status: event.status, ready: phase.phase === "up" };
      const hurry = draft.ending?.hurry ?? false;
      return take(draft, event.id, noteAfterSpawned(service, policy, failure, event.pid, hurry, draft.now));
    }
    case "spawnFailed":
      if (phase.phase === "starting") fail(draft, event.id, event.failure);
      else if (phase.phase === "stopping") endStop(draft, event.id, phase, event.failure);
      return;
    case "ready":
      if (phase.phase === "starting") rise(draft, event.id, phase.pid, event.output);
      // It was called off while it was being armed: there is no process whose end would be heard of.
      else if (phase.phase === "stopping" && phase.pid === null && policy.triggered) {
        endStop(draft, event.id, phase, null);
      }
      return;
    case "readyFailed":
      if (phase.phase !== "starting") return;
      return abort(draft, event.id, { type: "readiness", detail: event.detail });
    case "failed":
      if (phase.phase === "starting" || phase.phase === "up" && phase.pid !== null) {
        abort(draft, event.id, event.failure);
      }
      return;
    case "extended":
      return put(draft, event.id, extend(service, policy, event.until));
    case "moved":
      return put(draft, event.id, move(service, event.pid));
    case "exited":
      return noteExit(draft, event, phase);
  }
}

/** Carries out what is due: start timeouts, stop timeouts, the end of pauses. */
export function passTime(draft: Draft): void {
  for (const { id, policy } of draft.graph.nodes) {
    const service = at(draft, id);
    const { phase } = service;
    switch (phase.phase) {
      case "starting":
        if (phase.deadline <= draft.now) {
          const stage = phase.stage === undefined ? {} : { stage: phase.stage };
          abort(draft, id, { type: "timeout", after: policy.startTimeout, ...stage });
        }
        break;
      case "stopping":
        if (phase.deadline === null || phase.deadline > draft.now) break;
        take(draft, id, press(service, policy, draft.now));
        touch(draft, id);
        break;
      case "backoff":
        if (phase.until <= draft.now) touch(draft, id);
        break;
      case "down":
      case "blocked":
      case "up":
        break;
    }
  }
}

function noteExit(draft: Draft, event: Extract<Report, { type: "exited" }>, phase: Phase): void {
  const { id, status, output = null, fault, stage, after = null, oom } = event;
  const { kind, policy } = nodeOf(draft.graph, id);
  // What was triggered may end when there is nothing left to do; it is armed again then.
  const mayEnd = kind === "oneshot" || policy.triggered && phase.phase === "up";
  const done = mayEnd && stage === undefined && "code" in status && status.code === 0;
  const failure: Failure = done && fault !== undefined ? { type: "output", detail: fault } : {
    type: "exit",
    status,
    ready: phase.phase === "up",
    ...stage === undefined ? {} : { stage },
    ...oom === undefined ? {} : { oom },
  };
  if (phase.phase === "stopping") {
    if (phase.process === "undo") {
      endStop(draft, id, phase, "code" in status && status.code === 0 ? null : failure);
    } else if (
      done && fault === undefined && phase.after === null && !policy.triggered && !isGivenUp(draft, phase)
    ) {
      // It did its work in spite of the signal: that has to be undone, even if it is wanted again by now.
      rise(draft, id, null, output);
      put(draft, id, renew(at(draft, id)));
    } else {
      endStop(draft, id, phase, after);
    }
  } else if (done && fault === undefined) {
    rise(draft, id, null, kind === "oneshot" ? output : at(draft, id).output);
  } else {
    fail(draft, id, failure, after);
  }
}

/** Whether nobody waits for a process any more: it was stuck when everything was to end, or has ended already. */
function isGivenUp(draft: Draft, phase: Extract<Phase, { phase: "stopping" }>): boolean {
  return draft.ending !== null && phase.deadline === null;
}

/** A service is ready; those that live with another output of it are renewed. */
function rise(draft: Draft, id: ServiceId, pid: number | null, output: Json): void {
  const service = at(draft, id);
  const changed = service.outputs === 0 || !equalJson(service.output, output);
  if (changed && service.outputs > 0) {
    const { dependents } = nodeOf(draft.graph, id);
    const stale = dependents.filter((edge) => edge.kind === "need" && at(draft, edge.id).pinned !== "up");
    renewAll(draft, stale.map((edge) => edge.id));
  }
  put(draft, id, becomeUp(service, pid, output, changed, draft.now));
}

/** Whether what ran after a process has said, as a finish script of s6 does, that the process is not to be started again. */
function forbidsAnother(after: Failure | null): boolean {
  return after?.type === "exit" && "code" in after.status && after.status.code === 125;
}

/** What has failed while its process still runs: the process goes first. */
function abort(draft: Draft, id: ServiceId, failure: Failure): void {
  const { policy } = nodeOf(draft.graph, id);
  take(draft, id, stop(at(draft, id), policy, failure, draft.ending?.hurry ?? false, draft.now));
}

/** A process has ended that was being stopped, or its undo could not even start; `fault` is of what came after it. */
function endStop(
  draft: Draft,
  id: ServiceId,
  phase: Extract<Phase, { phase: "stopping" }>,
  fault: Failure | null,
): void {
  if (phase.after !== null) return fail(draft, id, phase.after, fault);
  const service = at(draft, id);
  const stopFault = service.stopFault ?? fault;
  put(draft, id, enter({ ...service, stopFault, why: reasonOf(service) }, { phase: "down" }, draft.now));
}

/**
 * An attempt has failed and nothing of it runs: another one follows, or what needs the service falls with it.
 *
 * @param after What went wrong with what ran after it, which may forbid another attempt.
 */
function fail(draft: Draft, id: ServiceId, failure: Failure, after: Failure | null = null): void {
  const service = at(draft, id);
  const { policy } = nodeOf(draft.graph, id);
  // What was to go down has done so; if it is only to be renewed, it comes back all the same.
  if (mustGo(draft, id)) {
    put(draft, id, enter(service, { phase: "down" }, draft.now));
    return;
  }
  const verdict = forbidsAnother(after)
    ? { again: false, final: "permanent" } as const
    : sentence(service, policy, failure, draft.now);
  const next = carryOut(service, failure, verdict, draft.now);
  put(draft, id, next);
  if (verdict.again) return;
  drop(draft, id, next.why!);
  const then = policy.restart.giveUp?.then ?? "stay-down";
  if (verdict.final !== "gave-up" || then === "stay-down" || draft.ending !== null) return;
  shutdownWish(draft, then === "shutdown" ? "exit" : then);
}
