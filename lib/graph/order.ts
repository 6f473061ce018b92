import type { Graph, ServiceId } from "./graph.ts";
import { nodeOf } from "./graph.ts";

/**
 * What starting `roots` starts: them, and all that they need, want, or have as a milestone.
 *
 * @example
 * ```ts
 * import { defineBundle, defineService, defineSystem, spawned } from "denit";
 * import { closure, resolve } from "../graph/mod.ts";
 *
 * const db = defineService({ run: () => ({ argv: ["/usr/bin/db"] }), ready: spawned() });
 * const web = defineService({ deps: { db }, run: () => ({ argv: ["/usr/bin/web"] }), ready: spawned() });
 * const { graph } = resolve({ db, web, default: defineSystem({ boot: defineBundle([web]) }) });
 * if (closure(graph!, graph!.boot).size !== 2) throw new Error("web and what it needs");
 * ```
 */
export function closure(graph: Graph, roots: Iterable<ServiceId>): ReadonlySet<ServiceId> {
  const found = new Set(roots);
  for (const id of found) {
    for (const edge of nodeOf(graph, id).dependencies) if (edge.kind !== "after") found.add(edge.id);
  }
  return found;
}

/**
 * The services of a set in waves: each wave waits for services of earlier ones only, and cannot be earlier.
 *
 * @example
 * ```ts
 * import { defineBundle, defineService, defineSystem, spawned } from "denit";
 * import { resolve, waves } from "../graph/mod.ts";
 *
 * const db = defineService({ run: () => ({ argv: ["/usr/bin/db"] }), ready: spawned() });
 * const web = defineService({ deps: { db }, run: () => ({ argv: ["/usr/bin/web"] }), ready: spawned() });
 * const { graph } = resolve({ db, web, default: defineSystem({ boot: defineBundle([web]) }) });
 * if (waves(graph!, new Set([0, 1])).length !== 2) throw new Error("db, then web");
 * ```
 */
export function waves(graph: Graph, set: ReadonlySet<ServiceId>): readonly (readonly ServiceId[])[] {
  const result: ServiceId[][] = [];
  const waveOf = new Map<ServiceId, number>();
  for (const { id, dependencies } of graph.nodes) {
    if (!set.has(id)) continue;
    let wave = 0;
    for (const edge of dependencies) wave = Math.max(wave, (waveOf.get(edge.id) ?? -1) + 1);
    waveOf.set(id, wave);
    (result[wave] ??= []).push(id);
  }
  return result;
}
