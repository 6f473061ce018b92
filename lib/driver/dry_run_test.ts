import { assertEquals, assertMatch } from "@std/assert";
import { defineService, type Deps, json, notificationFd, optional, script, spawned, tcpProbe } from "denit";
import { nodeOf } from "../graph/mod.ts";
import { graphOf } from "../../tests/fixtures/graph_of.ts";
import { dryRun } from "./dry_run.ts";

const daemon = <D extends Deps>(deps: D) =>
  defineService({ deps, run: () => ({ argv: ["/bin/daemon"] }), ready: notificationFd(3) });

Deno.test("dryRun() starts in waves and stops in reverse", async () => {
  const a = daemon({});
  const b = daemon({ a });
  const c = daemon({ a });
  const d = daemon({ b, c });
  const graph = graphOf({ a, b, c, d });
  const run = await dryRun(graph);
  const names = (ids: readonly number[]) => ids.map((id) => nodeOf(graph, id).name);
  assertEquals(run.waves.map(names), [["a"], ["b", "c"], ["d"]]);
  assertEquals(names(run.stopOrder), ["d", "b", "c", "a"]);
  assertEquals(run.faults, []);
});

Deno.test("dryRun() needs no program, port or output to be real", async () => {
  const key = script({ run: () => ({ path: "/key" }) });
  const mount = defineService({
    kind: "oneshot",
    run: () => ({ argv: ["/no/mount"] }),
    output: json<{ at: string }>(),
  });
  const web = defineService({
    deps: { key, mount: optional(mount) },
    run: ({ key, mount }) => ({ argv: ["/no/web", key.path, mount?.at ?? "none"] }),
    ready: tcpProbe({ port: 1 }),
  });
  const run = await dryRun(graphOf({ key, mount, web }));
  assertEquals([run.order.length, run.faults.length], [3, 0]);
});

Deno.test("dryRun() calls run, and reports what it throws", async () => {
  const bad = defineService({
    run: () => {
      throw new Error("not like this");
    },
    ready: spawned(),
  });
  const { faults } = await dryRun(graphOf({ bad }));
  assertEquals(faults.length, 1);
  assertMatch(faults[0]!.why, /not like this/);
});

Deno.test("dryRun() of nothing ends", async () => {
  assertEquals((await dryRun(graphOf({}))).order, []);
});

Deno.test("dryRun() goes by what runs before and after processes without a word", async () => {
  const hook = ({ base }: { base: { port: number } }) => ({ argv: ["/hook", `${base.port}`] }) as const;
  const base = defineService({ run: () => ({ argv: ["/b"] }), ready: tcpProbe({ port: 80 }) });
  const a = defineService({
    deps: { base },
    run: () => ({ argv: ["/a"] }),
    ready: spawned(),
    before: hook,
    after: hook,
    stop: { command: hook },
    alive: { probe: { type: "file", path: "/alive" }, every: 1000 },
  });
  const run = await dryRun(graphOf({ base, a }));
  assertEquals([run.order, run.stopOrder, run.faults], [[0, 1], [1, 0], []]);
});
