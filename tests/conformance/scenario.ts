/**
 * Stories about services, told once and played in virtual time or with real
 * processes: what is asked for, what is waited for, and what must have come of it.
 */
import { assert } from "@std/assert";
import type { Millis } from "../../lib/define/time.ts";
import type { ServiceId } from "../../lib/graph/mod.ts";
import type { Phase, Power, ServiceState } from "../../lib/supervisor/mod.ts";
import { type Cast, graphOfCast } from "./cast.ts";
import { RealStage } from "./real_stage.ts";
import type { Entry, Stage } from "./stage.ts";
import { VirtualStage } from "./virtual_stage.ts";

/** What a story can say. Services go by their names. */
export class Scenario {
  readonly #stage: Stage;
  readonly #ids: ReadonlyMap<string, ServiceId>;

  constructor(stage: Stage, ids: ReadonlyMap<string, ServiceId>) {
    this.#stage = stage;
    this.#ids = ids;
  }

  start(...names: string[]): void {
    for (const name of names) this.#stage.send({ type: "start", id: this.#id(name) });
  }

  stop(name: string): void {
    this.#stage.send({ type: "stop", id: this.#id(name) });
  }

  release(name: string): void {
    this.#stage.send({ type: "release", id: this.#id(name) });
  }

  restart(name: string): void {
    this.#stage.send({ type: "restart", id: this.#id(name) });
  }

  pin(name: string, pinned: "up" | "down" | null): void {
    this.#stage.send({ type: "pin", id: this.#id(name), pinned });
  }

  shutdown(power: Power = "exit"): void {
    this.#stage.send({ type: "shutdown", power });
  }

  /** Somebody outside signals the process of a service. */
  kill(name: string, signal: string): void {
    this.#stage.kill(this.#id(name), signal);
  }

  /** Waits until a service is in a phase; down means down again. */
  async until(name: string, phase: Phase["phase"]): Promise<void> {
    const reached = () => this.phase(name) === phase && this.service(name).why?.reason !== "not-started";
    await this.when(reached, `${name} is ${phase}`);
  }

  /** Waits until something has happened to a service so many times, counted from the beginning. */
  async untilSeen(event: string, name: string, times = 1): Promise<void> {
    await this.when(() => this.count(event, name) >= times, `${event} was seen ${times} times of ${name}`);
  }

  /** Waits until the shutdown is complete. */
  async ended(): Promise<void> {
    await this.when(() => this.#stage.state.ended, "the shutdown is complete");
  }

  async when(condition: () => boolean, words: string): Promise<void> {
    assert(await this.#stage.until(condition), `it never came about that ${words}:\n${this.tell()}`);
  }

  async pass(time: Millis): Promise<void> {
    await this.#stage.pass(time);
  }

  phase(name: string): Phase["phase"] {
    return this.service(name).phase.phase;
  }

  service(name: string): ServiceState {
    return this.#stage.state.services[this.#id(name)]!;
  }

  /** What happened, of some kinds or to some service, in its order. */
  entries(event: string, name?: string): readonly Entry[] {
    return this.#stage.journal.filter((entry) =>
      entry.event === event && (name === undefined || entry.service === name)
    );
  }

  /** To whom something happened, in its order. */
  order(event: string): readonly string[] {
    return this.entries(event).map(({ service }) => service ?? "");
  }

  /** How often something happened to a service. */
  count(event: string, name: string): number {
    return this.entries(event, name).length;
  }

  /** How the last process of a service ended: its exit code, or the signal. */
  end(name: string): number | string | undefined {
    const status = this.entries("exited", name).at(-1)?.["status"] as
      | { code?: number; signal?: string }
      | undefined;
    return status?.code ?? status?.signal;
  }

  /** The first time that something happened to a service, on the clock. */
  time(event: string, name: string, nth = 0): Millis {
    return Number(this.entries(event, name)[nth]!["t"]) / 1e6;
  }

  /** The reason for being down by chain: service, service it fell with, and so on, and the first cause. */
  why(name: string): readonly string[] {
    const { why } = this.service(name);
    if (why?.reason !== "dependency") return [name, why?.reason ?? "none"];
    const on = [...this.#ids].find(([, id]) => id === why.on)![0];
    return [name, ...this.why(on)];
  }

  /** The whole journal as text. */
  tell(): string {
    return this.#stage.journal.map((entry) => JSON.stringify(entry)).join("\n");
  }

  #id(name: string): ServiceId {
    const id = this.#ids.get(name);
    if (id === undefined) throw new Error(`no service of this story is called ${name}`);
    return id;
  }
}

/** Makes a test of a story: in virtual time, and with real processes too if it is about processes. */
export function story(
  name: string,
  cast: Cast,
  tell: (scenario: Scenario) => void | Promise<void>,
  where: "virtual" | "both" = "virtual",
): void {
  const play = async (real: boolean) => {
    const graph = graphOfCast(cast);
    const stage: Stage = real ? new RealStage(graph) : new VirtualStage(graph, cast);
    try {
      await tell(new Scenario(stage, graph.ids));
    } finally {
      await stage.close();
    }
  };
  Deno.test(name, () => play(false));
  if (where === "both") {
    Deno.test({
      name: `${name}, with real processes`,
      fn: () => play(true),
      ignore: Deno.build.os !== "linux",
    });
  }
}
