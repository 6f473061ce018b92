/** Conformance: stopping. */
import { assert, assertEquals } from "@std/assert";
import { daemon, exits, ignoringStop, lingering, neverReady, unkillable, work } from "./behaviour.ts";
import { story } from "./scenario.ts";

story(
  "a service that ignores the stop signal is killed after its stop timeout, when its dependents are gone [dinit: proctests.cc test_proc_stop_timeout with tests.cc basic_test10]",
  {
    a: { plays: [ignoringStop(daemon)], stop: { timeout: 200 } },
    b: { needs: ["a"], plays: [lingering(daemon, 100)] },
  },
  async (s) => {
    s.start("b");
    await s.until("b", "up");
    s.stop("a");
    await s.until("a", "down");
    assertEquals([s.end("b"), s.end("a")], ["SIGTERM", "SIGKILL"]);
    assert(s.time("stopping", "a") >= s.time("exited", "b"));
    assert(s.time("exited", "a") - s.time("stopping", "a") >= 199);
    assertEquals(s.service("a").stopFault?.type, "timeout");
  },
  "both",
);

story(
  "stop while a start is under way wins, and leaves no process [finit: start-kill-stop.sh; pc: TestStopDuringRestartCancelsTheRestart]",
  { a: { plays: [neverReady] } },
  async (s) => {
    s.start("a");
    s.stop("a");
    await s.until("a", "down");
    assertEquals([s.count("spawned", "a"), s.count("exited", "a"), s.count("up", "a")], [1, 1, 0]);
  },
  "both",
);

story(
  "stop while a restart waits for its time wins [dinit: tests.cc test_restart_stop1 to 4]",
  { a: { plays: [exits(1)] } },
  async (s) => {
    s.start("a");
    await s.untilSeen("backoff", "a");
    s.stop("a");
    await s.until("a", "down");
    await s.pass(1200);
    assertEquals([s.phase("a"), s.count("spawned", "a"), s.why("a")], ["down", 1, ["a", "stopped"]]);
  },
  "both",
);

story(
  "stop between the stop and the start of a restart wins [dinit: tests.cc test_restart_stop1 to 4; pc: TestStopDuringRestartCancelsTheRestart]",
  { a: { plays: [lingering(daemon, 200), daemon] }, b: { needs: ["a"] } },
  async (s) => {
    s.start("b");
    await s.until("b", "up");
    s.restart("a");
    await s.untilSeen("stopping", "a");
    s.stop("a");
    await s.until("a", "down");
    assertEquals([s.count("spawned", "a"), s.phase("b"), s.service("a").wanted], [1, "down", "down"]);
  },
  "both",
);

story(
  "shutdown completes although a running service refuses to stop [systemd: TEST-03-JOBS]",
  { a: {}, b: { needs: ["a"], plays: [ignoringStop(daemon)], stop: { timeout: 200 } } },
  async (s) => {
    s.start("b");
    await s.until("b", "up");
    s.shutdown("poweroff");
    await s.ended();
    assertEquals([s.order("down"), s.end("b")], [["b", "a"], "SIGKILL"]);
  },
  "both",
);

story(
  "shutdown completes although a process hangs in the kernel [systemd: TEST-03-JOBS]",
  { a: {}, b: { needs: ["a"], plays: [unkillable(daemon)] } },
  async (s) => {
    s.start("b");
    await s.until("b", "up");
    s.shutdown();
    await s.ended();
    assertEquals([s.phase("a"), s.phase("b"), s.why("b")], ["down", "stopping", ["b", "stuck"]]);
  },
);

story(
  "shutdown runs in reverse order and waits for each stop [pc: TestSystem_TestProcListShutsDownInOrder]",
  {
    a: {},
    b: { needs: ["a"], plays: [lingering(daemon, 100)] },
    c: { after: ["b"], plays: [lingering(daemon, 100)] },
    d: { optional: ["c"], plays: [lingering(daemon, 50)] },
  },
  async (s) => {
    s.start("a", "b", "c", "d");
    await s.until("d", "up");
    s.shutdown();
    await s.ended();
    assertEquals(s.order("down"), ["d", "c", "b", "a"]);
    for (const [first, then] of [["d", "c"], ["c", "b"], ["b", "a"]] as const) {
      assert(s.time("stopping", then) >= s.time("exited", first));
    }
  },
  "both",
);

story(
  "a second shutdown waits for nobody",
  { a: { plays: [ignoringStop(daemon)] }, b: { needs: ["a"], plays: [ignoringStop(daemon)] } },
  async (s) => {
    s.start("b");
    await s.until("b", "up");
    s.shutdown();
    await s.untilSeen("stopping", "b");
    s.shutdown();
    await s.ended();
    assertEquals([s.order("down"), s.end("a"), s.end("b")], [["b", "a"], "SIGKILL", "SIGKILL"]);
  },
  "both",
);

story(
  "a oneshot that does its work although it is told to stop is undone",
  { a: { oneshot: true, plays: [lingering({ ...work, ends: null }, 50, { code: 0 })], undo: work } },
  async (s) => {
    s.start("a");
    await s.untilSeen("spawned", "a");
    await s.pass(100);
    s.stop("a");
    await s.until("a", "down");
    assertEquals(s.count("spawned", "a"), 2);
    assertEquals(s.order("up"), ["a"]);
  },
);

story(
  "an undo that fails leaves the service down, and says what went wrong [dinit: proctests.cc test_scripted_stop_fail, test_bgproc_stop4 and 5]",
  { a: { oneshot: true, undo: exits(4) } },
  async (s) => {
    s.start("a");
    await s.until("a", "up");
    s.stop("a");
    await s.until("a", "down");
    assertEquals(s.why("a"), ["a", "stopped"]);
    assertEquals(s.service("a").stopFault, { type: "exit", status: { code: 4 }, ready: false });
    await s.pass(50);
    assertEquals(s.count("spawned", "a"), 2);
  },
  "both",
);
