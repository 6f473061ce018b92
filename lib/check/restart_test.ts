import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Restart } from "../define/policy.ts";
import { defineService } from "../define/service.ts";
import { spawned } from "../readiness/spawned.ts";
import { checkRestart } from "./restart.ts";
import type { Diagnostic } from "../graph/diagnostic.ts";
import { graphOf } from "../../tests/fixtures/graph_of.ts";
import { reportTo } from "./report.ts";

function diagnose(restart: Restart, kind: "longrun" | "oneshot" = "longrun"): readonly Diagnostic[] {
  const run = () => ({ argv: ["/a"] as const });
  const a = kind === "longrun"
    ? defineService({ run, ready: spawned(), restart })
    : defineService({ kind, run, restart });
  const graph = graphOf({ a });
  const found: Diagnostic[] = [];
  checkRestart(graph.nodes[0]!, reportTo(found, graph));
  return found;
}

const settings = (...parameters: Parameters<typeof diagnose>) =>
  diagnose(...parameters).map(({ setting }) => setting);

Deno.test("checkRestart() has nothing against settings that make sense", () => {
  assertEquals(diagnose({}), []);
  assertEquals(diagnose({}, "oneshot"), []);
  assertEquals(diagnose({ on: "never" }), []);
  assertEquals(diagnose({ on: "on-failure", giveUp: { after: 1 }, permanent: [1, 255] }, "oneshot"), []);
  assertEquals(
    diagnose({ delay: 0, backoff: 1, reset: 0, giveUp: { after: 5, within: 1000, then: "reboot" } }),
    [],
  );
});

Deno.test("checkRestart() refuses settings of a restart that never happens", () => {
  const all: Restart = { delay: 1, backoff: 2, max: 3, reset: 4, giveUp: { after: 5 }, permanent: [6] };
  const names = Object.keys(all).map((key) => `restart.${key}`);
  assertEquals(settings({ ...all, on: "never" }), names);
  assertEquals(settings(all, "oneshot"), names);
  const [found] = diagnose({ delay: 1 }, "oneshot");
  assertStringIncludes(found!.cause, "as a oneshot that does not say otherwise");
});

Deno.test("checkRestart() refuses a longest delay that is never reached, or is shorter than the first", () => {
  assertEquals(settings({ backoff: 1, max: 60_000 }), ["restart.max"]);
  assertEquals(settings({ delay: 2000, max: 1000 }), ["restart.max"]);
  assertEquals(settings({ delay: 60_000 }), ["restart.max"], "the default is 30 s");
});

Deno.test("checkRestart() refuses a oneshot that would run again each time it has succeeded", () => {
  assertEquals(settings({ on: "always" }, "oneshot"), ["restart.on"]);
});

Deno.test("checkRestart() refuses numbers that are none", () => {
  for (const value of [-1, NaN, Infinity]) {
    assertEquals(settings({ delay: value })[0], "restart.delay");
    assertEquals(settings({ reset: value }), ["restart.reset"]);
    assertEquals(settings({ backoff: value }), ["restart.backoff"]);
    assertEquals(settings({ giveUp: { after: value } }), ["restart.giveUp.after"]);
    assertEquals(settings({ giveUp: { after: 1, within: value } }), ["restart.giveUp.within"]);
    assertEquals(settings({ permanent: [value] }), ["restart.permanent"]);
  }
  assertEquals(settings({ giveUp: { after: 0 } }), ["restart.giveUp.after"]);
  assertEquals(settings({ giveUp: { after: 1.5 } }), ["restart.giveUp.after"]);
  assertEquals(settings({ permanent: [0, 256, 78] }), ["restart.permanent", "restart.permanent"]);
});
