import { assertEquals } from "@std/assert";
import { defineService, seconds, spawned } from "denit";
import { graphOf } from "../../tests/fixtures/graph_of.ts";
import type { GenerationStatus } from "./status_file.ts";
import { BootJudge, type Court } from "./watchdog.ts";

/** A judge over two services with a deadline of 10 s, and what it does. `disk` says how writing goes. */
function court(
  disk: () => Promise<void> = () => Promise.resolve(),
  more: Pick<Court, "other" | "forgive"> = {},
) {
  const service = () => defineService({ run: () => ({ argv: ["/bin/x"] }), ready: spawned() });
  const a = service(), b = service();
  const watchdog = { success: [a, b], deadline: seconds(10), statusFile: (id: string) => `/persist/${id}` };
  const graph = graphOf({ a, b }, { watchdog });
  const done: unknown[] = [];
  const judge = new BootJudge(graph, "g1", 1000, {
    write: (path: string, status: GenerationStatus, reason: string) => {
      done.push(`write ${status} to ${path}${reason && `: ${reason}`}`);
      return disk();
    },
    ...more,
    onVerdict: (verdict, awaited, other) =>
      void done.push([verdict, ...awaited, ...other === undefined ? [] : [`to ${other}`]]),
    onFault: (fault) => void done.push(fault),
  });
  return { judge, done, a: graph.ids.get("a")!, b: graph.ids.get("b")! };
}

/** Lets what was promised happen. */
const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

Deno.test("BootJudge writes ok once every service has been ready, and then nothing more", async () => {
  const { judge, done, a, b } = court();
  assertEquals(judge.due(), 11_000);
  judge.noteUp(a, 2000);
  judge.noteUp(a, 2500);
  assertEquals(done, []);
  judge.noteUp(b, 3000);
  judge.noteUp(b, 3500);
  await turn();
  assertEquals(done, ["write ok to /persist/g1", ["ok"]]);
  assertEquals(judge.due(), null);
});

Deno.test("BootJudge writes failed at the deadline, and says who was awaited", async () => {
  const { judge, done, a } = court();
  judge.noteUp(a, 2000);
  judge.ring(11_000);
  await turn();
  assertEquals(done, ["write failed to /persist/g1: not ready: b", ["failed", "b"]]);
  assertEquals(judge.verdict, "failed");
});

Deno.test("BootJudge stays with its verdict", async () => {
  const { judge, done, a, b } = court();
  judge.ring(11_000);
  judge.noteUp(a, 12_000);
  judge.noteUp(b, 12_000);
  await turn();
  assertEquals(judge.verdict, "failed");
  assertEquals(done.length, 2);
});

Deno.test("BootJudge tries to write ok until the disk takes it, and complains once", async () => {
  let tries = 0;
  const full = () => ++tries < 3 ? Promise.reject(new Error("No space left on device")) : Promise.resolve();
  const { judge, done, a, b } = court(full);
  judge.noteUp(a, 2000);
  judge.noteUp(b, 2000);
  await turn();
  assertEquals(judge.due(), 7000);
  judge.ring(7000);
  await turn();
  judge.ring(12_000);
  await turn();
  assertEquals(done.filter((item) => !String(item).startsWith("write")), [
    "cannot write ok to /persist/g1: No space left on device",
    ["ok"],
  ]);
});

Deno.test("BootJudge ends a failed boot whether or not that can be written", async () => {
  const { judge, done } = court(() => Promise.reject(new Error("read-only")));
  judge.ring(11_000);
  await turn();
  assertEquals(done.at(-1), ["failed", "a", "b"]);
  assertEquals(judge.due(), null);
});

Deno.test("BootJudge condemns a boot that ends before it has succeeded, once", async () => {
  const { judge, done } = court();
  judge.condemn(2000);
  judge.condemn(2001);
  await turn();
  assertEquals(done, ["write failed to /persist/g1: not ready: a, b", ["failed", "a", "b"]]);
});

Deno.test("BootJudge does not judge who shuts down on purpose", () => {
  const { judge } = court();
  judge.disarm();
  judge.condemn(3000);
  assertEquals([judge.due(), judge.verdict], [null, null]);
});

Deno.test("BootJudge says where to go after a failure, written down or not, and nowhere else", async () => {
  for (const disk of [() => Promise.resolve(), () => Promise.reject(new Error("read-only"))]) {
    const { judge, done } = court(disk, { other: (path) => Promise.resolve(`${path}-other`) });
    judge.ring(11_000);
    await turn();
    assertEquals(done.at(-1), ["failed", "a", "b", "to /persist/g1-other"]);
  }
  const { judge, done, a, b } = court(undefined, { other: () => Promise.resolve("elsewhere") });
  judge.noteUp(a, 2000);
  judge.noteUp(b, 2000);
  await turn();
  assertEquals(done.at(-1), ["ok"]);
});

Deno.test("BootJudge delivers a failure even if nobody can tell where to go", async () => {
  const { judge, done } = court(undefined, { other: () => Promise.reject(new Error("the disk is gone")) });
  judge.ring(11_000);
  await turn();
  assertEquals(done.at(-1), ["failed", "a", "b"]);
});

Deno.test("BootJudge forgives who shuts down on purpose before the verdict, once, and nobody after it", async () => {
  const forgiven: string[] = [];
  const forgive = (path: string) => {
    forgiven.push(path);
    return Promise.reject(new Error("read-only"));
  };
  const { judge } = court(undefined, { forgive });
  judge.disarm();
  judge.disarm();
  await turn();
  assertEquals(forgiven, ["/persist/g1"]);
  const judged = court(undefined, { forgive });
  judged.judge.ring(11_000);
  judged.judge.disarm();
  await turn();
  assertEquals(forgiven.length, 1);
});
