/**
 * What the tests of a unit author see, by the bare specifier `denit/testing`:
 * a boot of the real supervisor on a virtual machine, with virtual time and
 * with processes that fail as told.
 *
 * May import: lib/boot, lib/driver, lib/os/fake, lib/os, lib/check, lib/supervisor, lib/graph,
 * lib/define, lib/log.
 *
 * @example
 * ```ts
 * import { defineBundle, defineService, defineSystem, spawned } from "denit";
 * import { scenario } from "denit/testing";
 *
 * const web = defineService({ run: () => ({ argv: ["/usr/bin/web"] }), ready: spawned() });
 * const boot = await scenario({ web, default: defineSystem({ boot: defineBundle([web]) }) });
 * if (boot.started.join() !== "web") throw new Error("it starts");
 * ```
 *
 * @module
 */
export {
  cannotExec,
  type Child,
  crashes,
  exitsBeforeReady,
  ignoresTerm,
  isStuck,
  lingers,
  longrun as neverReady,
  notifies,
  oneshot,
} from "../os/fake/mod.ts";
export type { Outcome, Step } from "./outcome.ts";
export { type Behaviour, type Happening, ideal, scenario, type ScenarioSettings } from "./scenario.ts";
