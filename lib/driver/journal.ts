import type { Json } from "../define/json.ts";
import type { Millis } from "../define/time.ts";
import { type Graph, nodeOf } from "../graph/graph.ts";
import type { Event, Phase, Why } from "../supervisor/mod.ts";

/** What an entry of the journal has beside its time and its event. */
export type Details = { readonly [key: string]: Json | undefined };

/**
 * Every service of a graph with what it waits for, whoever others depend on first: with it a journal that was carried
 * off still tells who waited for whom.
 *
 * `{"name": ..., "kind": ..., "needs": [names], "optional": [names], "milestone": [names], "after": [names]}`; empty
 * lists are left out.
 */
export function cast(graph: Graph): Json {
  return graph.nodes.map(({ name, kind, dependencies }) => {
    const waitsFor: { [list: string]: string[] } = {};
    for (const edge of dependencies) {
      const list = edge.kind === "need" ? "needs" : edge.kind;
      (waitsFor[list] ??= []).push(nodeOf(graph, edge.id).name);
    }
    return { name, kind, ...waitsFor };
  });
}

/** Where the journal's lines go. */
export type Sink = (lines: string) => void;

/** Told of every entry when it is made, with its line of text. */
export type Tap = (
  line: string,
  event: string,
  service: string | null,
  details: Details,
) => void;

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
  #count: number;
  #tap: Tap | null = null;

  /** @param entries How many there are already. */
  constructor(graph: Graph, sink: Sink, entries = 0) {
    this.#graph = graph;
    this.#sink = sink;
    this.#count = entries;
  }

  /** How many entries there are: the number of the next one, counted from 0 as the lines are. */
  get count(): number {
    return this.#count;
  }

  /** Lets somebody follow the entries from now on. */
  follow(tap: Tap): void {
    this.#tap = tap;
  }

  /** Notes something that is about one service, or about none. */
  note(now: Millis, event: string, service: string | null, details: Details = {}): void {
    // Nanoseconds beyond 2^53 would take 104 days of uptime: the digits are put together as text.
    const micros = Math.round(now * 1000);
    const t = micros === 0 ? "0" : `${micros}000`;
    const name = service === null ? "" : `,"service":${JSON.stringify(service)}`;
    const rest = JSON.stringify(details);
    const line = `{"t":${t},"event":"${event}"${name}${rest === "{}" ? "" : "," + rest.slice(1, -1)}}`;
    this.#pending += `${line}\n`;
    this.#tap?.(line, event, service, details);
    this.#count++;
  }

  /** Notes what the supervisor is told. */
  noteEvent(now: Millis, event: Event): void {
    // Time passes without an entry, and whoever wants more of it may say so every moment.
    if (event.type === "tick" || event.type === "extended") return;
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
