import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Restart } from "../define/policy.ts";
import { defineService, type Service } from "../define/service.ts";
import { notificationFd } from "../readiness/notification_fd.ts";
import { longest, renderPath, startBounds, stopBounds } from "./bounds.ts";
import type { Graph } from "./graph.ts";
import { graphOf } from "../../tests/fixtures/graph_of.ts";

function longrun(
  deps: Record<string, Service>,
  timeout: number,
  stop = 10_000,
  restart: Restart = {},
): Service {
  return defineService({
    deps,
    run: () => ({ argv: ["/l"] }),
    ready: notificationFd(3, { timeout }),
    stop: { timeout: stop },
    restart,
  });
}

const all = (graph: Graph) => new Set(graph.ids.values());

function ownStart(restart: Restart): number {
  const graph = graphOf({ a: longrun({}, 1000, 2000, restart) });
  return startBounds(graph, all(graph)).get(0)!.own;
}

Deno.test("startBounds() is one attempt for a service that never gives up, or is never restarted", () => {
  assertEquals(ownStart({}), 1000);
  assertEquals(ownStart({ on: "never" }), 1000);
});

Deno.test("startBounds() has every attempt, every stop and every pause of a service that gives up", () => {
  // An attempt takes 1 s, and may take 2 s and 5 s of grace to end.
  assertEquals(ownStart({ giveUp: { after: 1 } }), 1000 + 8000);
  assertEquals(
    ownStart({ giveUp: { after: 3 }, delay: 100, backoff: 10, max: 500 }),
    1000 + 8000 + 8100 + 8500,
  );
  assertEquals(ownStart({ giveUp: { after: 3 }, delay: 100, backoff: 1 }), 1000 + 8000 + 8100 + 8100);
});

Deno.test("startBounds() has what comes after each attempt that failed, and no time of its own for what goes before", () => {
  const hook = () => ({ argv: ["/h"] }) as const;
  const service = (hooks: { before?: typeof hook; after?: typeof hook }) =>
    defineService({
      run: () => ({ argv: ["/l"] }),
      ready: notificationFd(3, { timeout: 1000 }),
      stop: { timeout: 2000 },
      restart: { giveUp: { after: 1 } },
      ...hooks,
    });
  const bounds = (hooks: { before?: typeof hook; after?: typeof hook }) => {
    const graph = graphOf({ a: service(hooks) });
    return [startBounds(graph, all(graph)).get(0)!.own, stopBounds(graph, all(graph)).get(0)!.own];
  };
  assertEquals(bounds({}), [1000 + 8000, 7000]);
  assertEquals(bounds({ before: hook }), [1000 + 8000, 7000]);
  assertEquals(bounds({ after: hook }), [1000 + 8000 + 7000, 14_000]);
});

Deno.test("startBounds() ends however many attempts there may be", () => {
  const bound = ownStart({ giveUp: { after: 1e12 }, delay: 100, backoff: 2, max: 1e4 });
  assert(bound > 1e12 * 18_000 - 1e6 && bound < 1e12 * 18_000 + 1e6, `${bound}`);
  assertEquals(ownStart({ giveUp: { after: Infinity } }), Infinity);
  assert(Number.isNaN(ownStart({ giveUp: { after: 1e12 }, backoff: NaN, delay: NaN })));
});

Deno.test("stopBounds() counts the undo of a oneshot, and goes from dependents to dependencies", () => {
  const base = defineService({
    kind: "oneshot",
    run: () => ({ argv: ["/up"] }),
    undo: () => ({ argv: ["/down"] }),
    timeout: 3000,
    stop: { timeout: 1000 },
  });
  const graph = graphOf({ base, top: longrun({ base }, 1000, 2000) });
  const bounds = stopBounds(graph, all(graph));
  const [baseId, topId] = [graph.ids.get("base")!, graph.ids.get("top")!];
  assertEquals(bounds.get(topId), { own: 7000, total: 7000, path: [topId] });
  assertEquals(bounds.get(baseId), { own: 10_000, total: 17_000, path: [topId, baseId] });
});

const timed = fc.array(
  fc.record({ deps: fc.array(fc.nat(8), { maxLength: 3 }), timeout: fc.integer({ min: 1, max: 50 }) }),
  { minLength: 1, maxLength: 9 },
).map((list) => {
  const services: Service[] = [];
  for (const { deps, timeout } of list) {
    const chosen = [...new Set(deps)].filter((target) => target < services.length);
    const record = Object.fromEntries(chosen.map((target) => [`d${target}`, services[target]!]));
    services.push(longrun(record, timeout * 1000, timeout * 100));
  }
  return graphOf(Object.fromEntries(services.map((service, index) => [`n${index}`, service])));
});

for (
  const [name, bounds, before] of [
    ["startBounds()", startBounds, "dependencies"],
    ["stopBounds()", stopBounds, "dependents"],
  ] as const
) {
  Deno.test(`${name} is the longest of all paths, and names one that is as long`, () => {
    fc.assert(fc.property(timed, fc.array(fc.boolean(), { minLength: 9, maxLength: 9 }), (graph, chosen) => {
      const set = new Set(graph.nodes.map(({ id }) => id).filter((id) => chosen[id]));
      const found = bounds(graph, set);
      assertEquals(new Set(found.keys()), set);
      const brute = (id: number): number => {
        const others = graph.nodes[id]![before].filter((edge) => set.has(edge.id)).map((edge) =>
          brute(edge.id)
        );
        return found.get(id)!.own + Math.max(0, ...others);
      };
      for (const [id, { total, path }] of found) {
        assertEquals(total, brute(id));
        assertEquals(path.at(-1), id);
        assertEquals(path.reduce((sum, step) => sum + found.get(step)!.own, 0), total);
        path.slice(1).forEach((step, index) =>
          assert(graph.nodes[step]![before].some((edge) => edge.id === path[index]))
        );
      }
    }));
  });
}

Deno.test("longest() finds the longest bound, renderPath() shows its path with times", () => {
  const a = longrun({}, 15_000);
  const graph = graphOf({ a, b: longrun({ a }, 60_000), c: longrun({}, 70_000) });
  const bounds = startBounds(graph, all(graph));
  assertEquals(renderPath(graph, bounds, longest(bounds.values())!.path), "a (15 s) -> b (60 s)");
  assertEquals(longest([]), null);
});
