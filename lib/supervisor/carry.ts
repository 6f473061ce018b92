import type { Graph } from "../graph/graph.ts";
import { initialState, isStuck, type ServiceState, type State, type Why } from "./state.ts";

/** The state of a system in a form that does not depend on its graph: with names for numbers. */
export interface CarriedState {
  /** The name of each service, by the number that reasons speak of it by. */
  readonly names: readonly string[];
  /** By the same numbers. */
  readonly services: readonly ServiceState[];
}

/**
 * Whether a state can be carried over to another graph: nothing is on its way up or down, and nobody is told to end.
 * A process that hangs in the kernel is not waited for; of what init itself does there, the next one would never hear.
 */
export function isSettled({ services, ending }: State): boolean {
  return ending === null &&
    services.every((service) => {
      const { phase } = service;
      return phase.phase !== "starting" &&
        (phase.phase !== "stopping" || isStuck(service) && phase.pid !== null);
    });
}

/**
 * A state for another graph: services that are kept stand in it as they stood, all others as if they had never run.
 *
 * @param kept Which services go on as what they are.
 */
export function carryState(
  graph: Graph,
  { names, services }: CarriedState,
  kept: (name: string) => boolean,
): State {
  const before = new Map(names.map((name, id) => [name, services[id]!]));
  const fresh = initialState(graph.nodes.length);
  return {
    ...fresh,
    services: graph.nodes.map(({ id, name }) => {
      const service = kept(name) ? before.get(name) : undefined;
      if (service === undefined) return fresh.services[id]!;
      return { ...service, why: carryWhy(graph, names, service.why) };
    }),
  };
}

/** A reason that speaks of a service by the number that it has now; one that speaks of none any more is that it was stopped. */
function carryWhy(graph: Graph, names: readonly string[], why: Why | null): Why | null {
  if (why?.reason !== "dependency") return why;
  const on = graph.ids.get(names[why.on] ?? "");
  return on === undefined ? { reason: "stopped", by: "operator" } : { reason: "dependency", on };
}
