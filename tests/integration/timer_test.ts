/** Timers: they run when it is time, never two at once, and whatever becomes of a run, the timer stays. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { delay } from "@std/async/delay";
import { join } from "@std/path";
import { build, silentProgress } from "../../lib/build/mod.ts";
import { ask, faultOf, resultOf } from "./ask.ts";
import { type Init, withInit } from "./harness.ts";

async function serviceOf(init: Init, name: string): Promise<Record<string, unknown>> {
  const { services } = resultOf(await ask(init, "status", { names: [name] })) as {
    services: Record<string, unknown>[];
  };
  return services[0]!;
}

/** Timers by the text of their jobs, and a service that needs the first of them. */
const system = (timers: Record<string, readonly [settings: string, text: string]>) => (folder: string) =>
  Object.entries(timers).map(([name, [settings, text]]) => `
export const ${name} = timer({
  ${settings.replaceAll("FOLDER", folder)},
  run: () => ({ ...sh(${JSON.stringify(text)}), env: { FOLDER: "${folder}" } }),
});`).join("\n") + `
export const user = defineService({ deps: { ${
    Object.keys(timers)[0]
  } }, run: () => sh("exec sleep 100000"), ready: spawned() });
export default defineSystem({ boot: defineBundle([good, user, ${Object.keys(timers)}]) });`;

Deno.test("timer() runs at its interval, is up meanwhile, and disturbs nobody who needs it", async () => {
  await withInit({ units: system({ beat: ["every: seconds(0.2)", "echo beat"] }) }, async (init) => {
    await init.event("up", "beat");
    const user = await init.up("user");
    await init.event("spawned", "beat", 4);
    // However busy the machine is: none is early, the first one comes after the interval, too.
    const [boot] = init.all("boot");
    const waited = init.all("spawned", "beat").map(({ t }) => (t - boot!.t) / 1e6);
    assertEquals(waited.filter((time, at) => time < 200 * (at + 1)), []);
    assertEquals([init.livePid("user"), (await serviceOf(init, "beat")).restarts], [user, 0]);
  });
});

Deno.test("timer() never runs twice at once, and makes up for what has passed by one run", async () => {
  const text = "echo starts; until [ -e $FOLDER/go ]; do sleep 0.01; done; echo ends";
  await withInit({ units: system({ slow: ["every: seconds(0.1), first: 0", text] }) }, async (init) => {
    await init.event("spawned", "slow");
    const { message } = faultOf(await ask(init, "trigger", { name: "slow" }));
    assertStringIncludes(message, "it runs already");
    // Time for several runs, of which none may begin: nobody tells of what does not happen.
    await delay(350);
    assertEquals(init.all("spawned", "slow").length, 1);
    Deno.writeTextFileSync(join(init.folder, "go"), "");
    await init.event("spawned", "slow", 3);
    const [first, second] = init.all("spawned", "slow").map(({ t }) => t / 1e6);
    assert(second! - first! >= 350, `${second! - first!} ms`);
  });
});

Deno.test("timer() stays when a run fails or takes too long, and says how", async () => {
  const units = system({
    failing: ["every: hours(1), first: 0", "echo tries; exit 3"],
    long: [
      "every: hours(1), first: 0, timeout: seconds(0.1), stop: { timeout: seconds(0.1) }",
      "trap '' TERM; echo runs; sleep 100000",
    ],
    often: ["every: seconds(0.05)", "exit 1"],
  });
  const expected = { failing: "exit code 3", long: "0.1 s" };
  await withInit({ units }, async (init) => {
    for (const [name, cause] of Object.entries(expected)) {
      await init.event("spawned", name);
      const isArmed = async () => {
        const { phase, lastFailure } = await serviceOf(init, name);
        return phase === "up" && lastFailure !== null;
      };
      await init.eventually(isArmed, `${name} is armed again`);
      const { lastFailure, wanted, nextRun } = await serviceOf(init, name);
      assertStringIncludes(String((lastFailure as { text: string }).text), cause);
      assert(wanted === "up" && typeof nextRun === "string");
    }
    // One that fails all the time is slowed down.
    await init.event("spawned", "often", 3);
    const [first, , third] = init.all("spawned", "often").map(({ t }) => t / 1e6);
    assert(third! - first! > 900, `${third! - first!} ms`);
  });
});

Deno.test("initctl trigger has a timer run now, and tells how that went", async () => {
  const units = system({
    good1: ["every: hours(100)", "echo done"],
    bad: ["every: hours(100)", "exit 4"],
    waits: ["every: hours(100)", "until [ -e $FOLDER/go ]; do sleep 0.01; done"],
  });
  await withInit({ units }, async (init) => {
    await init.event("up", "waits");
    assertEquals(resultOf(await ask(init, "trigger", { name: "good1" })), { done: ["good1"] });
    assertStringIncludes(await init.log("good1"), "done");
    assertStringIncludes(faultOf(await ask(init, "trigger", { name: "bad" })).message, "exit code 4");
    const waiting = ask(init, "trigger", { name: "waits" });
    await init.event("spawned", "waits");
    Deno.writeTextFileSync(join(init.folder, "go"), "");
    assertEquals(resultOf(await waiting), { done: ["waits"] });
    assertStringIncludes(faultOf(await ask(init, "trigger", { name: "good" })).message, "waits for no time");
    resultOf(await ask(init, "stop", { names: ["waits"] }));
    assertStringIncludes(faultOf(await ask(init, "trigger", { name: "waits" })).message, "is down");
  });
});

Deno.test("timer() that is stopped during a run tells it to end, and then is down", async () => {
  const text = "trap 'echo told; exit 0' TERM; echo runs; while :; do sleep 0.01; done";
  await withInit({ units: system({ job: ["every: hours(1), first: 0", text] }) }, async (init) => {
    await init.eventually(async () => (await init.log("job")).includes("runs"), "it runs");
    assertEquals(resultOf(await ask(init, "stop", { names: ["job"], force: true })), {
      down: ["job", "user"],
      notes: [],
    });
    assertStringIncludes(await init.log("job"), "told");
    assertEquals((await serviceOf(init, "job")).nextRun, null);
  });
});

Deno.test("timer() with persist makes up at once for what was missed, and remembers its runs", async () => {
  const units = system({
    missed: ['at: "daily", persist: "FOLDER/missed"', "echo made up"],
    recent: ['every: hours(10), persist: "FOLDER/recent"', "echo too early"],
    fresh: ['at: "yearly", persist: "FOLDER/fresh"', "echo too early"],
    broken: ['every: hours(10), persist: "FOLDER/none/broken"', "echo ran"],
  });
  await withInit({
    units: (folder) => {
      Deno.writeTextFileSync(join(folder, "missed"), "");
      Deno.writeTextFileSync(join(folder, "recent"), "");
      const daysAgo = new Date(Date.now() - 3 * 86_400_000);
      Deno.utimeSync(join(folder, "missed"), daysAgo, daysAgo);
      return units(folder);
    },
  }, async (init) => {
    await init.eventually(async () => (await init.log("missed")).includes("made up"), "it is made up for");
    await init.eventually(
      () => Date.now() - Deno.statSync(join(init.folder, "missed")).mtime!.getTime() < 60_000,
      "the run is remembered",
    );
    await init.eventually(async () => (await serviceOf(init, "missed")).phase === "up", "it is armed");
    const next = Date.parse(String((await serviceOf(init, "missed")).nextRun));
    assert(next > Date.now() && next % 86_400_000 === 0, "the next one comes at midnight");
    const due = Date.parse(String((await serviceOf(init, "recent")).nextRun));
    assert(Math.abs(due - Date.now() - 36_000_000) < 60_000, "from its last run on");
    assertEquals([await init.log("recent"), await init.log("fresh")], ["", ""]);
    resultOf(await ask(init, "trigger", { name: "broken" }));
    await init.event("timerFault", "broken");
    assertStringIncludes(String(init.all("timerFault", "broken")[0]!["detail"]), "/none/broken");
  });
});

Deno.test("a run goes on under another generation, and its end arms the timer there", async () => {
  const folder = await Deno.makeTempDir({ prefix: "denit-timer-switch-" });
  try {
    const units = join(folder, "units.ts");
    await Deno.writeTextFile(
      units,
      `import { defineBundle, defineSystem, hours, seconds, timer } from "denit";
export const job = timer({ at: "*:*:0/1", timeZone: "Europe/Berlin", run: () => ({ argv: ["/bin/sh", "-c", "echo $$ >> ${folder}/runs; until [ -e ${folder}/go ]; do sleep 0.01; done"] }) });
export const later = timer({ every: hours(1), first: 0, run: () => ({ argv: ["/bin/true"] }) });
export default defineSystem({ boot: defineBundle([job, later]) });
`,
    );
    const built = await build({ units, out: join(folder, "out"), progress: silentProgress });
    assert(built.ok, built.ok ? "" : built.problems.join("\n"));
    await withInit({ units: () => "", binary: built.init }, async (init) => {
      await init.event("spawned", "job");
      await init.eventually(async () => (await serviceOf(init, "later")).nextRun !== null, "later is armed");
      const before = (await serviceOf(init, "later")).nextRun;
      // A switch waits until nothing is on its way: the job is told to end by nobody, so it ends by itself.
      Deno.writeTextFileSync(join(folder, "go"), "");
      const { success, stderr } = await new Deno.Command(built.init, {
        args: ["ctl", "--runtime-dir", init.runtimeDir, "switch", built.init],
      }).output();
      assert(success, new TextDecoder().decode(stderr));
      const runs = init.all("spawned", "job").length;
      await init.event("spawned", "job", runs + 1);
      const after = (await serviceOf(init, "later")).nextRun;
      const apart = Math.abs(Date.parse(String(after)) - Date.parse(String(before)));
      assert(apart <= 1000, "an interval goes on under the next init");
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
