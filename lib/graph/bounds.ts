import type { Millis } from "../define/time.ts";
import { type Graph, type Node, nodeOf, type ServiceId } from "./graph.ts";
import { killGrace } from "./settle_policy.ts";

/** The longest a service can take, alone and with all that comes before it. */
export interface Bound {
  /** The service's own longest time. */
  readonly own: Millis;
  /** From the start of everything until this service is through. */
  readonly total: Millis;
  /** The services on the longest path to it, itself last. */
  readonly path: readonly ServiceId[];
}

/**
 * The longest time until each service of a set is ready, if every start takes
 * as long as it may.
 *
 * A service that is restarted for ever has no worst case but its first
 * attempt; one that gives up has all its attempts and the pauses between them.
 *
 * @example
 * ```ts
 * import { defineBundle, defineService, defineSystem, spawned } from "denit";
 * import { resolve, startBounds } from "../graph/mod.ts";
 *
 * const db = defineService({ run: () => ({ argv: ["/usr/bin/db"] }), ready: spawned() });
 * const web = defineService({ deps: { db }, run: () => ({ argv: ["/usr/bin/web"] }), ready: spawned() });
 * const { graph } = resolve({ db, web, default: defineSystem({ boot: defineBundle([web]) }) });
 * const bound = startBounds(graph!, new Set([0, 1])).get(1);
 * if (bound?.total !== 2000 || bound.path.join() !== "0,1") throw new Error("1 s for each spawned()");
 * ```
 */
export function startBounds(graph: Graph, set: ReadonlySet<ServiceId>): ReadonlyMap<ServiceId, Bound> {
  const order = graph.nodes.filter((node) => set.has(node.id));
  return longestPaths(order, startBound, (node) => node.dependencies);
}

/**
 * The longest time until each service of a set is down, if all of them are to
 * go down at once: each has its stop timeout, and a grace after SIGKILL.
 *
 * @example
 * ```ts
 * import { defineBundle, defineService, defineSystem, spawned } from "denit";
 * import { resolve, stopBounds } from "../graph/mod.ts";
 *
 * const db = defineService({ run: () => ({ argv: ["/usr/bin/db"] }), ready: spawned() });
 * const web = defineService({ deps: { db }, run: () => ({ argv: ["/usr/bin/web"] }), ready: spawned() });
 * const { graph } = resolve({ db, web, default: defineSystem({ boot: defineBundle([web]) }) });
 * if (stopBounds(graph!, new Set([0, 1])).get(0)?.total !== 30_000) throw new Error("15 s for each, web first");
 * ```
 */
export function stopBounds(graph: Graph, set: ReadonlySet<ServiceId>): ReadonlyMap<ServiceId, Bound> {
  const order = graph.nodes.filter((node) => set.has(node.id)).reverse();
  return longestPaths(order, stopBound, (node) => node.dependents);
}

/**
 * Of a set of bounds, the longest; null for none.
 *
 * @example
 * ```ts
 * import { defineBundle, defineService, defineSystem, spawned } from "denit";
 * import { longest, resolve, startBounds } from "../graph/mod.ts";
 *
 * const db = defineService({ run: () => ({ argv: ["/usr/bin/db"] }), ready: spawned() });
 * const web = defineService({ deps: { db }, run: () => ({ argv: ["/usr/bin/web"] }), ready: spawned() });
 * const { graph } = resolve({ db, web, default: defineSystem({ boot: defineBundle([web]) }) });
 * if (longest(startBounds(graph!, new Set([0, 1])).values())?.path.at(-1) !== 1) throw new Error("web is last");
 * ```
 */
export function longest(bounds: Iterable<Bound>): Bound | null {
  let found: Bound | null = null;
  for (const bound of bounds) if (found === null || bound.total > found.total) found = bound;
  return found;
}

/**
 * A path as text: `a (15 s) -> b (60 s)`.
 *
 * @example
 * ```ts
 * import { defineBundle, defineService, defineSystem, spawned } from "denit";
 * import { renderPath, resolve, startBounds } from "../graph/mod.ts";
 *
 * const db = defineService({ run: () => ({ argv: ["/usr/bin/db"] }), ready: spawned() });
 * const web = defineService({ deps: { db }, run: () => ({ argv: ["/usr/bin/web"] }), ready: spawned() });
 * const { graph } = resolve({ db, web, default: defineSystem({ boot: defineBundle([web]) }) });
 * const bounds = startBounds(graph!, new Set([0, 1]));
 * if (renderPath(graph!, bounds, [0, 1]) !== "db (1 s) -> web (1 s)") throw new Error("both with times");
 * ```
 */
export function renderPath(
  graph: Graph,
  bounds: ReadonlyMap<ServiceId, Bound>,
  path: readonly ServiceId[],
): string {
  return path.map((id) => `${nodeOf(graph, id).name} (${bounds.get(id)!.own / 1000} s)`).join(" -> ");
}

/** Whatever goes before the process has its share of the start timeout; what comes after an end has a time of its own. */
function startBound({ policy, definition }: Node): Millis {
  const extension = extensionOf(definition);
  // Up is here armed, which takes no time.
  if (policy.triggered) return 0;
  const attempt = policy.startTimeout + extension;
  const { on, delay, backoff, max, giveUp } = policy.restart;
  if (on === "never" || giveUp === null) return attempt;
  const end = policy.stopTimeout + extension + killGrace;
  const failed = attempt + end + (definition.hooks.after === null ? 0 : end);
  let total = attempt;
  let before = -1;
  for (let restart = 1; restart <= giveUp.after; restart++) {
    // The first restart comes at once.
    const pause = restart === 1 ? 0 : Math.min(max, delay * backoff ** (restart - 2));
    // Once the pause grows no further, neither does the loop: nobody limits how often one may try.
    if (!(pause > before)) return total + (failed + pause) * (giveUp.after - restart + 1);
    total += failed + pause;
    before = pause;
  }
  return total;
}

/**
 * A process has its stop timeout and a grace after SIGKILL, and so has what
 * comes after it. So has an undo, after the timeout of the oneshot. A oneshot that is told to end while
 * it starts may still do its work, which then has to be undone.
 */
function stopBound({ kind, policy, definition }: Node): Millis {
  const end = policy.stopTimeout + extensionOf(definition) + killGrace;
  if (definition.hooks.after !== null) return 2 * end;
  return kind === "oneshot" && policy.undo ? policy.stopTimeout + policy.startTimeout + end : end;
}

/** How much longer a process may take at its own wish, where its unit says so: the default is for emergencies. */
function extensionOf({ ready }: Node["definition"]): Millis {
  return ready?.mailbox?.extend ?? 0;
}

function longestPaths(
  order: readonly Node[],
  ownBound: (node: Node) => Millis,
  before: (node: Node) => readonly { readonly id: ServiceId }[],
): ReadonlyMap<ServiceId, Bound> {
  // A path is kept as a link to its predecessor, as whole paths would take quadratic room.
  const totals = new Map<ServiceId, { own: Millis; total: Millis; previous: ServiceId | null }>();
  for (const node of order) {
    let previous: ServiceId | null = null;
    let longestBefore = 0;
    for (const { id } of before(node)) {
      const total = totals.get(id)?.total ?? -1;
      if (total > longestBefore) [previous, longestBefore] = [id, total];
    }
    const own = ownBound(node);
    totals.set(node.id, { own, total: longestBefore + own, previous });
  }
  const bounds = new Map<ServiceId, Bound>();
  for (const [id, { own, total }] of totals) {
    bounds.set(id, {
      own,
      total,
      get path() {
        const path: ServiceId[] = [];
        for (let at: ServiceId | null = id; at !== null; at = totals.get(at)!.previous) path.push(at);
        return path.reverse();
      },
    });
  }
  return bounds;
}

/**
 * The longest time that a shutdown of everything can take.
 *
 * @example
 * ```ts
 * import { defineBundle, defineService, defineSystem, spawned } from "denit";
 * import { resolve, shutdownBound } from "../graph/mod.ts";
 *
 * const db = defineService({ run: () => ({ argv: ["/usr/bin/db"] }), ready: spawned() });
 * const web = defineService({ deps: { db }, run: () => ({ argv: ["/usr/bin/web"] }), ready: spawned() });
 * const { graph } = resolve({ db, web, default: defineSystem({ boot: defineBundle([web]) }) });
 * if (shutdownBound(graph!) !== 30_000) throw new Error("15 s for each, web first");
 * ```
 *
 * @returns Milliseconds; finite for every graph that {@linkcode check} has nothing against.
 */
export function shutdownBound(graph: Graph): number {
  return longest(stopBounds(graph, new Set(graph.nodes.keys())).values())?.total ?? 0;
}
