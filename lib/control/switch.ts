import type { ServiceId } from "../graph/graph.ts";
import { type Event, isSettled } from "../supervisor/mod.ts";
import { downGoal, type Goal, needersOf, type Outlook } from "./goal.ts";
import { fault } from "./fault.ts";
import { busyServices, namesOf, type View } from "./words.ts";

/** What a switch stands on. */
export interface Crossing {
  readonly post: (event: Event) => void;
  /** Becomes the other init; what the services named are asked for, whether or not they are down now. */
  readonly cross: (init: string, asked: readonly string[]) => void;
}

/**
 * A switch to another init: what cannot go on under it is taken down by this one, which knows how; then, in a moment
 * in which nothing is on its way up or down, this process becomes the other. If it comes to nothing, what was taken
 * down is started again.
 */
export class SwitchGoal implements Goal {
  readonly persistent = true;
  readonly #init: string;
  readonly #crossing: Crossing;
  readonly #asked: readonly ServiceId[];
  readonly #down: Goal;
  #late = false;

  /** Begins it. @param stops What cannot go on. */
  constructor(view: View, init: string, stops: readonly ServiceId[], crossing: Crossing) {
    this.#init = init;
    this.#crossing = crossing;
    this.#asked = view.state.services.flatMap(({ wanted }, id) => wanted === "asked" ? [id] : []);
    const all = [...needersOf(view, stops), ...stops];
    this.#down = downGoal(all);
    for (const id of all) crossing.post({ type: "stop", id });
  }

  look(view: View): Outlook {
    const { graph, state } = view;
    if (state.ending !== null) {
      return {
        type: "failed",
        fault: fault("ending", "cannot switch: everything is going down", "boot the other one"),
      };
    }
    const outlook = this.#late ? this.#timeout(view) : this.#down.look(view);
    if (outlook.type === "failed") this.#goBack();
    if (outlook.type !== "reached") return outlook;
    if (!isSettled(state)) return { type: "waiting", on: busyServices(view) };
    this.#crossing.cross(this.#init, namesOf(graph, this.#asked));
    return { type: "reached", result: { switching: this.#init } };
  }

  expire(): void {
    this.#late = true;
  }

  #timeout(view: View): Outlook {
    const awaited = namesOf(view.graph, busyServices(view)).join(", ") || "services that do not go down";
    return {
      type: "failed",
      fault: fault("timeout", `cannot switch in time: awaited are ${awaited}`, "see initctl status"),
    };
  }

  #goBack(): void {
    for (const id of this.#asked) this.#crossing.post({ type: "start", id });
  }
}
