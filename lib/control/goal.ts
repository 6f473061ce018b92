/** What a request waits for: outcomes, looked at again whenever something has happened. */
import type { Json } from "../define/json.ts";
import { nodeOf, type ServiceId } from "../graph/graph.ts";
import { isStuck, type ServiceState, wantsUp } from "../supervisor/mod.ts";
import { type Fault, fault } from "./fault.ts";
import {
  busyServices,
  causesOf,
  chainOf,
  describeStanding,
  isNeed,
  listed,
  namesOf,
  serviceOf,
  type View,
} from "./words.ts";

/** How it looks for what was wished. */
export type Outlook =
  | { readonly type: "reached"; readonly result: Json }
  | { readonly type: "failed"; readonly fault: Fault }
  | { readonly type: "waiting"; readonly on: readonly ServiceId[] };

/** Something wished for. */
export interface Goal {
  /** Looks how it stands. Called again until it is reached or has failed. */
  look(view: View): Outlook;
  /** The time is up. Null: the wait just ends. A goal that takes back what it has done goes on for that. */
  expire?(view: View): void;
  /** Whether it is carried out even when the client has hung up. */
  readonly persistent?: boolean;
}

/** So many failures in a row, with nothing in between, are no accident: a start has failed then, tried again or not. */
const FAILURES = 2;

/** A wish that is reached as soon as the supervisor has taken note of it. */
export const accepted: Goal = { look: () => ({ type: "reached", result: {} }) };

/** Services that are to be up. */
export function upGoal(ids: readonly ServiceId[]): Goal {
  return {
    look(view) {
      const left = ids.filter((id) => !isSteadilyUp(serviceOf(view, id)));
      if (left.length === 0) return { type: "reached", result: { up: namesOf(view.graph, ids) } };
      for (const id of left) {
        const why = startFault(view, id);
        if (why !== null) return { type: "failed", fault: why };
      }
      return { type: "waiting", on: left };
    },
  };
}

/** Services that are to be down, and are not wanted up by anybody else in the meantime. */
export function downGoal(ids: readonly ServiceId[]): Goal {
  return {
    look(view) {
      const left = ids.filter((id) => serviceOf(view, id).phase.phase !== "down");
      const wanted = ids.find((id) => wantsUp(serviceOf(view, id), view.state));
      const stuck = left.find((id) => isStuck(serviceOf(view, id)));
      if (wanted !== undefined) {
        const { name } = nodeOf(view.graph, wanted);
        const message = `cannot stop ${name}: it is pinned up, or somebody wants it again`;
        return { type: "failed", fault: fault("failed", message, `initctl unpin ${name}`) };
      }
      if (stuck !== undefined) {
        const message = `cannot stop ${nodeOf(view.graph, stuck).name}: ${describeStanding(view, stuck)}`;
        return { type: "failed", fault: fault("failed", message, "find out what the kernel waits for") };
      }
      if (left.length > 0) return { type: "waiting", on: left };
      const unclean = ids.filter((id) => serviceOf(view, id).stopFault !== null);
      const notes = unclean.map((id) => `${nodeOf(view.graph, id).name} ${describeStanding(view, id)}`);
      return { type: "reached", result: { down: namesOf(view.graph, ids), notes } };
    },
  };
}

/** Whether a service is up and not about to be renewed. */
export function isSteadilyUp({ phase, renew }: ServiceState): boolean {
  return phase.phase === "up" && renew < phase.attempt;
}

/** Why a service that is to come up will not, with the chain to the first cause; null while it may. */
export function startFault(view: View, id: ServiceId): Fault | null {
  const { graph, state } = view;
  const chain = chainOf(view, id);
  const last = serviceOf(view, chain.at(-1)!);
  const given = !wantsUp(serviceOf(view, id), state) || chain.some((each) => isForsaken(view, each));
  const failing = last.phase.phase !== "up" && (last.streak >= FAILURES || isStuck(last));
  if (!given && !failing) return null;
  const { name } = nodeOf(graph, id);
  const cause = nodeOf(graph, chain.at(-1)!).name;
  const message = `cannot start ${name}: ${cause === name ? "it" : cause} ${
    describeStanding(view, chain.at(-1)!)
  }`;
  const cure = given
    ? `see initctl why ${name}`
    : `it is tried again by its policy; see initctl logs ${cause}`;
  return { ...fault("failed", message, cure), chain: causesOf(view, chain) };
}

/** Whether a service waits for something that nobody wants any more, as one does that is held up. */
function isForsaken(view: View, id: ServiceId): boolean {
  return serviceOf(view, id).phase.phase === "blocked" && nodeOf(view.graph, id).dependencies.some((edge) => {
    const dependency = serviceOf(view, edge.id);
    return isNeed(edge, dependency) && !wantsUp(dependency, view.state);
  });
}

/** The wish to know when services are ready or down, which changes nothing. */
export function waitGoal(
  ids: readonly ServiceId[],
  what: "ready" | "down",
  exitCode: (id: ServiceId) => number | null,
): Goal {
  return {
    look(view) {
      const left = ids.filter((id) => {
        const service = serviceOf(view, id);
        return what === "ready" ? !isSteadilyUp(service) : service.phase.phase !== "down";
      });
      const names = namesOf(view.graph, ids);
      if (left.length === 0 && what === "ready") return { type: "reached", result: { up: names } };
      if (left.length === 0) {
        const code = ids.map((id) => exitCode(id) ?? 0).find((code) => code !== 0) ?? 0;
        return { type: "reached", result: { down: names, exitCode: code } };
      }
      // Nobody waits for what has been given up; one that was only stopped may be asked for by somebody.
      const lost = what === "down" ? undefined : left.find((id) => {
        const { phase, why } = serviceOf(view, id);
        return phase.phase === "down" && (why?.reason === "failed" || why?.reason === "dependency");
      });
      const why = lost === undefined ? null : startFault(view, lost);
      return why === null ? { type: "waiting", on: left } : { type: "failed", fault: why };
    },
  };
}

/** A wish that services be down unless something still needs them. */
export function releaseGoal(ids: readonly ServiceId[]): Goal {
  return {
    look(view) {
      const kept = ids.filter((id) => wantsUp(serviceOf(view, id), view.state));
      const outlook = downGoal(ids.filter((id) => !kept.includes(id))).look(view);
      if (outlook.type !== "reached" || kept.length === 0) return outlook;
      return { type: "reached", result: { kept: namesOf(view.graph, kept) } };
    },
  };
}

/** Everything is to be down. */
export const endGoal: Goal = {
  look(view) {
    if (view.state.ended) return { type: "reached", result: { ended: true } };
    return { type: "waiting", on: busyServices(view) };
  },
};

/** Who needs services, directly or not, is wanted up and is none of them. */
export function needersOf(view: View, ids: readonly ServiceId[]): ServiceId[] {
  const reached = new Set(ids);
  const needers: ServiceId[] = [];
  for (const id of reached) {
    const needed = serviceOf(view, id);
    for (const edge of nodeOf(view.graph, id).dependents) {
      const service = serviceOf(view, edge.id);
      if (!isNeed(edge, needed) || reached.has(edge.id) || !wantsUp(service, view.state)) continue;
      reached.add(edge.id);
      needers.push(edge.id);
    }
  }
  return needers;
}

/** The refusal to stop services that others need. */
export function neededFault(view: View, ids: readonly ServiceId[], needers: readonly ServiceId[]): Fault {
  const message = `cannot stop ${listed(namesOf(view.graph, ids))}: needed by ${
    listed(namesOf(view.graph, needers), 20)
  }`;
  return fault("refused", message, "stop these first, or all of them by --force");
}
