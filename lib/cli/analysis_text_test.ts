import { assertEquals, assertStringIncludes } from "@std/assert";
import { failed, journal, retried } from "../../tests/fixtures/boots.ts";
import { blameJson, criticalChainJson } from "./analysis_json.ts";
import { renderBlame, renderCriticalChain } from "./analysis_text.ts";
import { timelineOf } from "./analysis_timeline.ts";

Deno.test("renderBlame() puts the slowest first, and says what the attempts came to", () => {
  assertEquals(
    renderBlame(timelineOf(retried)!),
    `300 ms  db     3 attempts; exit code 1 before it was ready; killed by SIGSEGV (core dumped) before it was ready
100 ms  disk
100 ms  web
 20 ms  clock`,
  );
});

Deno.test("renderBlame() begins with those that never were ready", () => {
  assertEquals(
    renderBlame(timelineOf(failed)!),
    `7.980 s  slow     not ready, 1 attempt; not done after 5 s
  50 ms  network  not ready, 1 attempt; exit code 7
      -  mail     not started: network is not there
  10 ms  cron`,
  );
  const stopped = journal([], [[1, "starting", "a"], [3, "stopping", "a"], [5, "down", "a"], [
    9,
    "shutdown",
  ]]);
  assertEquals(renderBlame(timelineOf(stopped)!), "4 ms  a  not ready, 1 attempt; stopped");
  const waiting = journal([{ name: "b", needs: ["a"] }], [[1, "blocked", "b"], [9, "shutdown"]]);
  assertEquals(renderBlame(timelineOf(waiting)!), "-  b  not started: waits for a");
  assertEquals(renderBlame(timelineOf(journal([], []))!), "");
});

Deno.test("renderBlame() says once what happened several times in a row", () => {
  const crash = { why: { reason: "failed", failure: { type: "exit", status: { code: 1 } } } };
  const text = journal([], [
    [1, "starting", "a"],
    [2, "backoff", "a", crash],
    [3, "starting", "a"],
    [4, "backoff", "a", crash],
    [5, "starting", "a"],
    [6, "up", "a"],
  ]);
  assertEquals(renderBlame(timelineOf(text)!), "5 ms  a  3 attempts; 2 times exit code 1");
});

Deno.test("renderCriticalChain() tells who waited for whom, when and how long", () => {
  assertEquals(
    renderCriticalChain(timelineOf(retried)!),
    `boot of generation abc: ok in 508 ms; each of these waited for the one above:

    @0 ms    +5 ms  init  until it was started
    @5 ms  +100 ms  disk
  @105 ms  +300 ms  db    3 attempts
  @407 ms  +100 ms  web   after a pause of 2 ms

@ is when it began to start, + how long it then took to be ready.
Least slack beside the chain: clock 380 ms.`,
  );
});

Deno.test("renderCriticalChain() leads to a named service, whatever became of it", () => {
  assertStringIncludes(
    renderCriticalChain(timelineOf(failed)!, "mail")!,
    `
   @0 ms  +10 ms  init     until it was started
  @10 ms  +50 ms  network  failed
  @60 ms          mail     not started: network is not there
`,
  );
  assertStringIncludes(renderCriticalChain(timelineOf(failed)!)!, "slow  not ready");
  assertEquals(renderCriticalChain(timelineOf(failed)!, "nobody"), null);
  assertEquals(renderCriticalChain(timelineOf(journal([], []))!), null);
});

Deno.test("renderCriticalChain() admits that a journal tells nothing of dependencies", () => {
  const headless = timelineOf(retried.slice(retried.indexOf("\n") + 1))!;
  assertStringIncludes(renderCriticalChain(headless)!, "does not tell who depends on whom");
});

Deno.test("blameJson() and criticalChainJson() hold the same in numbers", () => {
  const timeline = timelineOf(retried)!;
  const { generation, outcome, endMs, services } = JSON.parse(blameJson(timeline));
  assertEquals([generation, outcome, endMs], ["abc", "ok", 508]);
  assertEquals(services[1], {
    name: "db",
    kind: "longrun",
    startMs: 105,
    readyMs: 405,
    tookMs: 300,
    slackMs: 0,
    attempts: [
      { startMs: 105, endMs: 155, result: "failed", failure: "exit code 1 before it was ready" },
      {
        startMs: 255,
        endMs: 305,
        result: "failed",
        failure: "killed by SIGSEGV (core dumped) before it was ready",
      },
      { startMs: 305, endMs: 405, result: "ready", failure: null },
    ],
  });
  const { chain } = JSON.parse(criticalChainJson(timeline)!);
  assertEquals(chain[2], { name: "web", waitedMs: 2, startMs: 407, endMs: 507, result: "ready" });
  assertEquals(criticalChainJson(timeline, "nobody"), null);
});
