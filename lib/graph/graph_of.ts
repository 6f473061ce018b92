import { defineService, type Service } from "../define/service.ts";
import { defineBundle, defineSystem, type Watchdog } from "../define/system.ts";
import { spawned } from "../readiness/spawned.ts";
import type { Graph } from "./graph.ts";
import { resolve } from "./resolve.ts";

/** A longrun with nothing special about it, for the tests of this folder. */
export function plain(deps: Record<string, Service> = {}): Service<null> {
  return defineService({ deps, run: () => ({ argv: ["/usr/bin/plain"] }), ready: spawned() });
}

/**
 * The graph of units that are known to resolve, for the tests of this folder.
 *
 * @param units The exports but the system; all services among them are booted unless `boot` names some.
 */
export function graphOf(
  units: Readonly<Record<string, Service>>,
  { boot = Object.values(units), watchdog }: { boot?: readonly Service[]; watchdog?: Watchdog } = {},
): Graph {
  const { graph, diagnostics } = resolve({
    ...units,
    default: defineSystem({ boot: defineBundle(boot), watchdog }),
  });
  if (graph === null) throw new Error(diagnostics.map(({ cause }) => cause).join("\n"));
  return graph;
}
