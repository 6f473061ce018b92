import { assertEquals } from "@std/assert";
import { failed, journal, retried } from "../../tests/fixtures/boots.ts";
import { type ServiceLine, type Timeline, timelineOf } from "./analysis_timeline.ts";
import { attemptsOf, effortBefore, phaseAt, readyAt, settledAt, startedAt } from "./analysis_attempts.ts";

const serviceOf = (timeline: Timeline, name: string): ServiceLine =>
  timeline.services.find((line) => line.name === name)!;

Deno.test("timelineOf() tells what a boot was and how it ended", () => {
  const { generation, version, outcome, end, services } = timelineOf(retried)!;
  assertEquals({ generation, version, outcome, end: Math.round(end) }, {
    generation: "abc",
    version: "1.0",
    outcome: "ok",
    end: 508,
  });
  assertEquals(services.map(({ name }) => name), ["disk", "db", "clock", "web", "spare"]);
  assertEquals(services[3]!.dependencies, [
    { name: "disk", kind: "need" },
    { name: "db", kind: "need" },
    { name: "clock", kind: "after" },
  ]);
  assertEquals(services[4]!.spans, [], "nobody wanted it");
});

Deno.test("timelineOf() joins phases without gaps, and knows what ended them", () => {
  const db = serviceOf(timelineOf(retried)!, "db");
  assertEquals(
    db.spans.map(({ phase, from, to, failure }) => [phase, Math.round(from), Math.round(to), failure]),
    [
      ["blocked", 5, 105, null],
      ["starting", 105, 155, "exit code 1 before it was ready"],
      ["backoff", 155, 255, "exit code 1 before it was ready"],
      ["blocked", 255, 255, "exit code 1 before it was ready"],
      ["starting", 255, 305, "killed by SIGSEGV (core dumped) before it was ready"],
      ["blocked", 305, 305, "killed by SIGSEGV (core dumped) before it was ready"],
      ["starting", 305, 405, null],
      ["up", 405, 950, null],
    ],
  );
});

Deno.test("attemptsOf() numbers what became of each start", () => {
  const results = (text: string, name: string) =>
    attemptsOf(serviceOf(timelineOf(text)!, name)).map(({ result }) => result);
  assertEquals(results(retried, "db"), ["failed", "failed", "ready"]);
  assertEquals(results(failed, "slow"), ["failed"]);
  assertEquals(results(failed, "mail"), []);
  assertEquals(
    results(journal([], [[1, "starting", "a"], [2, "stopping", "a"], [3, "starting", "b"]]), "a"),
    ["stopped"],
  );
  assertEquals(results(journal([], [[3, "starting", "b"]]), "b"), ["pending"]);
});

Deno.test("the timeline of one service can be asked for its turning points", () => {
  const db = serviceOf(timelineOf(retried)!, "db");
  const round = (time: number | null) => time === null ? null : Math.round(time);
  assertEquals([startedAt(db), readyAt(db), settledAt(db, 508)].map(round), [105, 405, 405]);
  assertEquals(phaseAt(db, 200)?.phase, "backoff");
  assertEquals(phaseAt(db, 1), null);
  const effort = effortBefore(db, 405)!;
  assertEquals([effort.from, effort.wanted].map(round), [105, 5], "retries belong together");
  assertEquals(effortBefore(db, 50), null);
  const mail = serviceOf(timelineOf(failed)!, "mail");
  assertEquals([startedAt(mail), readyAt(mail), settledAt(mail, 8000)].map(round), [null, null, 60]);
});

Deno.test("effortBefore() does not reach behind a time at which a service was down or had to wait again", () => {
  const text = journal([], [
    [1, "starting", "a"],
    [2, "up", "a"],
    [3, "stopping", "a"],
    [4, "down", "a"],
    [5, "blocked", "a"],
    [6, "starting", "a"],
    [7, "up", "a"],
  ]);
  const effort = effortBefore(serviceOf(timelineOf(text)!, "a"), 7)!;
  assertEquals([effort.from, effort.wanted].map(Math.round), [6, 5]);
});

Deno.test("timelineOf() sees a verdict, a shutdown and the end of the file as ends of a boot", () => {
  const outcome = (text: string) => timelineOf(text)!.outcome;
  assertEquals(outcome(failed), "failed");
  assertEquals(Math.round(timelineOf(failed)!.end), 8000);
  assertEquals(
    outcome(journal([], [[5, "booted", null, { state: "degraded" }], [9, "shutdown"]])),
    "degraded",
  );
  const early = timelineOf(journal([], [[5, "starting", "a"], [9, "shutdown"], [20, "down", "a"]]))!;
  assertEquals([early.outcome, Math.round(early.end)], ["unfinished", 9]);
  const cut = timelineOf(retried.slice(0, retried.indexOf('"booted"')))!;
  assertEquals([cut.outcome, Math.round(cut.end)], ["unfinished", 507]);
});

Deno.test("timelineOf() takes the newest of several boots, and what it can of a journal without a beginning", () => {
  assertEquals(timelineOf(retried + failed)!.outcome, "failed");
  const headless = timelineOf(retried.slice(retried.indexOf("\n") + 1))!;
  assertEquals(headless.generation, null);
  assertEquals(headless.services.map(({ name, kind }) => [name, kind]), [
    ["disk", null],
    ["db", null],
    ["clock", null],
    ["web", null],
  ]);
  assertEquals(Math.round(headless.end), 503, "counted from its first entry");
  assertEquals(timelineOf(""), null);
  assertEquals(timelineOf("rubbish\n"), null);
});

Deno.test("timelineOf() takes nothing for granted in what a journal says", () => {
  const strange = journal([{ name: 7 }, { name: "a", kind: "miracle", needs: "b", after: [1, "b"] }], [
    [9, "up", "a"],
    [5, "stopping", "a", { after: { type: "novel" } }],
    [6, "down", "a", { why: "because" }],
  ]);
  const [a] = timelineOf(strange)!.services;
  assertEquals([a!.kind, a!.dependencies], [null, [{ name: "b", kind: "after" }]]);
  assertEquals(a!.spans.every(({ from, to }) => to >= from), true, "the clock does not run backwards");
  assertEquals(a!.spans[1]!.failure, 'failed: {"type":"novel"}');
});
