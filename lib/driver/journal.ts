import type { Json } from "../define/json.ts";
import type { Millis } from "../define/time.ts";
import { type Graph, nodeOf } from "../graph/graph.ts";
import type { Event, Phase, Why } from "../supervisor/mod.ts";

/** What an entry of the journal has beside its time and its event. */
export type Details = { readonly [key: string]: Json | undefined };

/** Where the journal's lines go. */
export type Sink = (lines: string) => void;

/**
 * The record of what happened, one JSON object a line:
 * `{"t": <CLOCK_MONOTONIC ns>, "event": ..., "service": ..., ...}`.
 *
 * Lines are gathered and written at the end of each turn of the driver, so
 * that no start waits for a disk.
 */
export class Journal {
  readonly #graph: Graph;
  readonly #sink: Sink;
  #pending = "";

  constructor(graph: Graph, sink: Sink) {
    this.#graph = graph;
    this.#sink = sink;
  }

  /** Notes something that is about one service, or about none. */
  note(now: Millis, event: string, service: string | null, details: Details = {}): void {
    // Nanoseconds beyond 2^53 would take 104 days of uptime: the digits are put together as text.
    const micros = Math.round(now * 1000);
    const t = micros === 0 ? "0" : `${micros}000`;
    const name = service === null ? "" : `,"service":${JSON.stringify(service)}`;
    const rest = JSON.stringify(details);
    this.#pending += `{"t":${t},"event":"${event}"${name}${rest === "{}" ? "" : "," + rest.slice(1, -1)}}\n`;
  }

  /** Notes what the supervisor is told. */
  noteEvent(now: Millis, event: Event): void {
    if (event.type === "tick") return;
    if (event.type === "shutdown") return this.note(now, "shutdown", null, { power: event.power });
    const { type, id, ...details } = event;
    this.note(now, type, nodeOf(this.#graph, id).name, details);
  }

  /** Notes that a service has entered a phase. */
  notePhase(now: Millis, id: number, phase: Phase, why: Why | null): void {
    const { name } = nodeOf(this.#graph, id);
    const { phase: event, ...details } = phase;
    this.note(now, event, name, why === null ? details : { ...details, why: this.name(why) });
  }

  /** A reason with the name, not the number, of the service that it speaks of. */
  name(why: Why): Details {
    return why.reason === "dependency" ? { ...why, on: nodeOf(this.#graph, why.on).name } : why;
  }

  /** Writes what was gathered. */
  flush(): void {
    if (this.#pending === "") return;
    const lines = this.#pending;
    this.#pending = "";
    this.#sink(lines);
  }
}
