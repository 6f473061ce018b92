import type { Json } from "../define/json.ts";
import { settleLog } from "../define/log.ts";
import type { Millis } from "../define/time.ts";
import { type Graph, type Node, nodeOf, type ServiceId } from "../graph/graph.ts";
import type { ServiceState, State } from "../supervisor/mod.ts";
import { namesOf, type View, whyJson } from "./words.ts";

/** How the boot stands, and which system it is. */
export interface BootStanding {
  readonly generation: string;
  readonly state: "booting" | "ok" | "degraded" | "failed";
  readonly startedAt: Millis;
  readonly finishedAt: Millis | null;
}

/**
 * The state as `status` shows it, as text. A service whose state has not
 * changed is not written again, so that asking often costs next to nothing.
 */
export class StatusText {
  readonly #graph: Graph;
  readonly #written: { state: ServiceState; text: string }[] = [];
  #last: { state: State | null; text: string } = { state: null, text: "" };

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  /** The answer to `status`, about the services of `ids`, or about all. */
  render(
    boot: BootStanding,
    { state, now }: Pick<View, "state" | "now">,
    ids: readonly ServiceId[] | null,
  ): string {
    const services = ids === null
      ? this.#all(state)
      : ids.map((id) => this.#service(id, state.services[id]!)).join(",");
    const head = {
      generation: boot.generation,
      pid: Deno.pid,
      boot: {
        state: boot.state,
        startedNs: nanoseconds(boot.startedAt),
        finishedNs: boot.finishedAt === null ? null : nanoseconds(boot.finishedAt),
      },
      nowNs: nanoseconds(now),
      ending: state.ending,
    };
    return `${JSON.stringify(head).slice(0, -1)},"services":[${services}]}`;
  }

  #all(state: State): string {
    if (this.#last.state !== state) {
      this.#last = { state, text: state.services.map((service, id) => this.#service(id, service)).join(",") };
    }
    return this.#last.text;
  }

  #service(id: ServiceId, state: ServiceState): string {
    const known = this.#written[id];
    if (known?.state === state) return known.text;
    const text = JSON.stringify(serviceJson(this.#graph, nodeOf(this.#graph, id), state));
    this.#written[id] = { state, text };
    return text;
  }
}

function serviceJson(graph: Graph, { id, name, kind }: Node, service: ServiceState): Json {
  const { phase, since, restarts, why, output, pinned } = service;
  // A shutdown takes every wish away, so the service alone knows.
  const wanted = service.wanted !== "down" && pinned !== "down";
  return {
    name,
    kind,
    wanted: wanted ? "up" : "down",
    phase: phase.phase,
    ready: phase.phase === "up",
    pid: "pid" in phase ? phase.pid : null,
    sinceNs: nanoseconds(since),
    restarts,
    // The reason for going down stays with a service that is wanted again before it has gone.
    why: wanted && phase.phase === "up" ? null : whyJson(graph, id, why),
    output,
    pinned,
  };
}

/** The answer to `graph`. */
export function graphJson(graph: Graph): Json {
  return {
    services: graph.nodes.map(({ name, kind, dependencies }) => ({
      name,
      kind,
      dependencies: dependencies.map((edge) => ({ name: nodeOf(graph, edge.id).name, kind: edge.kind })),
    })),
    bundles: Object.fromEntries([...graph.bundles].map(([name, ids]) => [name, namesOf(graph, ids)])),
    boot: namesOf(graph, graph.boot),
  };
}

/** Where a service logs to, for whoever can read it there. */
export function logJson(graph: Graph, id: ServiceId, pathOf: (service: string) => string): Json {
  const { name, consumer, definition } = nodeOf(graph, id);
  if (consumer !== undefined) return { to: "service", service: nodeOf(graph, consumer).name };
  const { to } = settleLog(definition.log);
  return to === "file" ? { to, path: pathOf(name) } : { to };
}

/** Whole microseconds, in nanoseconds: what the clock tells. */
function nanoseconds(time: Millis): number {
  return Math.round(time * 1000) * 1000;
}
