import type { Diagnostic } from "./diagnostic.ts";
import type { Graph, Node } from "./graph.ts";
import { originOf } from "./origin.ts";

/** Takes one thing that is wrong with a service, or, for null, with the whole system. */
export type Report = (node: Node | null, setting: string, cause: string, cure: string) => void;

/** A {@linkcode Report} that appends to a list. */
export function reportTo(found: Diagnostic[], graph: Graph): Report {
  return (node, setting, cause, cure) => {
    const origin = node === null ? null : whereDefined(graph, node);
    found.push({ service: node?.name ?? null, origin, setting, cause, cure });
  };
}

/** Where a service was defined, `path:line`, or null where nobody can tell. */
export function whereDefined(graph: Graph, node: Node): string | null {
  return graph.origins[node.name] ?? originOf(node.definition);
}
