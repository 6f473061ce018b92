import type { Millis } from "../define/time.ts";
import { describeFailure, describeWhy } from "../driver/mod.ts";
import { type Graph, nodeOf, type ServiceId } from "../graph/graph.ts";
import type { Phase, State, Why } from "../supervisor/mod.ts";

/** Tells the story of a boot in lines that a person can follow. */
export class Narrator {
  readonly #graph: Graph;
  readonly #say: (now: Millis, text: string) => void;
  readonly #width: number;
  /** When each service began what it is doing now. */
  readonly #since: (Millis | undefined)[] = [];
  /** Services that were armed when they were last told of. */
  readonly #armed = new Set<ServiceId>();

  constructor(graph: Graph, say: (now: Millis, text: string) => void) {
    this.#graph = graph;
    this.#say = say;
    this.#width = Math.min(32, Math.max(8, ...graph.nodes.map(({ name }) => name.length)));
  }

  /** Tells that a service has entered a phase, if that is worth telling. */
  tell(state: State, id: ServiceId, phase: Phase, why: Why | null, now: Millis): void {
    const text = this.#words(state, id, phase, why, now);
    if (phase.phase !== "blocked") this.#since[id] = now;
    if (text !== null) this.#say(now, `${nodeOf(this.#graph, id).name.padEnd(this.#width)}  ${text}`);
  }

  #words(state: State, id: ServiceId, phase: Phase, why: Why | null, now: Millis): string | null {
    const took = this.#took(id, now);
    switch (phase.phase) {
      case "blocked":
        return why?.reason === "failed"
          ? `failed: ${describeWhy(this.#graph, id, why)}`
          : this.#waiting(state, id);
      case "starting": {
        // What is triggered is armed first, which is not worth a line of its own.
        if (nodeOf(this.#graph, id).policy.triggered) return this.#armed.delete(id) ? "runs" : null;
        const again = phase.attempt > 1 ? ` again (attempt ${phase.attempt})` : "";
        return `starts${again}`;
      }
      case "up":
        if (phase.pid === null && nodeOf(this.#graph, id).policy.triggered) {
          this.#armed.add(id);
          return state.services[id]?.outputs === 1 && phase.attempt === 1
            ? "armed"
            : `armed again after ${took}`;
        }
        return nodeOf(this.#graph, id).kind === "oneshot" ? `done after ${took}` : `ready after ${took}`;
      case "stopping": {
        if (phase.after === null) return "stops";
        const failure = describeFailure(this.#graph, id, phase.after);
        return phase.process === "after"
          ? `ended: ${failure}; its after command runs`
          : `failed: ${failure}; its process is ended`;
      }
      case "backoff": {
        const pause = ((phase.until - now) / 1000).toFixed(1);
        return `${
          why === null ? "failed" : `failed: ${describeWhy(this.#graph, id, why)}`
        }; next try in ${pause} s`;
      }
      case "down":
        return this.#down(state, id, why, took);
    }
  }

  #waiting(state: State, id: ServiceId): string | null {
    // A service that can start at once passes through this phase; that is not worth a line.
    if (state.services[id]?.phase.phase !== "blocked") return null;
    const { dependencies } = nodeOf(this.#graph, id);
    const awaited = dependencies.filter((edge) => state.services[edge.id]?.phase.phase !== "up");
    if (awaited.length === 0) return null;
    return `waits for ${awaited.map((edge) => nodeOf(this.#graph, edge.id).name).join(", ")}`;
  }

  #down(state: State, id: ServiceId, why: Why | null, took: string): string | null {
    const fault = state.services[id]?.stopFault ?? null;
    const unclean = fault === null ? "" : `; not cleanly: ${describeFailure(this.#graph, id, fault)}`;
    if (why === null || why.reason === "stopped") {
      return this.#since[id] === undefined ? null : `down after ${took}${unclean}`;
    }
    return `${why.reason === "finished" ? "" : "down: "}${describeWhy(this.#graph, id, why)}${unclean}`;
  }

  #took(id: ServiceId, now: Millis): string {
    return `${((now - (this.#since[id] ?? now)) / 1000).toFixed(3)} s`;
  }
}
