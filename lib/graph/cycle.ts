/** What each node leads to: names first, whatever else after them. */
type Edges = ReadonlyMap<string, readonly (readonly [string, ...unknown[]])[]>;

/**
 * The cycles of a graph, one for each group of nodes that all lead to each
 * other, each as a walk that ends where it began. Of a group it is a shortest
 * walk through the node that the map names first.
 *
 * @example
 * ```ts
 * import { cyclesIn } from "../graph/mod.ts";
 *
 * const edges = new Map([["a", [["b"]]], ["b", [["a"], ["c"]]], ["c", []]] as [string, [string][]][]);
 * if (cyclesIn(edges).join() !== "a,b,a") throw new Error("a leads to itself");
 * ```
 *
 * @param edges What each node leads to; a name that is no key of the map leads nowhere.
 * @returns The walks, such as `["a", "b", "a"]`, in the order of the map; empty if there is no cycle.
 */
export function cyclesIn(edges: Edges): readonly (readonly string[])[] {
  const groupOf = groups(edges);
  const done = new Set<number>();
  const cycles: (readonly string[])[] = [];
  for (const name of edges.keys()) {
    const group = groupOf.get(name)!;
    if (done.has(group)) continue;
    done.add(group);
    const walk = walkBack(name, edges, (other) => groupOf.get(other) === group);
    if (walk !== null) cycles.push(walk);
  }
  return cycles;
}

/** The strongly connected components, by Tarjan's algorithm, as a number for each node. */
function groups(edges: Edges): ReadonlyMap<string, number> {
  const group = new Map<string, number>();
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const open: string[] = [];
  for (const root of edges.keys()) {
    if (index.has(root)) continue;
    // The stack is explicit, as chains may be thousands long.
    const path: [name: string, next: number][] = [];
    const enter = (name: string) => {
      index.set(name, index.size);
      low.set(name, index.get(name)!);
      open.push(name);
      path.push([name, 0]);
    };
    enter(root);
    while (path.length > 0) {
      const top = path[path.length - 1]!;
      const [name] = top;
      const next = edges.get(name)![top[1]++]?.[0];
      if (next !== undefined) {
        if (!edges.has(next)) continue;
        if (!index.has(next)) enter(next);
        else if (!group.has(next)) low.set(name, Math.min(low.get(name)!, index.get(next)!));
        continue;
      }
      path.pop();
      const parent = path[path.length - 1]?.[0];
      if (parent !== undefined) low.set(parent, Math.min(low.get(parent)!, low.get(name)!));
      if (low.get(name) !== index.get(name)) continue;
      for (let member = open.pop(); member !== undefined; member = open.pop()) {
        group.set(member, index.get(name)!);
        if (member === name) break;
      }
    }
  }
  return group;
}

/** A shortest walk from a node back to itself, or null if there is none. */
function walkBack(start: string, edges: Edges, within: (name: string) => boolean): readonly string[] | null {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const name of queue) {
    for (const [next] of edges.get(name) ?? []) {
      if (next === start) {
        const walk = [start];
        for (let at: string | undefined = name; at !== undefined && at !== start; at = cameFrom.get(at)) {
          walk.push(at);
        }
        return [...walk, start].reverse();
      }
      if (!within(next) || cameFrom.has(next)) continue;
      cameFrom.set(next, name);
      queue.push(next);
    }
  }
  return null;
}
