/**
 * The cycles of a graph, one for each group of services that need each other,
 * each as a walk that ends where it began.
 *
 * @param edges The dependencies of each service: name first, whatever else after it.
 */
export function cyclesIn(
  edges: ReadonlyMap<string, readonly (readonly [string, ...unknown[]])[]>,
): readonly (readonly string[])[] {
  const cycles: string[][] = [];
  // White is absent. The stack is explicit, as chains may be thousands long.
  const grey = new Set<string>();
  const black = new Set<string>();
  for (const root of edges.keys()) {
    const path: [name: string, next: number][] = black.has(root) ? [] : [[root, 0]];
    grey.add(root);
    while (path.length > 0) {
      const top = path[path.length - 1]!;
      const next = edges.get(top[0])?.[top[1]++]?.[0];
      if (next === undefined) {
        grey.delete(top[0]);
        black.add(top[0]);
        path.pop();
      } else if (grey.has(next)) {
        const start = path.findIndex(([name]) => name === next);
        cycles.push([...path.slice(start).map(([name]) => name), next]);
      } else if (!black.has(next) && edges.has(next)) {
        grey.add(next);
        path.push([next, 0]);
      }
    }
    grey.delete(root);
  }
  return cycles;
}
