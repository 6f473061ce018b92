/** What people ask for: start, stop, release, restart, pin, shutdown. Each is accepted in every phase. */
import { nodeOf, type ServiceId } from "../graph/graph.ts";
import { at, type Draft, drop, isHeld, isLost, isWanted, mustGo, pulls, put, take, touch } from "./draft.ts";
import { equalJson } from "./equal.ts";
import { isLive, type Power, type ServiceState } from "./state.ts";
import { forgive, hurry, renew } from "./unit.ts";

/** Wants a service up, and what it depends on; what has failed gets a fresh count. */
export function startWish(draft: Draft, root: ServiceId, as: "asked" | "needed" = "asked"): void {
  if (draft.ending !== null) return;
  const reached = new Set([root]);
  const heldDown: ServiceId[] = [];
  for (const id of reached) {
    const service = at(draft, id);
    if (service.pinned === "down") {
      heldDown.push(id);
      continue;
    }
    const wanted = id === root ? as : service.wanted === "down" ? "needed" : service.wanted;
    const { dependencies } = nodeOf(draft.graph, id);
    if (isUnderWay(draft, id)) {
      if (wanted !== service.wanted) put(draft, id, { ...service, wanted });
      continue;
    }
    put(draft, id, { ...forgive(service, draft.now), wanted });
    for (const edge of dependencies) if (pulls(edge)) reached.add(edge.id);
  }
  // Whoever needs it cannot have it, and it does not start by itself once it is let go.
  for (const id of heldDown) drop(draft, id, { reason: "pinned" });
}

/** Whether a service that is asked for is up or coming already, and nothing is in its way. */
function isUnderWay(draft: Draft, id: ServiceId): boolean {
  const { wanted, phase, why } = at(draft, id);
  if (wanted === "down") return false;
  // One that is held up may have lost what it needs.
  if (lostBy(draft, id) !== null) return false;
  return phase.phase === "up" || phase.phase === "starting" || phase.phase === "blocked" && why === null;
}

/** A dependency that a service cannot be without and that is not wanted; null if there is none. */
function lostBy(draft: Draft, id: ServiceId): ServiceId | null {
  for (const edge of nodeOf(draft.graph, id).dependencies) {
    if (isLost(edge, at(draft, edge.id)) && !isWanted(draft, edge.id)) return edge.id;
  }
  return null;
}

/** Wants a service down, and what needs it. A pin up withstands it. */
export function stopWish(draft: Draft, id: ServiceId): void {
  if (at(draft, id).pinned === "up" || !isWanted(draft, id)) return;
  drop(draft, id, { reason: "stopped", by: "operator" });
}

/** Takes a person's wish away; what something else needs stays. */
export function releaseWish(draft: Draft, id: ServiceId): void {
  const service = at(draft, id);
  if (service.wanted !== "asked" || service.pinned === "up") return;
  if (isHeld(draft, id)) put(draft, id, { ...service, wanted: "needed" });
  else drop(draft, id, { reason: "stopped", by: "release" });
}

/** Down and up again, with what needs it; one that is not wanted is asked for. */
export function restartWish(draft: Draft, root: ServiceId): void {
  if (draft.ending !== null) return;
  renewAll(draft, [root]);
  const { wanted } = at(draft, root);
  startWish(draft, root, wanted === "down" ? "asked" : wanted);
}

/** Lets services, and those that need them, go down once and come back. */
export function renewAll(draft: Draft, roots: readonly ServiceId[]): void {
  const reached = [...roots];
  const seen = new Set<ServiceId>();
  for (let id = reached.pop(); id !== undefined; id = reached.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    const service = at(draft, id);
    const { phase } = service.phase;
    if (service.pinned === "up" && !roots.includes(id)) continue;
    if (phase === "up" || phase === "starting") put(draft, id, renew(service));
    for (const edge of nodeOf(draft.graph, id).dependents) if (edge.kind === "need") reached.push(edge.id);
  }
}

/** Holds a service up or down, or lets go of it: then what it was spared has to be made up for. */
export function pinWish(draft: Draft, id: ServiceId, pinned: ServiceState["pinned"]): void {
  put(draft, id, { ...at(draft, id), pinned });
  if (pinned === "up") startWish(draft, id);
  if (pinned === "down" && at(draft, id).wanted !== "down") drop(draft, id, { reason: "pinned" });
  if (pinned !== null || at(draft, id).wanted === "down") return;
  const lost = lostBy(draft, id);
  if (lost !== null) drop(draft, id, { reason: "dependency", on: lost });
  else if (isStale(draft, id)) renewAll(draft, [id]);
}

/** Whether a service lives with something that it needs and that has been, or is to be, replaced by something else. */
function isStale(draft: Draft, id: ServiceId): boolean {
  const { inputs, phase } = at(draft, id);
  if (phase.phase !== "up" && phase.phase !== "starting") return false;
  return nodeOf(draft.graph, id).dependencies.some((edge) => {
    const dependency = at(draft, edge.id);
    if (edge.kind !== "need") return false;
    return isLive(dependency) && mustGo(draft, edge.id) || !equalJson(inputs?.[edge.key], dependency.output);
  });
}

/** Wants everything down, whatever else is wanted; the second time, in a hurry. */
export function shutdownWish(draft: Draft, power: Power): void {
  const again = draft.ending !== null;
  draft.ending = { power, hurry: again };
  for (const { id } of draft.graph.nodes) {
    const service = at(draft, id);
    if (again) take(draft, id, hurry(service, draft.now));
    else if (service.wanted === "down") touch(draft, id);
    else put(draft, id, { ...service, wanted: "down", why: { reason: "stopped", by: "shutdown" } });
  }
}
