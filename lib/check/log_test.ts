import { assertEquals, assertStringIncludes } from "@std/assert";
import { graphOf } from "../../tests/fixtures/graph_of.ts";
import type { Log } from "../define/log.ts";
import { defineService } from "../define/service.ts";
import { logLine } from "../readiness/log_line.ts";
import { spawned } from "../readiness/spawned.ts";
import { checkLog } from "./log.ts";
import type { Diagnostic } from "../graph/diagnostic.ts";
import { reportTo } from "./report.ts";

const run = () => ({ argv: ["/a"] as const });

function diagnose(log: Log): readonly Diagnostic[] {
  const graph = graphOf({ a: defineService({ run, ready: spawned(), log }) });
  const found: Diagnostic[] = [];
  checkLog(graph, graph.nodes[0]!, reportTo(found, graph));
  return found;
}

const settings = (log: Log) => diagnose(log).map(({ setting }) => setting);

Deno.test("checkLog() has nothing against settings that make sense", () => {
  assertEquals(diagnose({}), []);
  assertEquals(diagnose({ to: "none" }), []);
  assertEquals(diagnose({ to: "console", lineLimit: 64, rateLimit: 1 }), []);
  assertEquals(
    diagnose({
      stamp: "tai64n",
      maxSize: 4096,
      keep: 0,
      maxAge: 1,
      sync: "always",
      lineLimit: 64,
      rateLimit: 1,
    }),
    [],
  );
});

Deno.test("checkLog() refuses values that make no sense", () => {
  for (const wrong of [0, 4095, 5000.5, NaN, Infinity]) {
    assertEquals(settings({ maxSize: wrong }), ["log.maxSize"]);
  }
  for (const wrong of [-1, 101, 1.5]) assertEquals(settings({ keep: wrong }), ["log.keep"]);
  for (const wrong of [0, -1, NaN, Infinity]) assertEquals(settings({ maxAge: wrong }), ["log.maxAge"]);
  for (const wrong of [0, 63, 100.5]) assertEquals(settings({ lineLimit: wrong }), ["log.lineLimit"]);
  for (const wrong of [0, -5, 0.5]) assertEquals(settings({ rateLimit: wrong }), ["log.rateLimit"]);
});

Deno.test("checkLog() refuses settings without an effect", () => {
  const all = { stamp: "iso", maxSize: 4096, keep: 3, maxAge: 1, sync: "never" } as const;
  const both = { lineLimit: 64, rateLimit: 1 };
  const names = (record: object) => Object.keys(record).map((key) => `log.${key}`);
  // The types forbid all of this; units that were never type-checked can still have it.
  const untyped = (log: object) => log as Log;
  assertEquals(settings(untyped({ to: "console", ...all, ...both })), names(all));
  assertEquals(settings(untyped({ to: "none", ...all, ...both })), names({ ...all, ...both }));
  const [found] = diagnose(untyped({ to: "none", keep: 5 }));
  assertStringIncludes(found!.cause, "cannot apply log.keep to a: what it prints goes nowhere");
});

Deno.test("checkLog() refuses a oneshot as a consumer", () => {
  const reader = defineService({ kind: "oneshot", run });
  const writer = defineService({ run, ready: spawned(), log: { to: reader } });
  const graph = graphOf({ reader, writer });
  const found: Diagnostic[] = [];
  for (const node of graph.nodes) checkLog(graph, node, reportTo(found, graph));
  assertEquals(found.map(({ service, setting }) => [service, setting]), [["writer", "log.to"]]);
  assertStringIncludes(
    found[0]!.cause,
    "cannot let writer print into reader: a oneshot does not stay to read",
  );
});

Deno.test("resolve() has a consumer start before those who print into it, and lets it go without them", () => {
  const reader = defineService({ run, ready: spawned() });
  const writer = defineService({ run, ready: spawned(), log: { to: reader } });
  const graph = graphOf({ writer, reader });
  assertEquals(graph.nodes.map(({ name }) => name), ["reader", "writer"]);
  const [read, written] = graph.nodes;
  assertEquals(written!.consumer, read!.id);
  assertEquals(written!.dependencies, [{ id: read!.id, kind: "optional", key: "log.to" }]);
});

Deno.test("checkLog() refuses to see by its log that a service is ready whose log nobody reads", () => {
  const ready = logLine(/up/, { example: "up" });
  const units = {
    thrown: defineService({ run, ready, log: { to: "none" } }),
    shown: defineService({ run, ready, log: { to: "console" } }),
  };
  const graph = graphOf(units);
  const found: Diagnostic[] = [];
  for (const node of graph.nodes) checkLog(graph, node, reportTo(found, graph));
  assertEquals(found.map(({ service, setting }) => [service, setting]), [["thrown", "log.to"]]);
  assertStringIncludes(found[0]!.cause, "cannot see by its log that thrown is ready");
});
