import { type Graph, resolve } from "../lib/graph/mod.ts";
import { type Action, type Event, initialState, type State, step } from "../lib/supervisor/mod.ts";
import { toFileUrl } from "@std/path";
import type { Measurement, Row, Settings } from "./measurement.ts";
import { type Shape, unitsText } from "./units_text.ts";

/** What the state machine takes for an event, over a whole boot and shutdown. */
export const stepCost: Measurement = {
  name: "step",
  about: "the state machine alone: microseconds for each event, by the number of services",
  measure: async (settings) => {
    const rows: Row[] = [];
    for (const shape of ["chain", "star"] as const) {
      for (const services of [settings.services, settings.services * 10]) {
        const graph = await graphOf(shape, services, settings);
        const samples: number[] = [];
        for (let run = 0; run < settings.runs; run++) samples.push(liveOnce(graph));
        rows.push({ name: `${services} services, ${shape}`, unit: "µs", samples });
      }
    }
    const notes = ["the first run of each is cold code, as in a real boot"];
    return [{ title: "One event of a boot and shutdown in `step`", compared: false, rows, notes }];
  },
};

/** The graph of many services. */
export async function graphOf(shape: Shape, services: number, { workshop }: Settings): Promise<Graph> {
  const units = await workshop.module(
    `${shape}-${services}`,
    () => unitsText(shape, services, ["/bin/true"]),
  );
  const { graph, diagnostics } = resolve(await import(toFileUrl(units).href));
  if (graph === null) throw new Error(`cannot resolve the units: ${JSON.stringify(diagnostics)}`);
  return graph;
}

/** Boots and shuts down on processes that do at once what they should; microseconds for each event. */
function liveOnce(graph: Graph): number {
  const events: Event[] = graph.boot.map((id) => ({ type: "start", id }));
  let state: State = initialState(graph.nodes.length);
  let now = 0;
  let count = 0;
  let ending = false;
  const began = performance.now();
  for (let at = 0; !state.ended; at++, count++) {
    if (at === events.length) {
      if (ending) throw new Error("cannot shut down: the state machine waits for something");
      ending = true;
      events.push({ type: "shutdown", power: "exit" });
    }
    const [next, actions] = step(graph, state, events[at]!, now += 0.01);
    state = next;
    for (const action of actions) events.push(...answer(action));
  }
  return (performance.now() - began) * 1000 / count;
}

/** What obedient processes make of an action. */
function answer(action: Action): Event[] {
  if (action.type === "spawn") {
    const { id, attempt } = action;
    return [{ type: "spawned", id, attempt, pid: id + 2 }, { type: "ready", id, attempt, output: null }];
  }
  if (action.type !== "signal") return [];
  const { id, attempt } = action;
  return [{ type: "exited", id, attempt, status: { signal: "SIGTERM", core: false } }];
}
