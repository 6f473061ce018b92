/**
 * What can be known to be wrong with a system at rest, before anybody boots it. No part of the init binary.
 *
 * May import: lib/graph, lib/readiness, lib/define. Pure: no I/O, clock or randomness.
 *
 * @example
 * ```ts
 * import { defineBundle, defineService, defineSystem, spawned } from "denit";
 * import { check } from "../check/mod.ts";
 * import { resolve } from "../graph/mod.ts";
 *
 * const web = defineService({ run: () => ({ argv: ["/usr/bin/web"] }), ready: spawned() });
 * const { graph } = resolve({ web, default: defineSystem({ boot: defineBundle([web]) }) });
 * if (graph === null || check(graph).length > 0) throw new Error("a good system");
 * ```
 *
 * @module
 */
export { check } from "./check.ts";
