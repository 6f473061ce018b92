/** What people ask for: start, stop, release, restart, pin, shutdown. Each is accepted in every phase. */
import { nodeOf, type ServiceId } from "../graph/graph.ts";
import { at, type Draft, drop, isHeld, isLost, isWanted, pulls, put, take, touch } from "./draft.ts";
import type { Power, ServiceState } from "./state.ts";
import { forgive, hurry, renew } from "./unit.ts";

/** Wants a service up, and what it depends on; what has failed gets a fresh count. */
export function startWish(draft: Draft, root: ServiceId): void {
  if (draft.ending !== null) return;
  const reached: ServiceId[] = [root];
  const pinned: ServiceId[] = [];
  for (let id = reached.pop(); id !== undefined; id = reached.pop()) {
    const service = at(draft, id);
    if (service.pinned === "down") {
      pinned.push(id);
      continue;
    }
    const wanted = id === root ? "asked" : service.wanted === "down" ? "needed" : service.wanted;
    const { phase } = service.phase;
    const { dependencies } = nodeOf(draft.graph, id);
    // One that is held up may have lost what it needs.
    const complete = service.wanted !== "down" &&
      dependencies.every((edge) => !isLost(edge, at(draft, edge.id)) || isWanted(draft, edge.id));
    const settled = complete && (phase === "up" || phase === "starting");
    const progressing = complete && phase === "blocked" && service.why === null;
    if (wanted !== service.wanted || !settled && !progressing) {
      put(draft, id, { ...(settled || progressing ? service : forgive(service, draft.now)), wanted });
    }
    if (settled || progressing) continue;
    for (const edge of dependencies) if (pulls(edge)) reached.push(edge.id);
  }
  // Whoever needs it cannot have it, and it does not start by itself once the pin is gone.
  for (const id of pinned) drop(draft, id, { reason: "pinned" });
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

/** Down and up again, with what needs it; one that is not wanted is started. */
export function restartWish(draft: Draft, root: ServiceId): void {
  if (draft.ending !== null) return;
  renewAll(draft, [root]);
  startWish(draft, root);
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

/** Holds a service up or down, or lets go of it. */
export function pinWish(draft: Draft, id: ServiceId, pinned: ServiceState["pinned"]): void {
  put(draft, id, { ...at(draft, id), pinned });
  if (pinned === "up") startWish(draft, id);
  const { dependencies } = nodeOf(draft.graph, id);
  if (pinned === "down" && at(draft, id).wanted !== "down") drop(draft, id, { reason: "pinned" });
  if (pinned !== null || at(draft, id).wanted === "down") return;
  const lost = dependencies.find((edge) => isLost(edge, at(draft, edge.id)) && !isWanted(draft, edge.id));
  if (lost !== undefined) drop(draft, id, { reason: "dependency", on: lost.id });
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
