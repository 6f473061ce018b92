/**
 * What follows for a service from what it and its neighbours are like now:
 * the one place where processes are started and stopped, up and down alike.
 */
import { type Edge, type Node, nodeOf, type ServiceId } from "../graph/graph.ts";
import { at, type Draft, drop, isLeaving, isWanted, mustGo, put, take } from "./draft.ts";
import { type Inputs, isStuck } from "./state.ts";
import { enter, spawn, start, stop } from "./unit.ts";

/** Looks at services until nothing more follows. The graph has no cycle, so this ends. */
export function settle(draft: Draft): void {
  for (let id = draft.queue.pop(); id !== undefined; id = draft.queue.pop()) settleOne(draft, id);
}

function settleOne(draft: Draft, id: ServiceId): void {
  const service = at(draft, id);
  const wanted = isWanted(draft, id);
  switch (service.phase.phase) {
    case "down":
      if (wanted) put(draft, id, { ...enter(service, { phase: "blocked" }, draft.now), why: null });
      return;
    case "blocked":
      if (wanted) unblock(draft, id);
      else put(draft, id, enter(service, { phase: "down" }, draft.now));
      return;
    case "backoff":
      if (!wanted) put(draft, id, enter(service, { phase: "down" }, draft.now));
      else if (service.phase.until <= draft.now) {
        put(draft, id, enter(service, { phase: "blocked" }, draft.now));
      }
      return;
    case "starting":
    case "up":
      if (
        mustGo(draft, id) && !nodeOf(draft.graph, id).dependents.some((edge) => isLeaving(draft, edge.id))
      ) {
        take(
          draft,
          id,
          stop(service, nodeOf(draft.graph, id).policy, null, draft.ending?.hurry ?? false, draft.now),
        );
      }
      return;
    case "stopping":
      return;
  }
}

/** Starts a service that is wanted if its dependencies allow it, or gives it up if they never will. */
function unblock(draft: Draft, id: ServiceId): void {
  const node = nodeOf(draft.graph, id);
  let waits = false;
  let behind: ServiceId | null = null;
  for (const edge of node.dependencies) {
    if (standing(draft, edge) !== "awaited") continue;
    waits = true;
    const coming = isWanted(draft, edge.id);
    if (!coming || isInTrouble(draft, edge.id)) behind ??= edge.id;
    if (!coming && at(draft, id).pinned !== "up") {
      drop(draft, id, { reason: "dependency", on: edge.id });
      return;
    }
  }
  const service = at(draft, id);
  if (!waits) take(draft, id, start(service, node.policy, inputsOf(draft, node), draft.now));
  else if (behind !== dependencyBehind(service.why)) {
    // A service's own last failure says more about it than whom it waits for.
    const why = behind === null ? null : { reason: "dependency", on: behind } as const;
    if (service.why === null || service.why.reason === "dependency") put(draft, id, { ...service, why });
  }
}

/**
 * What the process of a service waits for has come: it is started, if none runs and none must go. One that lacks a
 * dependency is armed again once that is back, and whatever has triggered it is then seen again.
 */
export function trigger(draft: Draft, id: ServiceId): void {
  const service = at(draft, id);
  const node = nodeOf(draft.graph, id);
  const armed = node.policy.triggered && service.phase.phase === "up" && service.phase.pid === null;
  if (!armed || mustGo(draft, id)) return;
  if (node.dependencies.some((edge) => standing(draft, edge) === "awaited")) {
    put(draft, id, enter(service, { phase: "blocked" }, draft.now));
  } else {
    take(draft, id, spawn(service, node.policy, inputsOf(draft, node), draft.now));
  }
}

/** How a dependency stands to a dependent that wants to start: it is there, is awaited, or is done without. */
function standing(draft: Draft, { id, kind }: Edge): "there" | "awaited" | "spared" {
  const { phase, outputs } = at(draft, id);
  if (phase.phase === "up" && !mustGo(draft, id)) return "there";
  if (isWanted(draft, id) && !isInTrouble(draft, id)) return "awaited";
  switch (kind) {
    case "need":
      return "awaited";
    case "milestone":
      return outputs > 0 ? "there" : "awaited";
    case "optional":
    case "after":
      return "spared";
  }
}

/** What a service that starts now is given. */
function inputsOf(draft: Draft, { dependencies }: Node): Inputs {
  const inputs: Record<string, Inputs[string]> = {};
  for (const edge of dependencies) {
    if (edge.kind === "after" || standing(draft, edge) !== "there") continue;
    inputs[edge.key] = at(draft, edge.id).output;
  }
  return inputs;
}

function dependencyBehind(why: { reason: string; on?: ServiceId } | null): ServiceId | null {
  return why?.reason === "dependency" ? why.on ?? null : null;
}

/** Whether something has failed on the way to this service, so that nobody should wait for it who can do without. */
function isInTrouble(draft: Draft, id: ServiceId): boolean {
  const service = at(draft, id);
  const { phase, streak, why } = service;
  if (phase.phase === "up") return false;
  return streak > 0 || isStuck(service) || phase.phase === "backoff" ||
    phase.phase === "blocked" && why?.reason === "dependency";
}
