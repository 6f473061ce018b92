import type { Json } from "../define/json.ts";
import { describeFailure, type Driver, notesOf, type Notice, socketsOf } from "../driver/mod.ts";
import { settleLog } from "../define/log.ts";
import type { Millis } from "../define/time.ts";
import { type Graph, type Node, nodeOf, type ServiceId } from "../graph/graph.ts";
import type { ServiceState, State } from "../supervisor/mod.ts";
import { namesOf, type View, whyJson } from "./words.ts";

/** What the driver knows of services beside their state. */
type Known = Pick<Driver, "notify" | "containment" | "timers">;

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
  readonly #driver: Known;
  readonly #written: { state: ServiceState; notice: Notice | null; text: string }[] = [];
  #last: { state: State | null; revision: number; text: string } = { state: null, revision: 0, text: "" };

  constructor(graph: Graph, driver: Known) {
    this.#graph = graph;
    this.#driver = driver;
  }

  /** The answer to `status`, about the services of `ids`, or about all. */
  render(
    boot: BootStanding,
    { state, now }: Pick<View, "state" | "now">,
    ids: readonly ServiceId[] | null,
    usage = false,
  ): string {
    const services = usage
      ? (ids ?? state.services.keys().toArray()).map((id) => this.#counted(id, state)).join(",")
      : ids === null
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
    const { revision } = this.#driver.notify;
    if (this.#last.state !== state || this.#last.revision !== revision) {
      const text = state.services.map((service, id) => this.#service(id, service)).join(",");
      this.#last = { state, revision, text };
    }
    return this.#last.text;
  }

  /** A service with what it uses, which is looked up anew each time. */
  #counted(id: ServiceId, state: State): string {
    const text = this.#service(id, state.services[id]!);
    return `${text.slice(0, -1)},"usage":${JSON.stringify(this.#driver.containment.usage(id))}}`;
  }

  #service(id: ServiceId, state: ServiceState): string {
    const known = this.#written[id];
    const notice = this.#driver.notify.noticeOf(id);
    if (known?.state === state && known.notice === notice) return known.text;
    const { containment } = this.#driver;
    const contained = {
      contained: containment.of(id),
      unenforced: containment.unenforced(id),
      nextRun: isoTime(this.#driver.timers.nextOf(id)),
    };
    const text = JSON.stringify(serviceJson(this.#graph, nodeOf(this.#graph, id), state, notice, contained));
    this.#written[id] = { state, notice, text };
    return text;
  }
}

function serviceJson(
  graph: Graph,
  node: Node,
  service: ServiceState,
  notice: Notice | null,
  containment: { readonly [key: string]: Json },
): Json {
  const { id, name, kind } = node;
  const { phase, since, restarts, why, output, pinned, lastFailure } = service;
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
    ...containment,
    sockets: socketsOf(node),
    lastFailure: lastFailure === null ? null : {
      ...lastFailure.failure,
      text: describeFailure(graph, id, lastFailure.failure),
      atNs: nanoseconds(lastFailure.at),
    },
    status: notice?.text ?? null,
    notes: notice === null ? [] : notesOf(notice),
  };
}

/** A point in time as text, to the second. */
function isoTime(time: Millis | null): string | null {
  return time === null
    ? null
    : Temporal.Instant.fromEpochMilliseconds(Math.round(time)).toString({ smallestUnit: "second" });
}

/** The answer to `graph`. */
export function graphJson(graph: Graph): Json {
  return {
    services: graph.nodes.map(({ name, kind, dependencies, definition }) => ({
      name,
      kind,
      verbs: Object.keys(definition.hooks.verbs),
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
