/** Conformance: restart. */
import { assert, assertEquals } from "@std/assert";
import { daemon, dies, exits, missing, neverReady, readyAfter, yielding } from "./behaviour.ts";
import { story } from "./scenario.ts";

for (
  const [status, again] of [
    [{ code: 1 }, true],
    [{ signal: "SIGSEGV" }, true],
    [{ signal: "SIGKILL" }, true],
    [{ code: 0 }, false],
    [{ signal: "SIGTERM" }, false],
    [{ signal: "SIGHUP" }, false],
  ] as const
) {
  const end = "code" in status ? `exit code ${status.code}` : status.signal;
  story(
    `on-failure ${
      again ? "restarts" : "does not restart"
    } after ${end} [dinit: proctests.cc test_proc_term_restart5, 6]`,
    { a: { plays: [dies(status, 50), daemon], restart: { on: "on-failure" } }, b: { needs: ["a"] } },
    async (s) => {
      s.start("b");
      await s.untilSeen("exited", "a");
      if (again) {
        await s.untilSeen("up", "a", 2);
        assertEquals(s.count("up", "b"), 1);
      } else {
        await s.until("b", "down");
        assertEquals([s.count("spawned", "a"), s.why("b")], [1, ["b", "a", "finished"]]);
      }
    },
    "both",
  );
}

story(
  "when the restart limit is used up, the service and its dependents are down; a start begins a fresh count [dinit: proctests.cc test_proc_term_start, test_proc_term_restart_fail]",
  { a: { plays: [dies({ code: 1 }, 5)], restart: { delay: 10, giveUp: { after: 2 } } }, b: { needs: ["a"] } },
  async (s) => {
    s.start("b");
    await s.until("a", "down");
    await s.until("b", "down");
    assertEquals([s.count("spawned", "a"), s.service("a").restarts], [3, 2]);
    const { why } = s.service("a");
    assert(why?.reason === "failed" && why.final === "gave-up");
    assertEquals(s.why("b"), ["b", "a", "failed"]);
    s.start("a");
    await s.untilSeen("down", "a", 2);
    assertEquals(s.count("spawned", "a"), 6);
  },
  "both",
);

story(
  "a recovery leaves dependents alone, and a failure during it counts on [dinit: proctests.cc test_proc_smooth_recovery1 to 6a]",
  {
    a: { plays: [dies({ code: 1 }, 50), exits(1), exits(1)], restart: { giveUp: { after: 2 } } },
    b: { needs: ["a"] },
    c: { needs: ["b"] },
  },
  async (s) => {
    s.start("c");
    await s.until("c", "up");
    await s.untilSeen("exited", "a", 2);
    assertEquals([s.phase("b"), s.count("stopping", "b"), s.count("up", "c")], ["up", 0, 1]);
    await s.until("a", "down");
    await s.until("b", "down");
    assertEquals(s.why("c"), ["c", "b", "a", "failed"]);
  },
  "both",
);

story(
  "stop during the delay of a recovery is honoured, dependents and all [dinit: proctests.cc test_proc_smooth_recovery1 to 6a]",
  {
    a: { plays: [dies({ code: 1 }, 10), dies({ code: 1 }, 10)], restart: { delay: 60_000, max: 60_000 } },
    b: { needs: ["a"] },
  },
  async (s) => {
    s.start("b");
    await s.untilSeen("backoff", "a");
    assertEquals(s.phase("b"), "up");
    s.stop("a");
    await s.until("b", "down");
    assertEquals([s.phase("a"), s.count("spawned", "a"), s.why("b")], ["down", 2, ["b", "a", "stopped"]]);
  },
  "both",
);

story(
  "a recovery with another output renews those that need the service, and nobody else",
  {
    a: { plays: [dies({ code: 1 }, 100, 1), yielding(2)] },
    b: { needs: ["a"] },
    c: { needs: ["b"] },
    soft: { optional: ["a"] },
  },
  async (s) => {
    s.start("c", "soft");
    await s.untilSeen("up", "c", 2);
    assertEquals(s.service("b").inputs, { a: 2 });
    assertEquals([s.count("up", "a"), s.count("up", "b"), s.count("up", "soft")], [2, 2, 1]);
  },
  "both",
);

story(
  "a boot oneshot that fails is tried as often as allowed, a second apart, and the rest goes on [finit: bootstrap-crash.sh, run-restart-forever.sh; systemd: TEST-23-UNIT-FILE.oneshot-restart]",
  {
    a: { oneshot: true, plays: [exits(1)], restart: { on: "on-failure", delay: 1, giveUp: { after: 2 } } },
    b: { optional: ["a"] },
    c: { needs: ["a"] },
  },
  async (s) => {
    s.start("b", "c");
    await s.until("b", "up");
    await s.until("a", "down");
    assertEquals([s.count("spawned", "a"), s.why("c")], [3, ["c", "a", "failed"]]);
    for (const nth of [1, 2]) assert(s.time("starting", "a", nth) - s.time("starting", "a", nth - 1) >= 999);
  },
  "both",
);

story(
  "a permanent exit code means no restart [s6 doc: servicedir, s6-supervise]",
  { a: { plays: [dies({ code: 125 }, 20)], restart: { permanent: [125] } } },
  async (s) => {
    s.start("a");
    await s.until("a", "down");
    const { why } = s.service("a");
    assert(why?.reason === "failed" && why.final === "permanent");
    assertEquals(s.count("spawned", "a"), 1);
  },
  "both",
);

story(
  "starts that never got ready are at least a second apart [s6 doc: servicedir, s6-supervise]",
  { a: { plays: [exits(1), missing, daemon], restart: { delay: 0 } } },
  async (s) => {
    s.start("a");
    await s.until("a", "up");
    for (const nth of [1, 2]) assert(s.time("starting", "a", nth) - s.time("starting", "a", nth - 1) >= 999);
  },
  "both",
);

story(
  "restart of something that waits for its dependency neither wedges it nor starts two of it [pc: app/restart_pending_regression_test.go (issue 530)]",
  { a: { plays: [readyAfter(300)] }, b: { needs: ["a"] } },
  async (s) => {
    s.start("b");
    await s.untilSeen("blocked", "b");
    s.restart("b");
    s.restart("b");
    await s.until("b", "up");
    assertEquals([s.count("spawned", "a"), s.count("spawned", "b")], [1, 1]);
  },
  "both",
);

story(
  "start during the delay before a restart starts at once, with a fresh count",
  { a: { plays: [exits(1), exits(1), daemon], restart: { delay: 600_000, max: 600_000 } } },
  async (s) => {
    s.start("a");
    await s.untilSeen("backoff", "a", 2);
    s.start("a");
    await s.until("a", "up");
    assertEquals([s.count("spawned", "a"), s.service("a").streak], [3, 0]);
  },
  "both",
);

story(
  "restart of a service whose dependents still stop brings it back even if it ends by itself meanwhile",
  {
    a: { restart: { on: "never" } },
    b: { needs: ["a"], plays: [{ ...daemon, stops: { after: 300, status: null } }, daemon] },
  },
  async (s) => {
    s.start("b");
    await s.until("b", "up");
    s.restart("a");
    await s.untilSeen("stopping", "b");
    s.kill("a", "SIGKILL");
    await s.untilSeen("up", "b", 2);
    assertEquals(s.phase("a"), "up");
  },
  "both",
);

story(
  "giving up a service shuts the system down if its policy says so",
  { a: { plays: [neverReady], timeout: 50, restart: { giveUp: { after: 1, then: "reboot" } } }, b: {} },
  async (s) => {
    s.start("a", "b");
    await s.ended();
    assertEquals([s.phase("b"), s.why("a"), s.why("b")], ["down", ["a", "failed"], ["b", "stopped"]]);
  },
  "both",
);
