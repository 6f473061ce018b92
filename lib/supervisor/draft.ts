import type { Millis } from "../define/time.ts";
import { type Edge, type Graph, type Node, nodeOf, type ServiceId } from "../graph/graph.ts";
import type { Action } from "./event.ts";
import { isLive, type ServiceState, type State, wantsUp, type Why } from "./state.ts";
import type { Turn } from "./unit.ts";

/** The next state while it is being worked out, with the actions so far and the services still to be looked at. */
export interface Draft {
  readonly graph: Graph;
  readonly now: Millis;
  readonly services: ServiceState[];
  // deno-lint-ignore denit/readonly -- A draft is what changes until it is a state.
  ending: State["ending"];
  readonly actions: Action[];
  /**
   * Services whose surroundings have changed, each once, the largest id first; the last one is looked at next.
   * Dependencies have smaller ids, so what a service learns of them is never out of date.
   */
  readonly queue: ServiceId[];
}

/** Begins a draft of what follows `state`. */
export function draftOf(graph: Graph, state: State, now: Millis): Draft {
  return { graph, now, services: state.services.slice(), ending: state.ending, actions: [], queue: [] };
}

/** A service as it stands in the draft. */
export function at(draft: Draft, id: ServiceId): ServiceState {
  return draft.services[id]!;
}

/** Whether a service is to be up, as the draft stands. */
export function isWanted(draft: Draft, id: ServiceId): boolean {
  return wantsUp(at(draft, id), draft);
}

/** Whether what a service has running must not go on. */
export function mustGo(draft: Draft, id: ServiceId): boolean {
  const service = at(draft, id);
  return !wantsUp(service, draft) || service.renew >= service.attempt;
}

/** Whether a service still has something running that is on its way out. */
export function isLeaving(draft: Draft, id: ServiceId): boolean {
  const service = at(draft, id);
  return isLive(service) && (service.phase.phase === "stopping" || mustGo(draft, id));
}

/** Whether an edge makes the dependent want the dependency up. */
export function pulls(edge: Edge): boolean {
  return edge.kind !== "after";
}

/** Whether a dependent cannot be up any more once this dependency is not wanted: a milestone may go when it has worked. */
export function isLost(edge: Edge, dependency: ServiceState): boolean {
  return edge.kind === "need" || edge.kind === "milestone" && dependency.outputs === 0;
}

/** Replaces a service; whoever stands next to it has to be looked at when its phase or its wish has changed. */
export function put(draft: Draft, id: ServiceId, next: ServiceState): void {
  const before = at(draft, id);
  if (next === before) return;
  draft.services[id] = next;
  if (next.phase.phase !== before.phase.phase || isArmedAgain(before, next)) {
    draft.actions.push({ type: "notify", id, phase: next.phase, why: next.why });
  }
  touch(draft, id);
}

/** Whether a service has stayed up and waits for what triggers its next process. */
function isArmedAgain({ phase: before }: ServiceState, { phase: next }: ServiceState): boolean {
  return before.phase === "up" && before.pid !== null && next.phase === "up" && next.pid === null;
}

/** As {@linkcode put}, with the action that goes with it. */
export function take(draft: Draft, id: ServiceId, [next, act]: Turn): void {
  put(draft, id, next);
  if (act !== null) draft.actions.push({ ...act, id } as Action);
}

/** Has a service and its neighbours looked at. */
export function touch(draft: Draft, id: ServiceId): void {
  const { dependencies, dependents } = nodeOf(draft.graph, id);
  enqueue(draft.queue, id);
  for (const edge of dependents) enqueue(draft.queue, edge.id);
  for (const edge of dependencies) enqueue(draft.queue, edge.id);
}

function enqueue(queue: ServiceId[], id: ServiceId): void {
  let [low, high] = [0, queue.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (queue[middle]! > id) low = middle + 1;
    else high = middle;
  }
  if (queue[low] !== id) queue.splice(low, 0, id);
}

/**
 * Takes the wish that a service be up away: from it, from what needs it, and
 * from dependencies that nobody else holds.
 *
 * @param why The reason of the service itself; those that need it get it as theirs.
 */
export function drop(draft: Draft, id: ServiceId, why: Why): void {
  const falling: [ServiceId, Why][] = [[id, why]];
  for (let next = falling.pop(); next !== undefined; next = falling.pop()) {
    const [faller, reason] = next;
    put(draft, faller, { ...at(draft, faller), wanted: "down", why: reason });
    const node = nodeOf(draft.graph, faller);
    for (const edge of node.dependents) {
      const { wanted, pinned } = at(draft, edge.id);
      if (wanted === "down" || pinned === "up" || !isLost(edge, at(draft, faller))) continue;
      falling.push([edge.id, { reason: "dependency", on: faller }]);
    }
    letGo(draft, node);
  }
}

/** Drops the dependencies of a service that was dropped, where nobody else holds them. */
function letGo(draft: Draft, node: Node): void {
  const released: Node[] = [node];
  for (let next = released.pop(); next !== undefined; next = released.pop()) {
    for (const edge of next.dependencies) {
      const dependency = at(draft, edge.id);
      if (!pulls(edge) || dependency.wanted !== "needed" || isHeld(draft, edge.id)) continue;
      put(draft, edge.id, { ...dependency, wanted: "down", why: { reason: "stopped", by: "release" } });
      released.push(nodeOf(draft.graph, edge.id));
    }
  }
}

/** Whether something that is wanted up holds a service. */
export function isHeld(draft: Draft, id: ServiceId): boolean {
  return nodeOf(draft.graph, id).dependents.some((edge) => pulls(edge) && isWanted(draft, edge.id));
}
