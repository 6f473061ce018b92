import { deadline } from "@std/async/deadline";
import { delay } from "@std/async/delay";
import type { Millis } from "../../lib/define/time.ts";
import { Driver, Journal, networkProber } from "../../lib/driver/mod.ts";
import type { Graph } from "../../lib/graph/mod.ts";
import { noLogs } from "../../lib/log/mod.ts";
import { linuxOs } from "../../lib/os/linux/mod.ts";
import type { Os } from "../../lib/os/mod.ts";
import type { Event, Power, State } from "../../lib/supervisor/mod.ts";
import type { Entry, Stage } from "./stage.ts";

/** How long a machine under load may take for anything that a story waits for. */
const patience: Millis = 30_000;

/** A story with real processes, driven by the driver that init has. */
export class RealStage implements Stage {
  readonly journal: Entry[] = [];
  readonly #os: Os = linuxOs();
  readonly #driver: Driver;
  readonly #done: Promise<Power | null>;
  readonly #faults: unknown[] = [];
  #waiting: (() => void)[] = [];

  constructor(graph: Graph) {
    const journal = new Journal(graph, (lines) => {
      for (const line of lines.trimEnd().split("\n")) this.journal.push(JSON.parse(line));
      for (const wake of this.#waiting.splice(0)) wake();
    });
    this.#driver = new Driver({
      graph,
      os: this.#os,
      prober: networkProber,
      habitat: { env: { PATH: "/usr/bin:/bin" }, cwd: null, self: ["/bin/false"] },
      journal,
      logs: noLogs,
      onPhase: () => {},
      onSignal: () => {},
      alarm: { due: () => null, ring: () => {} },
      onFault: (error) => this.#faults.push(error),
    });
    this.#done = this.#driver.run();
  }

  get state(): State {
    return this.#driver.state;
  }

  send(event: Event): void {
    this.#driver.post(event);
  }

  kill(id: number, signal: string): void {
    const { phase } = this.state.services[id]!;
    if (!("pid" in phase) || phase.pid === null) throw new Error(`service ${id} has no process to kill`);
    Deno.kill(phase.pid, signal as Deno.Signal);
  }

  async until(condition: () => boolean): Promise<boolean> {
    const met = async () => {
      while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    };
    try {
      await deadline(met(), patience);
      return true;
    } catch {
      return false;
    }
  }

  async pass(time: Millis): Promise<void> {
    await delay(time);
  }

  async close(): Promise<void> {
    // The second time hurries.
    if (!this.state.ended) {
      for (let time = 0; time < 2; time++) this.send({ type: "shutdown", power: "exit" });
    }
    await this.#done;
    this.#driver.dispose();
    // A signal listener that was taken away is only gone after a turn of the event loop.
    await delay(0);
    if (this.#faults.length > 0) throw this.#faults[0];
  }
}
