import type { Diagnostic } from "../graph/diagnostic.ts";
import type { Graph, Node } from "../graph/graph.ts";
import { whereDefined } from "../graph/origin.ts";

/** Takes one thing that is wrong with a service, or, for null, with the whole system. */
export type Report = (node: Node | null, setting: string, cause: string, cure: string) => void;

/** A {@linkcode Report} that appends to a list. */
export function reportTo(found: Diagnostic[], graph: Graph): Report {
  return (node, setting, cause, cure) => {
    const origin = node === null ? null : whereDefined(graph, node);
    found.push({ service: node?.name ?? null, origin, setting, cause, cure });
  };
}
