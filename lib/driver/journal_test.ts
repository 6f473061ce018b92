import { assertEquals } from "@std/assert";
import { after, defineService, milestone, optional, spawned } from "denit";
import { graphOf } from "../../tests/fixtures/graph_of.ts";
import { cast, Journal } from "./journal.ts";

function journal() {
  const written: string[] = [];
  const graph = graphOf({
    web: defineService({ run: () => ({ argv: ["/bin/web"] }), ready: spawned() }),
  });
  return { journal: new Journal(graph, (text) => written.push(text)), written };
}

Deno.test("Journal writes one JSON object a line, with the time in nanoseconds", () => {
  const { journal: j, written } = journal();
  j.note(0, "boot", null, { pid: 1 });
  j.noteEvent(1.5, { type: "start", id: 0 });
  j.notePhase(2, 0, { phase: "backoff", until: 7 }, { reason: "dependency", on: 0 });
  assertEquals(written, []);
  j.flush();
  assertEquals(written.length, 1);
  assertEquals(written[0]?.trimEnd().split("\n").map((line) => JSON.parse(line)), [
    { t: 0, event: "boot", pid: 1 },
    { t: 1_500_000, event: "start", service: "web" },
    { t: 2_000_000, event: "backoff", service: "web", until: 7, why: { reason: "dependency", on: "web" } },
  ]);
});

Deno.test("Journal writes nothing where there is nothing, and nothing twice", () => {
  const { journal: j, written } = journal();
  j.flush();
  j.note(1, "boot", null);
  j.flush();
  j.flush();
  assertEquals(written, ['{"t":1000000,"event":"boot"}\n']);
});

Deno.test("Journal keeps nanoseconds exact after a year of uptime", () => {
  const { journal: j, written } = journal();
  j.note(365 * 86_400_000 + 0.125, "boot", null);
  j.flush();
  assertEquals(written, ['{"t":31536000000125000,"event":"boot"}\n']);
});

Deno.test("cast() tells who waits for whom, whoever others depend on first, and nothing that is not so", () => {
  const run = () => ({ argv: ["/bin/daemon"] }) as const;
  const disk = defineService({ kind: "oneshot", run });
  const db = defineService({ deps: { disk }, run, ready: spawned() });
  const clock = defineService({ run, ready: spawned() });
  const web = defineService({ deps: { db, disk, clock: optional(clock) }, run, ready: spawned() });
  const cron = defineService({ deps: { web: after(web), db: milestone(db) }, run, ready: spawned() });
  const told = JSON.parse(JSON.stringify(cast(graphOf({ disk, db, clock, web, cron }))));
  assertEquals(told, [
    { name: "clock", kind: "longrun" },
    { name: "disk", kind: "oneshot" },
    { name: "db", kind: "longrun", needs: ["disk"] },
    { name: "web", kind: "longrun", needs: ["db", "disk"], optional: ["clock"] },
    { name: "cron", kind: "longrun", after: ["web"], milestone: ["db"] },
  ]);
});
