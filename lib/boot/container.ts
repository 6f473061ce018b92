/** What is different in a container, whose whole purpose is one service or a few: `init boot --container`. */
import type { Log } from "../define/log.ts";
import type { Millis } from "../define/time.ts";
import { describeWhy } from "../driver/mod.ts";
import { type Graph, type Node, nodeOf, type ServiceId } from "../graph/graph.ts";
import { type SignalName, signalNumber } from "../os/mod.ts";
import type { Failure, Phase, State, Status, Why } from "../supervisor/mod.ts";

/** How long `docker stop` waits before it kills everything, unless it is told otherwise. */
const USUAL_PATIENCE: Millis = 10_000;

/** How a system is to be changed for a container. */
export interface ContainerSettings {
  /** Whether there is a folder for logs. Without one, they go to the standard output, for `docker logs`. */
  readonly logsToFiles: boolean;
  /** The longest that everything may take to stop, but for what oneshots undo; undefined if that is not bounded. */
  readonly stopWithin: Millis | undefined;
}

/** A container, of which the essential services are a part. */
export class Container {
  /** The system as it is there. */
  readonly graph: Graph;
  /** Signals of which those who send them to a container mean its program; what else it listens to ends it. */
  readonly forwards: readonly SignalName[] = ["SIGHUP", "SIGUSR1", "SIGUSR2", "SIGWINCH"];
  readonly #bounded: boolean;
  /** How the newest process of each essential service ended. */
  readonly #ended = new Map<ServiceId, Status>();
  #code: number | null = null;

  constructor(graph: Graph, { logsToFiles, stopWithin }: ContainerSettings) {
    const pace = Math.min(1, (stopWithin ?? Infinity) / longestStop(graph, "left out"));
    this.#bounded = stopWithin !== undefined;
    this.graph = {
      ...graph,
      nodes: graph.nodes.map((node) => ({
        ...node,
        policy: {
          ...node.policy,
          stopTimeout: node.policy.stopTimeout * pace,
          restart: graph.essential.includes(node.id) ? essentialRestart(node) : node.policy.restart,
        },
        definition: logsToFiles
          ? node.definition
          : { ...node.definition, log: consoleUnlessChosen(node.definition.log) },
      })),
    };
  }

  /** Notes how a process ended. */
  noteExit(id: ServiceId, status: Status): void {
    if (this.graph.essential.includes(id)) this.#ended.set(id, status);
  }

  /** Notes a phase of a service; returns what is to be said if that is the end of the container. */
  notePhase(state: State, id: ServiceId, phase: Phase, why: Why | null): string | null {
    if (this.#code !== null || state.ending !== null || !this.graph.essential.includes(id)) return null;
    const { name, kind } = nodeOf(this.graph, id);
    if (phase.phase === "up" && kind === "oneshot") {
      this.#code = 0;
      return `${name} has done its work`;
    }
    // Whoever is only renewed, or was stopped by somebody who wants to have a look, comes back.
    if (phase.phase !== "down" || state.services[id]?.wanted !== "down") return null;
    const [cause, reason] = firstCause(state, id, why);
    if (reason?.reason !== "failed" && reason?.reason !== "finished") return null;
    this.#code = codeOf(reason);
    const words = describeWhy(this.graph, cause, reason);
    if (cause === id) return `${name} has ended for good: ${words}`;
    // It has not ended well even if what it needs has.
    this.#code ||= 1;
    return `${name} cannot go on without ${nodeOf(this.graph, cause).name}: ${words}`;
  }

  /** What is to be said of the end that somebody asks for: those who wait for it may not know how long it can take. */
  patience(): string {
    const longest = longestStop(this.graph, "counted");
    if (this.#bounded || longest < USUAL_PATIENCE) return "";
    return `, which may take ${longest / 1000} s; docker stop waits ${
      USUAL_PATIENCE / 1000
    } s, see --stop-within`;
  }

  /**
   * The exit code that essential services have given the container; null if nothing is to be said of them.
   *
   * They may have been asked to end: then a signal that does so politely, or an exit code that repeats it, is good.
   */
  get exitCode(): number | null {
    if (this.#code !== null) return this.#code;
    for (const [id, status] of this.#ended) {
      const asked = 128 + signalNumber(nodeOf(this.graph, id).policy.stopSignal as SignalName);
      const code = statusCode(status);
      if (code !== 0 && code !== asked) return code;
    }
    return null;
  }
}

/** The longest that a stop of everything may take, if all end at the last moment that they are given. */
function longestStop(graph: Graph, undos: "counted" | "left out"): Millis {
  const totals: Millis[] = [];
  for (const { id, kind, policy, dependents } of graph.nodes.toReversed()) {
    const before = Math.max(0, ...dependents.map((edge) => totals[edge.id]!));
    const { stopTimeout, startTimeout, undo } = policy;
    // A oneshot that is up has nothing that could be stopped, and while its process runs nobody waits to stop before it.
    if (kind === "oneshot" && !undo) totals[id] = Math.max(stopTimeout, before);
    else totals[id] = before + stopTimeout + (undo && undos === "counted" ? startTimeout : 0);
  }
  return Math.max(0, ...totals);
}

/** An essential service ends its container, unless its unit says that it shall be tried again. */
function essentialRestart({ definition, policy }: Node): Node["policy"]["restart"] {
  const { on, giveUp } = definition.restart;
  return on === undefined && giveUp === undefined ? { ...policy.restart, on: "never" } : policy.restart;
}

function consoleUnlessChosen(log: Log): Log {
  return log.to === undefined ? { ...log, to: "console" } as Log : log;
}

/** Follows the chain of lost dependencies to the service that was the first to be down. */
function firstCause(state: State, id: ServiceId, why: Why | null): [ServiceId, Why | null] {
  while (why?.reason === "dependency") {
    id = why.on;
    why = state.services[id]?.why ?? null;
  }
  return [id, why];
}

function codeOf(why: Extract<Why, { reason: "failed" | "finished" }>): number {
  return why.reason === "finished" ? statusCode(why.status) : failureCode(why.failure);
}

/** As shells and container runtimes have it: 127 if there is no such program, 126 if it cannot be started. */
function failureCode(failure: Failure): number {
  if (failure.type === "spawn") return failure.code === "ENOENT" ? 127 : 126;
  // What goes to the background before it is ready ends with 0, and has failed all the same.
  return failure.type === "exit" ? statusCode(failure.status) || (failure.ready ? 0 : 1) : 1;
}

function statusCode(status: Status): number {
  return "code" in status ? status.code : 128 + signalNumber(status.signal as SignalName);
}
