/** How services stand, in words and as data: what `status`, `why` and whoever waits are told. */
import type { Json } from "../define/json.ts";
import type { Millis } from "../define/time.ts";
import { describeFailure, describeWhy } from "../driver/mod.ts";
import { type Edge, type Graph, nodeOf, type ServiceId } from "../graph/graph.ts";
import { isStuck, type ServiceState, type State, wantsUp, type Why } from "../supervisor/mod.ts";
import type { Cause } from "./fault.ts";

/** What is looked at: the system at one moment. */
export interface View {
  readonly graph: Graph;
  readonly state: State;
  readonly now: Millis;
  /** The last lines that a service has printed. */
  readonly tail: (service: string) => readonly string[];
  /** What a service says of itself; null if it says nothing. Default: none does. */
  readonly said?: (id: ServiceId) => string | null;
}

/** A service at this moment. */
export function serviceOf({ state }: View, id: ServiceId): ServiceState {
  return state.services[id]!;
}

/** The names of services. */
export function namesOf(graph: Graph, ids: Iterable<ServiceId>): string[] {
  return [...ids].map((id) => nodeOf(graph, id).name);
}

/** Names as text; those beyond a few are counted. */
export function listed(names: readonly string[], most = 5): string {
  const rest = names.length - most;
  return names.slice(0, most).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

/** A reason as data, with the name of the service that it speaks of, and in words. */
export function whyJson(graph: Graph, id: ServiceId, why: Why | null): Json {
  if (why === null) return null;
  const text = describeWhy(graph, id, why);
  return why.reason === "dependency" ? { ...why, on: nodeOf(graph, why.on).name, text } : { ...why, text };
}

/** How a service stands: `is up`, `waits for db`, `failed: exit code 1; next try in 0.8 s`. */
export function describeStanding(view: View, id: ServiceId): string {
  const { graph, now } = view;
  const service = serviceOf(view, id);
  const { phase, why, stopFault } = service;
  const reason = why === null ? "" : describeWhy(graph, id, why);
  switch (phase.phase) {
    case "up":
      if (phase.pid === null && nodeOf(graph, id).policy.triggered) return "is armed";
      return (nodeOf(graph, id).kind === "oneshot" ? "is done" : "is up") + wordsOf(view, id);
    case "starting": {
      const left = span(phase.deadline - now);
      return `starts for ${span(now - service.since)}, is given up in ${left}${wordsOf(view, id)}`;
    }
    case "stopping": {
      if (isStuck(service)) return reason;
      const then = {
        nothing: nodeOf(graph, id).policy.stopSignal,
        stop: "SIGKILL",
        kill: "nothing more to try",
      }[phase.sent];
      const doing = phase.process === "after" && phase.sent === "stop"
        ? "cleans up"
        : phase.process === "undo"
        ? "is undone"
        : phase.sent === "kill"
        ? "is killed"
        : "stops";
      return `${doing} for ${span(now - service.since)}, ${then} in ${span((phase.deadline ?? now) - now)}`;
    }
    case "backoff":
      return `failed: ${reason}; next try in ${span(phase.until - now)}`;
    case "blocked": {
      const awaited = awaitedBy(view, id);
      if (why?.reason === "failed") return `failed: ${reason}`;
      return awaited.length === 0 ? "is about to start" : `waits for ${listed(namesOf(graph, awaited))}`;
    }
    case "down":
      if (stopFault !== null) {
        return `is down: ${reason}; not cleanly: ${describeFailure(graph, id, stopFault)}`;
      }
      return `is down: ${reason}`;
  }
}

/** What a service says of itself, behind what we know of it. */
function wordsOf({ said }: View, id: ServiceId): string {
  const text = said?.(id) ?? null;
  return text === null ? "" : `; it says: ${text}`;
}

/** From a service that is not up to the first cause: whom it waits for, or fell with, and why that is not there. */
export function chainOf(view: View, id: ServiceId): ServiceId[] {
  const chain = [id];
  for (;;) {
    const last = chain.at(-1)!;
    const { phase, why } = serviceOf(view, last);
    if (phase.phase !== "down" && phase.phase !== "blocked") return chain;
    const next = why?.reason === "dependency"
      ? why.on
      : phase.phase === "blocked"
      ? awaitedBy(view, last)[0]
      : undefined;
    if (next === undefined || chain.includes(next)) return chain;
    chain.push(next);
  }
}

/** A chain in the form in which clients get it; the first cause comes with what it last printed. */
export function causesOf(view: View, chain: readonly ServiceId[]): Cause[] {
  return chain.map((id, index) => {
    const { name } = nodeOf(view.graph, id);
    const { phase, why } = serviceOf(view, id);
    return {
      service: name,
      phase: phase.phase,
      text: describeStanding(view, id),
      why: whyJson(view.graph, id, why),
      logs: index === chain.length - 1 && (phase.phase === "starting" || why?.reason === "failed")
        ? view.tail(name)
        : [],
    };
  });
}

/**
 * Who is awaited, for how long, and what comes next: `waits for db (starts for 12.0 s, is given up in 48.0 s); then
 * web starts`.
 *
 * @param ids Those that are awaited; each counts if it starts or stops, or else those that it waits for.
 */
export function describeAwaited(view: View, ids: Iterable<ServiceId>): string {
  const { graph } = view;
  const busy = new Set<ServiceId>();
  for (const id of ids) busy.add(chainOf(view, id).at(-1)!);
  const awaited = [...busy].map((id) => `${nodeOf(graph, id).name} (${describeStanding(view, id)})`);
  const starts = following(view, busy, "starting");
  const stops = following(view, busy, "stopping");
  const then = [
    ...starts.length === 0 ? [] : [`then ${listed(namesOf(graph, starts), 3)} may start`],
    ...stops.length === 0 ? [] : [`then ${listed(namesOf(graph, stops), 3)} may stop`],
  ];
  return [`waits for ${listed(awaited, 3)}`, ...then].join("; ");
}

/** Services that start or stop right now. */
export function busyServices({ state }: View): ServiceId[] {
  return state.services.flatMap((service, id) => {
    const { phase } = service.phase;
    return phase === "starting" || phase === "stopping" && !isStuck(service) ? [id] : [];
  });
}

/** What is waiting for those that start, or for those that stop. */
function following(view: View, busy: ReadonlySet<ServiceId>, what: "starting" | "stopping"): ServiceId[] {
  const found = new Set<ServiceId>();
  for (const id of busy) {
    if (serviceOf(view, id).phase.phase !== what) continue;
    const { dependencies, dependents } = nodeOf(view.graph, id);
    for (const edge of what === "starting" ? dependents : dependencies) {
      const { phase, wanted } = serviceOf(view, edge.id);
      const next = what === "starting"
        ? phase.phase === "blocked"
        : wanted === "down" && phase.phase === "up";
      if (next) found.add(edge.id);
    }
  }
  return [...found];
}

/** Whom a service that wants to start waits for: what it cannot do without comes first. */
function awaitedBy(view: View, id: ServiceId): ServiceId[] {
  const absent = nodeOf(view.graph, id).dependencies.filter((edge) =>
    serviceOf(view, edge.id).phase.phase !== "up"
  );
  const needs = absent.filter((edge) => isNeed(edge, serviceOf(view, edge.id)));
  // Nobody waits for what can be done without and is not wanted, or fails.
  const others = absent.filter((edge) => {
    const service = serviceOf(view, edge.id);
    return !needs.includes(edge) && wantsUp(service, view.state) && service.streak === 0;
  });
  return [...needs, ...others].map((edge) => edge.id);
}

/** Whether a service cannot do without a dependency, as the supervisor has it: a milestone may go once it has worked. */
export function isNeed({ kind }: Edge, { outputs }: ServiceState): boolean {
  return kind === "need" || kind === "milestone" && outputs === 0;
}

function span(time: Millis): string {
  return `${(Math.max(0, time) / 1000).toFixed(1)} s`;
}
