import { assertEquals } from "@std/assert";
import { defineService, spawned } from "denit";
import { graphOf } from "../../tests/fixtures/graph_of.ts";
import { BootProgress } from "./progress.ts";

const graph = graphOf({
  a: defineService({ run: () => ({ argv: ["/bin/x"] }), ready: spawned() }),
  b: defineService({ run: () => ({ argv: ["/bin/x"] }), ready: spawned() }),
});
const up = { phase: "up", attempt: 1, pid: 1 } as const;

Deno.test("BootProgress is ok once all is up, and says so once", () => {
  const progress = new BootProgress(graph.boot, 0);
  assertEquals(progress.note(0, up, 10), false);
  assertEquals(progress.note(1, { phase: "backoff", until: 100 }, 20), false);
  assertEquals(progress.note(1, up, 120), true);
  assertEquals(progress.note(1, up, 200), false);
  assertEquals([progress.state, progress.finishedAt], ["ok", 120]);
});

Deno.test("BootProgress is degraded when a service is down for good", () => {
  const progress = new BootProgress(graph.boot, 0);
  progress.note(0, { phase: "down" }, 10);
  assertEquals(progress.note(1, up, 20), true);
  assertEquals(progress.state, "degraded");
});

Deno.test("BootProgress of nothing is through at once", () => {
  const progress = new BootProgress([], 5);
  assertEquals([progress.begin(5), progress.state], [true, "ok"]);
});
