import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { attemptsOf } from "../../lib/cli/analysis_attempts.ts";
import { criticalChain, slacks } from "../../lib/cli/analysis_chain.ts";
import { timelineOf } from "../../lib/cli/analysis_timeline.ts";
import { renderPlot } from "../../lib/cli/plot.ts";
import { withInit } from "./harness.ts";

Deno.test("the journal of a real boot holds all that its analysis needs", async () => {
  const units = (folder: string) =>
    `const once = "test -e ${folder}/tried || { touch ${folder}/tried; exit 1; }";
    export const disk = defineService({ kind: "oneshot", run: () => sh("sleep 0.05") });
    export const flaky = defineService({ deps: { disk }, run: () => sh(once + "; echo >&3; exec sleep 1000"),
      ready: notificationFd(3), restart: { delay: seconds(0.05) } });
    export const slow = defineService({ deps: { flaky }, run: () => sh("sleep 0.3; echo >&3; exec sleep 1000"),
      ready: notificationFd(3) });
    export const quick = defineService({ deps: { disk: optional(disk) }, run: () => sh("exec sleep 1000"),
      ready: spawned() });
    export const web = defineService({ deps: { slow, quick: after(quick) }, run: () => sh("exec sleep 1000"),
      ready: spawned() });
    export default defineSystem({ boot: defineBundle([good, web, quick]) });`;
  await withInit({ units }, async (init) => {
    await init.event("booted");
    const text = await Deno.readTextFile(join(init.runtimeDir, "boot.jsonl"));
    const timeline = timelineOf(text)!;
    assertEquals([timeline.generation, timeline.outcome], ["dev", "ok"]);
    const named = new Map(timeline.services.map((line) => [line.name, line]));
    assertEquals([...named.keys()].sort(), ["disk", "flaky", "good", "quick", "slow", "web"]);
    assertEquals(named.get("disk")!.kind, "oneshot");
    assertEquals(named.get("web")!.dependencies, [
      { name: "slow", kind: "need" },
      { name: "quick", kind: "after" },
    ]);
    assertEquals(attemptsOf(named.get("flaky")!).map(({ result }) => result), ["failed", "ready"]);

    const chain = criticalChain(timeline)!;
    assertEquals(chain.map(({ service }) => service), ["disk", "flaky", "slow", "web"]);
    const sum = chain.reduce((total, { waited, from, to }) => total + waited + to - from, 0);
    assert(Math.abs(sum - chain.at(-1)!.to) < 1e-6 && sum <= timeline.end);
    assert(chain.every(({ waited, from, to }) => waited >= 0 && to >= from));
    assertEquals(slacks(timeline).get("slow"), 0);
    assert(slacks(timeline).get("quick")! > 0, "it had room while slow was slow");
    assert(renderPlot(timeline).includes("2 attempts"));

    // What is read while init still writes, or after it was killed, is as much of the boot as is there.
    const cut = timelineOf(text.slice(0, text.indexOf('"event":"booted"')))!;
    assertEquals(cut.outcome, "unfinished");
    assertEquals(criticalChain(cut)!.map(({ service }) => service), ["disk", "flaky", "slow", "web"]);
  });
});
