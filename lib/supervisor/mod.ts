/**
 * The supervisor: a pure state machine. What has happened goes in, what is to
 * be done comes out; it performs no I/O and has no clock, so whoever drives it
 * (the kernel, a test, a dry run, a replay) gets the same behaviour.
 *
 * May import: lib/graph, lib/define. Pure: no I/O, clock or randomness.
 *
 * @example
 * ```ts
 * import { defineBundle, defineService, defineSystem, spawned } from "denit";
 * import { resolve } from "../graph/mod.ts";
 * import { initialState, step } from "../supervisor/mod.ts";
 *
 * const web = defineService({ run: () => ({ argv: ["/usr/bin/web"] }), ready: spawned() });
 * const { graph } = resolve({ web, default: defineSystem({ boot: defineBundle([web]) }) });
 * if (graph === null) throw new Error("a good system");
 * const [state, actions] = step(graph, initialState(graph.nodes.length), { type: "start", id: 0 }, 0);
 * if (state.services[0]?.phase.phase !== "starting") throw new Error("it starts");
 * if (!actions.some((action) => action.type === "spawn")) throw new Error("it is to be spawned");
 * ```
 *
 * @module
 */
export { type CarriedState, carryState, isSettled } from "./carry.ts";
export { equalJson } from "./equal.ts";
export type { Action, Event } from "./event.ts";
export {
  deadline,
  type Failure,
  initialState,
  type Inputs,
  isLive,
  isStuck,
  type Phase,
  type Power,
  type ServiceState,
  type State,
  type Status,
  wantsUp,
  type Why,
} from "./state.ts";
export { step } from "./step.ts";
