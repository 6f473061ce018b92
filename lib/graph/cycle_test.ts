import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { cyclesIn } from "./cycle.ts";

type Edges = Map<string, [string][]>;

function edgesOf(text: Readonly<Record<string, string>>): Edges {
  return new Map(
    Object.entries(text).map(([name, targets]) => [name, [...targets].map((target) => [target])]),
  );
}

Deno.test("cyclesIn() finds a walk that ends where it began", () => {
  assertEquals(cyclesIn(edgesOf({ a: "b", b: "a" })), [["a", "b", "a"]]);
  assertEquals(cyclesIn(edgesOf({ a: "b", b: "c", c: "b" })), [["b", "c", "b"]]);
  assertEquals(cyclesIn(edgesOf({ a: "a" })), [["a", "a"]]);
});

Deno.test("cyclesIn() finds none where there is none", () => {
  assertEquals(cyclesIn(edgesOf({})), []);
  assertEquals(cyclesIn(edgesOf({ a: "bc", b: "d", c: "d", d: "" })), []);
  assertEquals(cyclesIn(edgesOf({ a: "x" })), [], "a name that is no key leads nowhere");
});

Deno.test("cyclesIn() names one short walk for each group, and every group", () => {
  const found = cyclesIn(edgesOf({ a: "bc", b: "c", c: "da", d: "a", e: "f", f: "e" }));
  assertEquals(found, [["a", "c", "a"], ["e", "f", "e"]]);
});

/** The nodes that can reach themselves, by following every edge again and again. */
function onCycles(edges: Edges): ReadonlySet<string> {
  const reach = (from: string) => {
    const seen = new Set<string>();
    const queue = [from];
    for (const name of queue) {
      for (const [next] of edges.get(name) ?? []) if (!seen.has(next)) queue.push(next) && seen.add(next);
    }
    return seen;
  };
  return new Set([...edges.keys()].filter((name) => reach(name).has(name)));
}

Deno.test("cyclesIn() finds a cycle of each group exactly where a naive search finds one", () => {
  const graph = fc.array(fc.array(fc.nat(7), { maxLength: 3 }), { minLength: 1, maxLength: 8 }).map((lists) =>
    new Map(
      lists.map((
        list,
        index,
      ) => [`n${index}`, list.map((target): [string] => [`n${target % lists.length}`])]),
    )
  );
  fc.assert(fc.property(graph, (edges) => {
    const naive = onCycles(edges);
    const cycles = cyclesIn(edges);
    assertEquals(cycles.length === 0, naive.size === 0);
    const covered = new Set<string>();
    for (const walk of cycles) {
      assertEquals(walk[0], walk.at(-1));
      assertEquals(new Set(walk).size, walk.length - 1, "no node is passed twice");
      walk.slice(1).forEach((name, index) => {
        assert(edges.get(walk[index]!)!.some(([target]) => target === name), `${walk} is no walk`);
        assert(naive.has(name));
        covered.add(name);
      });
    }
    // Once the walks are cut out of the graph, what is left over was in the same groups.
    for (const name of naive) {
      const reaches = (from: string, to: string) => {
        const queue = [from];
        for (const at of queue) {
          for (const [next] of edges.get(at)!) if (!queue.includes(next)) queue.push(next);
        }
        return queue.includes(to);
      };
      assert(
        [...covered].some((other) => reaches(name, other) && reaches(other, name)),
        `${name} was left out`,
      );
    }
  }));
});

Deno.test("cyclesIn() goes through a chain of 100,000 without running out of stack", () => {
  const chain: Edges = new Map();
  for (let index = 0; index < 100_000; index++) chain.set(`n${index}`, [[`n${index + 1}`]]);
  assertEquals(cyclesIn(chain), []);
  chain.set("n100000", [["n0"]]);
  assertEquals(cyclesIn(chain)[0]?.length, 100_002);
});
