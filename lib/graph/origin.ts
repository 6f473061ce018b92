import type { Definition } from "../define/service.ts";
import type { Graph, Node } from "./graph.ts";

const denit = new URL("../", import.meta.url).href;

/**
 * Where a service was defined, as `path:line`, or null where the stack does not tell.
 *
 * @example
 * ```ts
 * import { definition } from "../define/service.ts";
 * import { mount } from "denit";
 * import { originOf } from "../graph/mod.ts";
 *
 * const origin = originOf(mount({ device: "tmpfs", path: "/scratch" })[definition]);
 * if (origin !== null && !/:\d+$/.test(origin)) throw new Error("a path and a line");
 * ```
 */
export function originOf(definition: Definition): string | null {
  const frames = definition.defined.stack?.matchAll(/(file:\/\/[^\s()]+?):(\d+):\d+/g) ?? [];
  for (const [, url, line] of frames) {
    if (!url!.startsWith(denit) || url!.endsWith("_test.ts")) {
      return `${decodeURI(new URL(url!).pathname)}:${line}`;
    }
  }
  return null;
}

/** Where a service was defined, `path:line`, or null where nobody can tell. */
export function whereDefined(graph: Graph, node: Node): string | null {
  return graph.origins[node.name] ?? originOf(node.definition);
}
