import { buildInfo } from "../boot/build_info.ts";
import { renderDiagnostic } from "../graph/diagnostic.ts";
import type { Graph } from "../graph/graph.ts";
import { resolve } from "../graph/resolve.ts";

/** A system that cannot be used; the message is complete. */
export class BadSystem extends Error {
  override readonly name = "BadSystem";
}

/**
 * The graph of the units that this binary was built with.
 *
 * @throws {BadSystem} With all diagnostics. `build` refuses such units, so this is for those who run from source.
 */
export function loadGraph(units: Readonly<Record<string, unknown>>): Graph {
  const { graph, diagnostics } = resolve(units, buildInfo().origins);
  if (graph === null) throw new BadSystem(diagnostics.map(renderDiagnostic).join("\n"));
  return graph;
}
