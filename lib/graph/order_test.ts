import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { after, milestone, optional } from "../define/dependency.ts";
import { defineService, type Service } from "../define/service.ts";
import { spawned } from "../readiness/spawned.ts";
import { graphOf, plain } from "../../tests/fixtures/graph_of.ts";
import { closure, waves } from "./order.ts";

Deno.test("closure() follows every kind of dependency but `after`", () => {
  const [a, b, c, d, e] = [plain(), plain(), plain(), plain(), plain()];
  const top = defineService({
    deps: { a, b: optional(b), c: milestone(c), d: after(d) },
    run: () => ({ argv: ["/top"] }),
    ready: spawned(),
  });
  const graph = graphOf({ a, b, c, d, e, top });
  const found = closure(graph, [graph.ids.get("top")!]);
  assertEquals([...found].map((id) => graph.nodes[id]!.name).sort(), ["a", "b", "c", "top"]);
});

/** Graphs of up to 15 services, each depending on some of those before it. */
const graphs = fc.array(fc.array(fc.nat(14), { maxLength: 4 }), { minLength: 1, maxLength: 15 }).map(
  (lists) => {
    const services: Service<null>[] = [];
    for (const list of lists) {
      const chosen = [...new Set(list)].filter((target) => target < services.length);
      services.push(plain(Object.fromEntries(chosen.map((target) => [`d${target}`, services[target]!]))));
    }
    return graphOf(Object.fromEntries(services.map((service, index) => [`n${index}`, service])));
  },
);

Deno.test("waves() puts each service one wave after the last of its dependencies in the set", () => {
  fc.assert(fc.property(graphs, fc.array(fc.boolean(), { minLength: 15, maxLength: 15 }), (graph, chosen) => {
    const set = new Set(graph.nodes.map(({ id }) => id).filter((id) => chosen[id]));
    const result = waves(graph, set);
    assertEquals(new Set(result.flat()), set);
    assertEquals(result.flat().length, set.size);
    const waveOf = (id: number): number =>
      1 + Math.max(
        -1,
        ...graph.nodes[id]!.dependencies.filter((edge) => set.has(edge.id)).map((edge) => waveOf(edge.id)),
      );
    result.forEach((wave, index) => wave.forEach((id) => assertEquals(waveOf(id), index)));
  }));
});
