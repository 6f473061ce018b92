import type { Millis } from "../../lib/define/time.ts";
import { Journal } from "../../lib/driver/journal.ts";
import type { Graph } from "../../lib/graph/mod.ts";
import type { Event, State } from "../../lib/supervisor/mod.ts";
import { keepLaws } from "../property/laws.ts";
import { work } from "./behaviour.ts";
import { behaviourOf, type Cast } from "./cast.ts";
import type { Entry, Stage } from "./stage.ts";
import { VirtualWorld } from "./virtual_world.ts";

/** Longer than any story takes. */
const day: Millis = 86_400_000;

/** A story in virtual time, every law of the property tests kept. */
export class VirtualStage implements Stage {
  readonly #world: VirtualWorld;
  readonly journal: Entry[] = [];

  constructor(graph: Graph, cast: Cast) {
    const roles = graph.nodes.map(({ name }) => cast[name]!);
    this.#world = new VirtualWorld(graph, (id, nth, role) => {
      return role === "undo" ? roles[id]!.undo ?? work : behaviourOf(roles[id]!, nth);
    });
    this.#world.now = 1000;
    keepLaws(this.#world);
    const lawful = this.#world.watch;
    const journal = new Journal(graph, (lines) => {
      for (const line of lines.trimEnd().split("\n")) this.journal.push(JSON.parse(line));
    });
    this.#world.watch = (moment) => {
      journal.noteEvent(moment.now, moment.event);
      for (const action of moment.actions) {
        if (action.type === "notify") journal.notePhase(moment.now, action.id, action.phase, action.why);
      }
      journal.flush();
      lawful(moment);
    };
  }

  get state(): State {
    return this.#world.state;
  }

  send(event: Event): void {
    this.#world.send(event);
  }

  kill(id: number, signal: string): void {
    this.#world.kill(this.#world.processOf(id)!, signal);
  }

  until(condition: () => boolean): Promise<boolean> {
    this.#world.settle(this.#world.now + day, condition);
    return Promise.resolve(condition());
  }

  pass(time: Millis): Promise<void> {
    this.#world.advanceTo(this.#world.now + time);
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
