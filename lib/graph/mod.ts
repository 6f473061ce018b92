/**
 * The graph of a system: resolved from the exports of a units module, ordered, bounded.
 *
 * May import: lib/kinds, lib/readiness, lib/define. Pure: no I/O, clock or randomness.
 *
 * @example
 * ```ts
 * import { defineBundle, defineService, defineSystem, spawned } from "denit";
 * import { resolve } from "../graph/mod.ts";
 *
 * const web = defineService({ run: () => ({ argv: ["/usr/bin/web"] }), ready: spawned() });
 * const { graph } = resolve({ web, default: defineSystem({ boot: defineBundle([web]) }) });
 * if (graph === null) throw new Error("a good system");
 * ```
 *
 * @module
 */
export { type Bound, longest, renderPath, shutdownBound, startBounds, stopBounds } from "./bounds.ts";
export { cyclesIn } from "./cycle.ts";
export { diffSystems, type Portrait, portray, type SettingTexts, type SystemDiff } from "./diff.ts";
export { type Diagnostic, renderDiagnostic } from "./diagnostic.ts";
export {
  type BootWatchdog,
  type Edge,
  type Graph,
  type Node,
  nodeOf,
  type Policy,
  type ServiceId,
} from "./graph.ts";
export { type ImportCycle, importCycleFound, importCycles } from "./import_cycle.ts";
export { nameFault, serviceName } from "./name.ts";
export { closure, waves } from "./order.ts";
export { originOf, whereDefined } from "./origin.ts";
export { placeholder, settled } from "./placeholder.ts";
export { type Resolution, resolve } from "./resolve.ts";
export { restCommand, restHook, restUndo } from "./rest_command.ts";
export { killGrace, settlePolicy } from "./settle_policy.ts";
