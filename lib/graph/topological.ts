/**
 * The names of a graph without cycles, each after all that it leads to; among
 * equals by name, so that the same graph always gives the same order.
 */
export function topological(
  edges: ReadonlyMap<string, readonly (readonly [string, ...unknown[]])[]>,
): readonly string[] {
  const order: string[] = [];
  const placed = new Set<string>();
  // An explicit stack: a chain of thousands of services is deeper than the call stack may be.
  for (const root of [...edges.keys()].sort()) {
    const stack: [name: string, next: number][] = placed.has(root) ? [] : [[root, 0]];
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      const dependency = edges.get(top[0])![top[1]++]?.[0];
      if (dependency !== undefined) {
        if (!placed.has(dependency)) stack.push([dependency, 0]);
        continue;
      }
      stack.pop();
      if (placed.has(top[0])) continue;
      placed.add(top[0]);
      order.push(top[0]);
    }
  }
  return order;
}
