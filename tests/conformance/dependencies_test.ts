/** Conformance: dependencies and ordering. */
import { assert, assertEquals } from "@std/assert";
import {
  daemon,
  dies,
  exits,
  lingering,
  missing,
  neverReady,
  readyAfter,
  unkillable,
  yielding,
} from "./behaviour.ts";
import { story } from "./scenario.ts";

story(
  "start starts first what a service needs, and release stops what nobody else holds [dinit: tests.cc basic_test1]",
  { c: {}, b: { needs: ["c"] }, a: { needs: ["b"] } },
  async (s) => {
    s.start("a");
    await s.until("a", "up");
    assertEquals(s.order("up"), ["c", "b", "a"]);
    s.release("a");
    await s.until("c", "down");
    assertEquals(s.order("down"), ["a", "b", "c"]);
    assertEquals(s.why("c"), ["c", "stopped"]);
  },
  "both",
);

story(
  "release leaves a dependency up that another service still needs [dinit: tests.cc basic_test2]",
  { shared: {}, one: { needs: ["shared"] }, two: { needs: ["shared"] } },
  async (s) => {
    s.start("one", "two");
    await s.until("one", "up");
    await s.until("two", "up");
    s.release("one");
    await s.until("one", "down");
    assertEquals(s.phase("shared"), "up");
    s.release("two");
    await s.until("shared", "down");
    assertEquals(s.count("stopping", "shared"), 1);
  },
);

story(
  "stop of a dependency stops its dependents first, and they do not want to be up any more [dinit: tests.cc basic_test3, 8, 10]",
  {
    c: {},
    b: { needs: ["c"], plays: [lingering(daemon, 100)] },
    a: { needs: ["b"], plays: [lingering(daemon, 100)] },
  },
  async (s) => {
    s.start("a");
    await s.until("a", "up");
    s.stop("c");
    await s.until("c", "down");
    assertEquals(s.order("stopping"), ["a", "b", "c"]);
    assertEquals(s.order("down"), ["a", "b", "c"]);
    assertEquals(["a", "b", "c"].map((name) => s.service(name).wanted), ["down", "down", "down"]);
    s.start("c");
    await s.until("c", "up");
    assertEquals([s.phase("a"), s.phase("b")], ["down", "down"]);
  },
  "both",
);

story(
  "a failed dependency is restarted by its policy, a stopped one is not [dinit: tests.cc basic_test4 against basic_test7]",
  { a: { plays: [yielding(1), yielding(2), daemon] }, b: { needs: ["a"] } },
  async (s) => {
    s.start("b");
    await s.until("b", "up");
    // Another output: the dependent is started again with it.
    s.kill("a", "SIGSEGV");
    await s.untilSeen("up", "b", 2);
    assertEquals([s.service("b").inputs, s.count("up", "a")], [{ a: 2 }, 2]);
    s.stop("a");
    await s.until("a", "down");
    await s.pass(60_000);
    assertEquals([s.phase("a"), s.phase("b"), s.count("up", "a")], ["down", "down", 2]);
  },
);

story(
  "restart of a needed service restarts hard dependents and leaves soft ones alone [dinit: tests.cc basic_test9]",
  { base: {}, hard: { needs: ["base"] }, soft: { optional: ["base"] }, mark: { milestone: ["base"] } },
  async (s) => {
    s.start("hard", "soft", "mark");
    for (const name of ["hard", "soft", "mark"]) await s.until(name, "up");
    s.restart("base");
    await s.untilSeen("up", "hard", 2);
    assertEquals(s.order("stopping"), ["hard", "base"]);
    assertEquals(["base", "soft", "mark"].map((name) => s.count("up", name)), [2, 1, 1]);
  },
  "both",
);

story(
  "a soft dependency that fails or stops leaves its dependent running [dinit: tests.cc test_softdep1; proctests.cc test_proc_start_timeout2]",
  {
    slow: { plays: [neverReady], timeout: 200, restart: { on: "never" } },
    broken: { plays: [missing], restart: { on: "never" } },
    fine: {},
    a: { optional: ["slow", "broken", "fine"] },
  },
  async (s) => {
    s.start("a");
    await s.until("a", "up");
    assertEquals(s.service("a").inputs, { fine: null });
    assertEquals([s.why("slow"), s.why("broken")], [["slow", "failed"], ["broken", "failed"]]);
    s.stop("fine");
    await s.until("fine", "down");
    assertEquals([s.phase("a"), s.count("starting", "a")], ["up", 1]);
  },
  "both",
);

story(
  "a milestone that fails fails its dependent, one that stops later does not [dinit: tests.cc test_softdep2 to 4]",
  {
    good: { oneshot: true },
    bad: { oneshot: true, plays: [exits(1)] },
    a: { milestone: ["good"] },
    b: { milestone: ["bad"] },
  },
  async (s) => {
    s.start("a", "b");
    await s.until("a", "up");
    await s.until("b", "down");
    assertEquals(s.why("b"), ["b", "bad", "failed"]);
    s.stop("good");
    assertEquals([s.phase("good"), s.phase("a")], ["down", "up"]);
  },
);

story(
  "a milestone that is cancelled before it has worked fails its dependent [dinit: tests.cc test_softdep2 to 4]",
  { work: { oneshot: true, plays: [exits(0, 500)] }, a: { milestone: ["work"] } },
  async (s) => {
    s.start("a");
    await s.untilSeen("starting", "work");
    s.stop("work");
    await s.until("work", "down");
    assertEquals([s.phase("a"), s.count("starting", "a")], ["down", 0]);
  },
);

story(
  "an order delays a start and pulls nothing in [dinit: tests.cc test_order1 to 3; igr before-after]",
  { first: { plays: [readyAfter(300)] }, second: { after: ["first"], plays: [lingering(daemon, 100)] } },
  async (s) => {
    s.start("second");
    await s.until("second", "up");
    assertEquals(s.count("starting", "first"), 0);
    s.stop("second");
    await s.until("second", "down");
    s.start("first", "second");
    await s.until("second", "up");
    assertEquals(s.order("up"), ["second", "first", "second"]);
    s.stop("second");
    s.stop("first");
    await s.until("first", "down");
    assertEquals(s.order("down"), ["second", "second", "first"]);
  },
  "both",
);

story(
  "a service held up survives the loss of its dependency [dinit: tests.cc test_pin1 to 10]",
  { base: {}, a: { needs: ["base"] }, b: { needs: ["base"] } },
  async (s) => {
    s.start("a", "b");
    await s.until("b", "up");
    s.pin("a", "up");
    s.stop("base");
    await s.until("base", "down");
    assertEquals([s.phase("a"), s.phase("b")], ["up", "down"]);
    s.stop("a");
    assertEquals(s.phase("a"), "up");
    s.pin("a", null);
    await s.until("a", "down");
    assertEquals(s.why("a"), ["a", "base", "stopped"]);
  },
);

story(
  "a service held down cannot be started, nor can what needs it [dinit: tests.cc test_pin1 to 10]",
  { base: {}, a: { needs: ["base"] }, soft: { optional: ["base"] } },
  async (s) => {
    s.pin("base", "down");
    s.start("a", "base", "soft");
    await s.until("soft", "up");
    assertEquals([s.phase("base"), s.phase("a")], ["down", "down"]);
    assertEquals(s.why("a"), ["a", "base", "pinned"]);
    s.pin("base", null);
    await s.pass(1000);
    assertEquals([s.phase("base"), s.phase("a")], ["down", "down"]);
    s.start("a");
    await s.until("a", "up");
  },
);

story(
  "start of a service that is stopping brings it up again afterwards [dinit: proctests.cc test_waitsfor_restart]",
  { a: { plays: [lingering(daemon, 200), daemon] } },
  async (s) => {
    s.start("a");
    await s.until("a", "up");
    s.stop("a");
    await s.untilSeen("stopping", "a");
    s.start("a");
    await s.untilSeen("up", "a", 2);
    assertEquals(s.order("down").length, 1);
  },
  "both",
);

story(
  "a dependency that hangs in the kernel does not keep those waiting who can do without it",
  { base: { plays: [unkillable(daemon), daemon] }, a: { optional: ["base"] } },
  async (s) => {
    s.start("base");
    await s.until("base", "up");
    s.stop("base");
    await s.pass(20_000);
    assertEquals(s.why("base"), ["base", "stuck"]);
    s.start("a");
    await s.until("a", "up");
    assertEquals([s.phase("base"), s.service("a").inputs], ["stopping", {}]);
  },
);

story(
  "dependents stay up while a service that they need recovers [dinit: proctests.cc test_proc_smooth_recovery1]",
  { a: { plays: [dies({ code: 1 }, 100, { port: 1 }), yielding({ port: 1 })] }, b: { needs: ["a"] } },
  async (s) => {
    s.start("b");
    await s.untilSeen("up", "a", 2);
    assertEquals([s.count("up", "b"), s.count("stopping", "b")], [1, 0]);
    assert(s.service("b").phase.phase === "up");
  },
  "both",
);
