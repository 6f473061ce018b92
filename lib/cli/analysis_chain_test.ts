import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { daemon } from "../../tests/conformance/behaviour.ts";
import { VirtualWorld } from "../../tests/conformance/virtual_world.ts";
import { failed, journal, retried } from "../../tests/fixtures/boots.ts";
import { journalOf } from "../../tests/fixtures/journal_of.ts";
import { graphOf } from "../../tests/property/graph_of.ts";
import { plans, play, worldFor } from "../../tests/property/plan.ts";
import { howOften } from "../../tests/property/run.ts";
import { criticalChain, type Link, slacks } from "./analysis_chain.ts";
import { type Timeline, timelineOf } from "./analysis_timeline.ts";

const shown = (chain: readonly Link[] | null) =>
  chain?.map(({ service, waited, from, to, result }) =>
    `${service} ${Math.round(waited)} ${Math.round(from)}-${Math.round(to)} ${result}`
  );

Deno.test("criticalChain() goes back from the last service over those it waited for", () => {
  assertEquals(shown(criticalChain(timelineOf(retried)!)), [
    "disk 5 5-105 ready",
    "db 0 105-405 ready",
    "web 2 407-507 ready",
  ]);
});

Deno.test("criticalChain() leads to any service, also to one that never started", () => {
  assertEquals(shown(criticalChain(timelineOf(retried)!, "clock")), ["clock 5 5-25 ready"]);
  assertEquals(shown(criticalChain(timelineOf(failed)!, "mail")), [
    "network 10 10-60 failed",
    "mail 0 60-60 blocked",
  ]);
  assertEquals(criticalChain(timelineOf(retried)!, "spare"), null, "nobody wanted it");
  assertEquals(criticalChain(timelineOf(retried)!, "nobody"), null);
});

Deno.test("criticalChain() of a boot that failed leads to whom it waited for in vain", () => {
  assertEquals(shown(criticalChain(timelineOf(failed)!)), ["slow 20 20-8000 pending"]);
});

Deno.test("criticalChain() knows that a failure lets go those that can do without", () => {
  assertEquals(shown(criticalChain(timelineOf(failed)!, "cron")), [
    "network 10 10-60 failed",
    "cron 0 60-70 ready",
  ]);
});

Deno.test("criticalChain() blames no dependency for what came before anybody wanted the service", () => {
  const text = journal([{ name: "a", kind: "longrun" }, { name: "b", kind: "longrun", needs: ["a"] }], [
    [1, "starting", "a"],
    [2, "up", "a"],
    [50, "blocked", "b"],
    [50, "starting", "b"],
    [60, "up", "b"],
    [60, "booted", null, { state: "ok" }],
  ]);
  assertEquals(shown(criticalChain(timelineOf(text)!)), ["b 50 50-60 ready"]);
});

Deno.test("criticalChain() counts the last time a dependency came up, and a milestone's first", () => {
  const happenings = [
    [1, "starting", "a"],
    [2, "up", "a"],
    [3, "blocked", "b"],
    [3, "blocked", "c"],
    [3, "starting", "b"],
    [5, "stopping", "a", { why: { reason: "stopped", by: "operator" } }],
    [6, "down", "a"],
    [7, "starting", "a"],
    [8, "up", "b"],
    [9, "up", "a"],
    [9, "starting", "c"],
    [10, "up", "c"],
    [10, "booted", null, { state: "ok" }],
  ] as const;
  const services = (kind: string) => [
    { name: "a", kind: "longrun" },
    { name: "b", kind: "longrun" },
    {
      name: "c",
      kind: "longrun",
      needs: ["b"],
      [kind]: ["a"],
      ...(kind === "needs" ? { needs: ["b", "a"] } : {}),
    },
  ];
  assertEquals(shown(criticalChain(timelineOf(journal(services("needs"), happenings))!)), [
    "a 7 7-9 ready",
    "c 0 9-10 ready",
  ]);
  assertEquals(shown(criticalChain(timelineOf(journal(services("milestone"), happenings))!)), [
    "b 3 3-8 ready",
    "c 1 9-10 ready",
  ]);
});

Deno.test("criticalChain() ends although a forged journal has a cycle", () => {
  const services = [{ name: "a", needs: ["b"] }, { name: "b", needs: ["a"] }];
  const text = journal(services, [
    [1, "starting", "a"],
    [1, "starting", "b"],
    [1, "up", "a"],
    [1, "up", "b"],
  ]);
  assertEquals(criticalChain(timelineOf(text)!)?.length, 2);
  assertEquals(slacks(timelineOf(text)!).size, 2);
});

Deno.test("slacks() are 0 on the critical chain, and the room that the others had", () => {
  const found = slacks(timelineOf(retried)!);
  assertEquals([...found].map(([name, slack]) => `${name} ${Math.round(slack)}`).sort(), [
    "clock 380",
    "db 0",
    "disk 0",
    "web 0",
  ]);
});

/** What has to hold for every chain of every journal. */
function checkChain(chain: readonly Link[], timeline: Timeline): void {
  let at = 0;
  for (const { waited, from, to } of chain) {
    assert(waited >= 0 && to >= from, `negative: ${JSON.stringify(chain)}`);
    assertAlmostEquals(from, at + waited, 1e-6);
    at = to;
  }
  const spent = chain.reduce((sum, { waited, from, to }) => sum + waited + to - from, 0);
  assertAlmostEquals(spent, chain.at(-1)!.to, 1e-6);
  assertEquals(new Set(chain.map(({ service }) => service)).size, chain.length, "nobody twice");
  const needs = new Map(timeline.services.map(({ name, dependencies }) => [name, dependencies]));
  chain.slice(1).forEach(({ service }, index) => {
    const reached = new Set([service]);
    for (const name of reached) for (const edge of needs.get(name) ?? []) reached.add(edge.name);
    assert(reached.has(chain[index]!.service), `${service} does not depend on ${chain[index]!.service}`);
  });
}

Deno.test("criticalChain() adds up to its end, and slacks() are never negative, whatever processes and people do", () => {
  const wild = plans({ services: 9, moves: 12, consequences: true });
  fc.assert(
    fc.property(wild, fc.nat(400), (plan, cut) => {
      const world = worldFor(plan);
      for (const { id } of world.graph.nodes) world.send({ type: "start", id });
      for (const move of plan.moves) play(world, move, true);
      world.settle(world.now + 100_000);
      const whole = journalOf(world);
      // As it is read while it is being written.
      for (const text of [whole, whole.slice(0, Math.max(20, whole.length - cut))]) {
        const timeline = timelineOf(text);
        if (timeline === null) continue;
        for (const { spans } of timeline.services) {
          spans.forEach(({ from, to }, index) => {
            assert(to >= from && from >= 0);
            if (index > 0) assertEquals(from, spans[index - 1]!.to);
          });
        }
        for (const name of [undefined, ...timeline.services.map(({ name }) => name)]) {
          const chain = criticalChain(timeline, name);
          if (chain !== null) checkChain(chain, timeline);
        }
        for (const slack of slacks(timeline).values()) assert(slack >= 0);
      }
    }),
    howOften(300),
  );
});

const policy = {
  startTimeout: 60_000,
  stopSignal: "SIGTERM",
  stopTimeout: 1000,
  extend: 0,
  restart: { on: "always", delay: 200, backoff: 2, max: 1000, reset: 1000, giveUp: null, permanent: [] },
  undo: false,
  triggered: false,
} as const;

/** A boot in which every service is ready so long after its start. */
function boot(edges: readonly (readonly number[])[], delays: readonly number[]): Timeline {
  const nodes = edges.map((targets, id) => ({
    kind: "longrun" as const,
    policy,
    edges: id === 0 ? [] : [...new Set(targets.map((to) => to % id))].map((to) => [to, "need"] as const),
  }));
  const world = new VirtualWorld(graphOf(nodes), (id) => ({ ...daemon, readyAfter: delays[id]! }));
  for (const { id } of world.graph.nodes) world.send({ type: "start", id });
  world.settle(1_000_000);
  return timelineOf(journalOf(world))!;
}

Deno.test("slacks() say exactly how much slower a service may be until the boot takes longer", () => {
  const service = fc.tuple(fc.array(fc.nat(20), { maxLength: 3 }), fc.integer({ min: 1, max: 500 }));
  fc.assert(
    fc.property(fc.array(service, { minLength: 1, maxLength: 10 }), fc.nat(9), (services, chosen) => {
      const edges = services.map(([targets]) => targets), delays = services.map(([, delay]) => delay);
      const id = chosen % services.length;
      const timeline = boot(edges, delays);
      const found = slacks(timeline);
      assertEquals(found.size, services.length);
      for (const { service } of criticalChain(timeline)!) assertEquals(found.get(service), 0, service);
      const slack = found.get(`s${id}`)!;
      const slower = (by: number) => boot(edges, delays.with(id, delays[id]! + by)).end;
      assertEquals(slower(slack), timeline.end);
      assertEquals(slower(slack + 7), timeline.end + 7);
    }),
    howOften(200),
  );
});
