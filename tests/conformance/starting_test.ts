/** Conformance: starting and readiness. */
import { assert, assertEquals } from "@std/assert";
import { resolve } from "../../lib/graph/mod.ts";
import { after, defineBundle, defineService, defineSystem, spawned } from "denit";
import {
  daemon,
  dies,
  exits,
  ignoringStop,
  lingering,
  missing,
  neverReady,
  readyAfter,
  work,
} from "./behaviour.ts";
import { story } from "./scenario.ts";

story(
  "a dependent does not start before the notification, however long that takes [dinit: proctests.cc test_proc_notify_start; finit: depserv.sh]",
  { a: { plays: [readyAfter(300, { port: 7 })] }, b: { needs: ["a"] } },
  async (s) => {
    s.start("b");
    await s.until("b", "up");
    const told = s.entries("ready", "a")[0]!;
    assert(s.time("spawned", "b") >= Number(told["t"]) / 1e6);
    assertEquals(s.service("b").inputs, { a: { port: 7 } });
  },
  "both",
);

story(
  "a process that exits before its notification is a failed start, not a ready service [dinit: proctests.cc test_proc_notify_fail]",
  { a: { plays: [exits(0, 50)], restart: { on: "never" } }, b: { needs: ["a"] } },
  async (s) => {
    s.start("b");
    await s.until("a", "down");
    assertEquals(s.why("b"), ["b", "a", "failed"]);
    assertEquals([s.count("up", "a"), s.count("starting", "b")], [0, 0]);
  },
  "both",
);

story(
  "a program that cannot be executed is reported with stage and system error [dinit: igr svc-start-fail]",
  { a: { plays: [missing], restart: { on: "never" } } },
  async (s) => {
    s.start("a");
    await s.untilSeen("down", "a");
    const { why } = s.service("a");
    assert(why?.reason === "failed" && why.failure.type === "spawn");
    assertEquals([why.failure.stage, why.failure.code], ["exec", "ENOENT"]);
  },
  "both",
);

story(
  "a start timeout first asks to stop, then obeys the stop timeout, then kills [dinit: igr svc-start-fail; proctests.cc test_proc_start_timeout]",
  {
    a: { plays: [ignoringStop(neverReady)], timeout: 200, stop: { timeout: 150 }, restart: { on: "never" } },
  },
  async (s) => {
    s.start("a");
    await s.until("a", "down");
    assertEquals([s.count("stopping", "a"), s.end("a")], [1, "SIGKILL"]);
    assert(s.time("stopping", "a") - s.time("starting", "a") >= 199);
    assert(s.time("exited", "a") - s.time("stopping", "a") >= 149);
    const { why } = s.service("a");
    assert(why?.reason === "failed" && why.failure.type === "timeout");
  },
  "both",
);

story(
  "a longrun whose start has failed for good is down and not wanted [s6 doc: s6-rc]",
  { a: { plays: [exits(1)], restart: { giveUp: { after: 1 } } } },
  async (s) => {
    s.start("a");
    await s.until("a", "down");
    assertEquals([s.service("a").wanted, s.count("starting", "a")], ["down", 2]);
    await s.pass(10);
    assertEquals(s.phase("a"), "down");
  },
  "both",
);

story(
  "when one branch fails, independent branches still complete [s6 doc: s6-rc]",
  {
    bad: { oneshot: true, plays: [exits(3)] },
    victim: { needs: ["bad"] },
    good: { oneshot: true, plays: [exits(0, 100)] },
    happy: { needs: ["good"] },
  },
  async (s) => {
    s.start("victim", "happy");
    await s.until("happy", "up");
    assertEquals(s.why("victim"), ["victim", "bad", "failed"]);
  },
  "both",
);

story(
  "readiness is dropped on a crash and on a stop, and set again after a restart [finit: notify.sh]",
  { a: { plays: [daemon, readyAfter(50), readyAfter(50)] } },
  async (s) => {
    s.start("a");
    await s.until("a", "up");
    s.kill("a", "SIGKILL");
    await s.untilSeen("starting", "a", 2);
    assert(s.phase("a") !== "up" || s.count("up", "a") === 2);
    await s.untilSeen("up", "a", 2);
    s.restart("a");
    await s.untilSeen("up", "a", 3);
    assertEquals(s.order("up").length, s.count("ready", "a"));
    s.stop("a");
    await s.until("a", "down");
  },
  "both",
);

story(
  "what depends on a service that dies before it is ready fails, it does not hang [pc: app/system_test.go TestSystem_TestReadyLineWithSkipped; app/update_ready_regression_test.go]",
  {
    a: { plays: [dies({ signal: "SIGKILL" }, 0), exits(1)], restart: { giveUp: { after: 1 } } },
    dead: { plays: [exits(1)], restart: { on: "never" } },
    b: { needs: ["dead"] },
    c: { needs: ["b"] },
    soft: { optional: ["b"] },
  },
  async (s) => {
    s.start("c", "soft");
    await s.until("soft", "up");
    await s.until("c", "down");
    assertEquals(s.why("c"), ["c", "b", "dead", "failed"]);
    assertEquals([s.count("starting", "c"), s.count("starting", "b")], [0, 0]);
  },
  "both",
);

story(
  "a notification that cannot be understood is a failed start",
  { a: { plays: [{ ...daemon, garbled: true }, daemon] } },
  async (s) => {
    s.start("a");
    await s.untilSeen("up", "a");
    assertEquals([s.count("readyFailed", "a"), s.count("starting", "a")], [1, 2]);
  },
  "both",
);

story(
  "a oneshot is undone with what it was given and what it yielded, dependents first",
  {
    a: { oneshot: true, plays: [{ ...work, output: "a" }] },
    b: { oneshot: true, needs: ["a"], undo: exits(0, 50) },
    c: { needs: ["b"], plays: [lingering(daemon, 50)] },
  },
  async (s) => {
    s.start("c");
    await s.until("c", "up");
    s.release("c");
    await s.until("a", "down");
    assertEquals(s.order("down"), ["c", "b", "a"]);
    assertEquals(s.count("spawned", "b"), 2);
  },
  "both",
);

Deno.test("a cycle is refused with its members, and so is a dependency that is not there [dinit: igr cycles, check-cycle, dep-not-found, check-basic; systemd: TEST-03-JOBS]", () => {
  const run = () => ({ argv: ["/bin/true"] }) as const;
  const deps: Record<string, ReturnType<typeof defineService>> = {};
  const a = defineService({ deps, run, ready: spawned() });
  const b = defineService({ deps: { a }, run, ready: spawned() });
  deps["b"] = b;
  const cycle = resolve({ a, b, default: defineSystem({ boot: defineBundle([b]) }) });
  assertEquals(cycle.graph, null);
  assert(
    cycle.diagnostics.some(({ cause }) => cause.includes("a -> b -> a") || cause.includes("b -> a -> b")),
  );
  const lost = defineService({ run, ready: spawned() });
  const c = defineService({ deps: { lost: after(lost) }, run, ready: spawned() });
  const missingOne = resolve({ c, default: defineSystem({ boot: defineBundle([c]) }) });
  assertEquals(missingOne.graph, null);
  assert(missingOne.diagnostics.some(({ cause }) => /\bc\b.*\blost\b/.test(cause)));
});
