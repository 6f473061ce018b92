/**
 * What follows for a service from what it and its neighbours are like now:
 * the one place where processes are started and stopped, up and down alike.
 */
import { nodeOf, type ServiceId } from "../graph/graph.ts";
import { at, type Draft, drop, isLeaving, isWanted, mustGo, put, take } from "./draft.ts";
import { type Inputs, isStuck } from "./state.ts";
import { enter, start, stop } from "./unit.ts";

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
  const inputs: Record<string, Inputs[string]> = {};
  let waits = false;
  let behind: ServiceId | null = null;
  for (const edge of node.dependencies) {
    const dependency = at(draft, edge.id);
    const there = dependency.phase.phase === "up" && !mustGo(draft, edge.id);
    const coming = isWanted(draft, edge.id);
    const trouble = coming && isInTrouble(draft, edge.id);
    const worked = edge.kind === "milestone" && dependency.outputs > 0 && (!coming || trouble);
    const dispensable = (edge.kind === "optional" || edge.kind === "after") && (!coming || trouble);
    if (there || worked) {
      if (edge.kind !== "after") inputs[edge.key] = dependency.output;
    } else if (!dispensable) {
      waits = true;
      if (trouble || !coming) behind ??= edge.id;
      if (!coming && at(draft, id).pinned !== "up") {
        drop(draft, id, { reason: "dependency", on: edge.id });
        return;
      }
    }
  }
  const service = at(draft, id);
  if (!waits) take(draft, id, start(service, node.policy, inputs, draft.now));
  else if (behind !== dependencyBehind(service.why)) {
    // A service's own last failure says more about it than whom it waits for.
    const why = behind === null ? null : { reason: "dependency", on: behind } as const;
    if (service.why === null || service.why.reason === "dependency") put(draft, id, { ...service, why });
  }
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
