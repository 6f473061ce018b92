import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { topological } from "./topological.ts";

Deno.test("topological() puts dependencies first, and equals in the order of their names", () => {
  assertEquals(topological(new Map([["c", []], ["a", [["b"]]], ["b", []]])), ["b", "a", "c"]);
});

Deno.test("topological() holds each name once, after all it leads to, whatever the order of the map", () => {
  const graph = fc.array(fc.array(fc.nat(30), { maxLength: 4 }), { maxLength: 20 }).map((lists) =>
    lists.map((list, index): [string, [string][]] => [
      `n${index}`,
      list.filter((target) => target < index).map((target) => [`n${target}`]),
    ])
  );
  fc.assert(fc.property(graph, (entries) => {
    const order = topological(new Map(entries));
    assertEquals([...order].sort(), entries.map(([name]) => name).sort());
    for (const [name, targets] of entries) {
      for (const [target] of targets) assert(order.indexOf(target) < order.indexOf(name));
    }
    assertEquals(topological(new Map([...entries].reverse())), order);
  }));
});
