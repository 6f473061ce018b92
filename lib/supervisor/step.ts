import type { Millis } from "../define/time.ts";
import type { Graph } from "../graph/graph.ts";
import { type Draft, draftOf } from "./draft.ts";
import type { Action, Event } from "./event.ts";
import { noteReport, passTime } from "./report.ts";
import { settle, trigger } from "./settle.ts";
import { isLive, type State } from "./state.ts";
import { pinWish, releaseWish, restartWish, shutdownWish, startWish, stopWish } from "./wish.ts";

/**
 * The supervisor: what an event makes of a state, and what is to be done.
 *
 * @param graph The system.
 * @param state What was before; it is not changed.
 * @param event What has happened. An event of an attempt that is over changes nothing.
 * @param now The time; not before that of any earlier event.
 * @returns What is now, and the actions in the order in which to do them. It never throws.
 */
export function step(
  graph: Graph,
  state: State,
  event: Event,
  now: Millis,
): readonly [State, readonly Action[]] {
  const draft = draftOf(graph, state, now);
  apply(draft, event);
  settle(draft);
  const ended = draft.ending !== null && (state.ended || draft.services.every((service) => !isLive(service)));
  if (ended && !state.ended) draft.actions.push({ type: "power", power: draft.ending!.power });
  return [{ services: draft.services, ending: draft.ending, ended }, draft.actions];
}

function apply(draft: Draft, event: Event): void {
  switch (event.type) {
    case "start":
      return startWish(draft, event.id);
    case "stop":
      return stopWish(draft, event.id);
    case "release":
      return releaseWish(draft, event.id);
    case "restart":
      return restartWish(draft, event.id);
    case "pin":
      return pinWish(draft, event.id, event.pinned);
    case "triggered":
      return trigger(draft, event.id);
    case "shutdown":
      return shutdownWish(draft, event.power);
    case "tick":
      return passTime(draft);
    case "beforeSpawned":
    case "spawned":
    case "afterSpawned":
    case "spawnFailed":
    case "ready":
    case "readyFailed":
    case "extended":
    case "moved":
    case "failed":
    case "exited":
      return noteReport(draft, event);
  }
}
