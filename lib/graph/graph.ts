import type { DependencyKind } from "../define/dependency.ts";
import type { Consequence } from "../define/policy.ts";
import type { Definition, Kind } from "../define/service.ts";
import type { Signal } from "../define/signal.ts";
import type { HardwareWatchdog, OnFailure } from "../define/system.ts";
import type { Millis } from "../define/time.ts";

/** A service's place in {@linkcode Graph.nodes}: whatever it depends on has a smaller one. */
export type ServiceId = number;

/** One end of a dependency, seen from the other. */
export interface Edge {
  readonly id: ServiceId;
  readonly kind: DependencyKind;
  /** The name that the dependent's `run` knows the dependency by. */
  readonly key: string;
}

/** A service's settings with every default filled in. Times are milliseconds. */
export interface Policy {
  /** Longest time from the spawn until it must be ready, or, for a oneshot, done. */
  readonly startTimeout: Millis;
  readonly stopSignal: Signal;
  readonly stopTimeout: Millis;
  /** By how much, in all, its process may prolong its start or its stop. */
  readonly extend: Millis;
  readonly restart: {
    readonly on: "always" | "on-failure" | "never";
    readonly delay: Millis;
    readonly backoff: number;
    readonly max: Millis;
    readonly reset: Millis;
    readonly giveUp:
      | { readonly after: number; readonly within: Millis | null; readonly then: Consequence }
      | null;
    readonly permanent: readonly number[];
  };
  /** Whether going down takes a process of its own. */
  readonly undo: boolean;
  /** Whether it is up without a process until something triggers that one: a point in time, or a connection. */
  readonly triggered: boolean;
}

/** A service in the graph. */
export interface Node {
  readonly id: ServiceId;
  readonly name: string;
  readonly kind: Kind;
  readonly policy: Policy;
  readonly definition: Definition;
  /** The service that reads what this one prints; there is an edge to it. */
  readonly consumer?: ServiceId | undefined;
  readonly dependencies: readonly Edge[];
  readonly dependents: readonly Edge[];
}

/** What judges the boot, with services resolved. */
export interface BootWatchdog {
  readonly success: readonly ServiceId[];
  readonly deadline: Millis;
  readonly statusFile: (generation: string) => string;
  readonly onFailure: OnFailure;
}

/** A system whose every name is resolved. It is immutable. */
export interface Graph {
  readonly nodes: readonly Node[];
  readonly ids: ReadonlyMap<string, ServiceId>;
  /** The members of each bundle by the bundle's name, without what they need. */
  readonly bundles: ReadonlyMap<string, readonly ServiceId[]>;
  /** The members of the boot bundle. */
  readonly boot: readonly ServiceId[];
  readonly watchdog: BootWatchdog | null;
  readonly hardwareWatchdog: HardwareWatchdog | null;
  /** The services whose end is that of a container. */
  readonly essential: readonly ServiceId[];
  /** Whether every user of the machine may look by `initctl`. */
  readonly everybodyReads: boolean;
  /** Where each service was defined, by name, where the stack no longer tells: in a compiled binary. */
  readonly origins: Readonly<Record<string, string>>;
}

/**
 * The node of an id that came from the same graph.
 *
 * @example
 * ```ts
 * import { defineBundle, defineService, defineSystem, spawned } from "denit";
 * import { nodeOf, resolve } from "../graph/mod.ts";
 *
 * const db = defineService({ run: () => ({ argv: ["/usr/bin/db"] }), ready: spawned() });
 * const web = defineService({ deps: { db }, run: () => ({ argv: ["/usr/bin/web"] }), ready: spawned() });
 * const { graph } = resolve({ db, web, default: defineSystem({ boot: defineBundle([web]) }) });
 * if (nodeOf(graph!, 0).name !== "db") throw new Error("dependencies come first");
 * ```
 */
export function nodeOf(graph: Graph, id: ServiceId): Node {
  return graph.nodes[id]!;
}
