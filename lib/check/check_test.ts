import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { optional } from "../define/dependency.ts";
import { json } from "../define/json.ts";
import { defineService } from "../define/service.ts";
import { notificationFd } from "../readiness/notification_fd.ts";
import { tcpProbe } from "../readiness/probe.ts";
import { shutdownBound } from "../graph/mod.ts";
import { check } from "./check.ts";
import { graphOf, plain } from "../../tests/fixtures/graph_of.ts";

const ready = notificationFd(3);
const run = () => ({ argv: ["/a"] as const });

Deno.test("check() has nothing against a good system", () => {
  const web = defineService({ run, ready: tcpProbe({ port: 80 }) });
  assertEquals(check(graphOf({ web, other: plain({ web }) })), []);
});

Deno.test("check() refuses a start or a stop without a bound", () => {
  const graph = graphOf({
    a: defineService({ run, ready: notificationFd(3, { timeout: Infinity }) }),
    b: defineService({ kind: "oneshot", run, timeout: 0 }),
    c: defineService({ run, ready, stop: { timeout: NaN } }),
  });
  const found = check(graph).map(({ service, setting }) => `${service}.${setting}`);
  assertEquals(found, ["a.ready.timeout", "b.timeout", "c.stop.timeout"]);
});

Deno.test("check() tries `run`, with and without optional outputs, and `undo`", () => {
  const cache = defineService({ run, ready: tcpProbe({ port: 1 }) });
  const a = defineService({
    deps: { cache: optional(cache) },
    // A cast gets past the type error.
    run: ({ cache }) => ({ argv: ["/a", (cache as { host: string }).host] }),
    ready,
  });
  const b = defineService({
    kind: "oneshot",
    run,
    undo: (_outputs, own) => {
      throw new Error(`no undo of ${own.id}`);
    },
    output: json<{ id: string }>(),
  });
  const [first, second, ...none] = check(graphOf({ a, b, cache }));
  assertEquals([first?.service, first?.setting, second?.service, second?.setting, none], [
    "a",
    "run",
    "b",
    "undo",
    [],
  ]);
  assertStringIncludes(first!.cause, "cannot make the command of a without its optional dependencies");
  assertStringIncludes(second!.cause, "no undo of <b.id>");
});

Deno.test("check() reports everything at once, each with file, service, cause and cure", () => {
  const a = defineService({
    run,
    ready: tcpProbe({ port: 80, timeout: -1 }),
    stop: { timeout: 0 },
    restart: { backoff: 0, giveUp: { after: 0 }, permanent: [0] },
  });
  const b = defineService({ run: () => ({ argv: [""] }), ready: tcpProbe({ port: 80 }) });
  const found = check(graphOf({ a, b }, { watchdog: { success: [], deadline: 0, statusFile: "relative" } }));
  assertEquals(found.map(({ service, setting }) => `${service ?? "system"}.${setting}`), [
    "a.ready.timeout",
    "a.stop.timeout",
    "a.restart.backoff",
    "a.restart.giveUp.after",
    "a.restart.permanent",
    "b.run",
    "b.ready",
    "system.watchdog.success",
    "system.watchdog.statusFile",
    "system.watchdog.deadline",
  ]);
  for (const { service, origin, cause, cure } of found) {
    assertMatch(cause, /^cannot \w+ .*: /, "the form is: cannot VERB OBJECT: REASON");
    assert(cure.length > 10);
    if (service !== null) assertMatch(origin ?? "no origin", /check_test\.ts:\d+$/);
  }
});

Deno.test("shutdownBound() is the longest path of stops", () => {
  const a = defineService({ run, ready, stop: { timeout: 1000 } });
  const b = defineService({ deps: { a }, run, ready, stop: { timeout: 2000 } });
  assertEquals(
    shutdownBound(graphOf({ a, b, c: defineService({ run, ready, stop: { timeout: 2500 } }) })),
    13_000,
  );
});
