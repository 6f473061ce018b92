import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { withInit } from "./harness.ts";

Deno.test("script() gets and yields typed data of any size, and its console is its log", async () => {
  const units = () =>
    `export const source = script({ run: async () => {
        console.log("making");
        console.error("warning");
        await new Promise((resolve) => setTimeout(resolve, 5));
        return { rows: Array.from({ length: 5000 }, (_, id) => ({ id, text: "zeile ü " + id + " ".repeat(20) })) };
      }, undo: ({}, { rows }) => console.log("undo of " + rows.length) });
    export const shell = defineService({ kind: "oneshot", run: () => sh('echo "[1,2]"'), output: json() });
    export const sum = script({ deps: { source, shell },
      run: ({ source, shell }) => source.rows.reduce((sum, { id }) => sum + id, 0) + shell[0] });
    export const nothing = script({ run: () => {} });
    export const user = defineService({ deps: { sum, nothing }, ready: spawned(),
      run: ({ sum, nothing }) => sh("echo " + sum + " " + JSON.stringify(nothing) + "; exec sleep 1000") });
    export default defineSystem({ boot: defineBundle([good, user]) });`;
  await withInit({ units }, async (init) => {
    await init.event("booted");
    assertEquals(init.all("booted")[0]!.state, "ok");
    await init.eventually(async () => await init.log("user") === "12497501 null\n", "the sum in the log");
    const size = JSON.stringify(init.all("exited", "source")[0]!.output).length;
    assert(size > 200_000, `${size}`);
    init.signal("SIGTERM");
    assertEquals(await init.ended(), 0);
    assertEquals((await init.log("source")).split("\n"), ["making", "warning", "undo of 5000", ""]);
  });
});

Deno.test("script() that throws has failed, and the stack is in its log", async () => {
  const units = (folder: string) =>
    `const cause = () => { throw new Error("the disk is gone"); };
    export const throwing = script({ run: () => cause() });
    export const rejecting = script({ run: async () => { await null; cause(); } });
    export const exiting = script({ run: () => { Deno.exit(9); } });
    export const silent = script({ run: () => { Deno.exit(0); } });
    export const endless = script({ run: () => { for (;;); }, timeout: seconds(1), stop: { timeout: seconds(0.3) } });
    export const strayed = script({ run: () => { setTimeout(() => { throw new Error("strayed"); }); return new Promise((done) => setTimeout(() => done(1), 50)); } });
    export const cyclic = script({ run: () => { const a = {}; a.a = a; return a; } });
    export const big = script({ run: () => 1n });
    export const huge = script({ run: () => "x".repeat(1.1e6) });
    export const retried = script({ restart: { on: "on-failure", delay: seconds(0) }, run: () => {
      Deno.writeTextFileSync("${folder}/tries", "x", { append: true });
      if (Deno.readTextFileSync("${folder}/tries").length < 2) throw new Error("not yet");
      return "at last";
    } });
    export const noUndo = script({ run: () => 5, undo: (_, output) => { throw new Error("stays " + output); } });
    export default defineSystem({ boot: defineBundle([good, throwing, rejecting, exiting, silent, endless, strayed, cyclic, big, huge, retried, noUndo]) });`;
  await withInit({ units }, async (init) => {
    await init.event("booted");
    const final = (service: string) => init.told(service).at(-1)!.replace("down: ", "");
    await init.says("booted in");
    for (const service of ["throwing", "rejecting"]) {
      assertEquals(final(service), "exit code 1");
      assertMatch(
        await init.log(service),
        /^Error: the disk is gone\n {4}at cause \(file:.*units\.ts:\d+:\d+\)\n/,
      );
    }
    assertEquals(final("exiting"), "exit code 9");
    assertEquals(final("silent"), 'its output is not JSON: cannot parse "" as JSON');
    assertMatch(final("endless"), /^not done after [\d.]+ s/);
    assertEquals(init.all("exited", "endless")[0]!.status, { signal: "SIGTERM", core: false });
    assertStringIncludes(await init.log("cyclic"), "circular structure");
    assertStringIncludes(await init.log("big"), "BigInt");
    assertEquals(final("huge"), "it printed more than 1048576 bytes as its output");
    assertEquals(init.all("exited", "retried").map(({ status }) => status), [{ code: 1 }, { code: 0 }]);
    assertStringIncludes(await init.log("strayed"), "Error: strayed");
    init.signal("SIGTERM");
    assertEquals(await init.ended(), 1);
    assertStringIncludes(await init.log("no-undo"), "Error: stays 5");
    assertMatch(init.told("no-undo").at(-1)!, /not cleanly: exit code 1$/);
  });
});
