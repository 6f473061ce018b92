import { assert, assertEquals, assertRejects } from "@std/assert";
import { program, type Run } from "./programs.ts";

/** Runs a script as one of the programs: it lies in a folder that PATH then consists of. */
async function runAs(script: string | null, settings?: Run): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "denit-programs-" });
  const path = Deno.env.get("PATH");
  try {
    if (script !== null) await Deno.writeTextFile(`${folder}/ip`, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    Deno.env.set("PATH", folder);
    await program(["ip", "link", "show"], settings);
  } finally {
    if (path !== undefined) Deno.env.set("PATH", path);
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("program() fails with the exit code and the last words on standard error", async () => {
  const error = await assertRejects(() =>
    runAs("echo out; echo one >&2; echo two >&2; echo three >&2; echo out; exit 3")
  );
  assert(error instanceof Error);
  assertEquals(error.message, "cannot run ip link show: exit code 3: two; three");
});

Deno.test("program() takes the last words on standard output where there are no others", async () => {
  await assertRejects(() => runAs("echo inconsistent; exit 4"), Error, "exit code 4: inconsistent");
  await assertRejects(() => runAs("exit 4"), Error, "cannot run ip link show: exit code 4");
});

Deno.test("program() names the signal that has ended a program", async () => {
  await assertRejects(() => runAs("kill -KILL $$"), Error, "cannot run ip link show: SIGKILL");
});

Deno.test("program() takes the exit codes that are no failure for none, and no others", async () => {
  await runAs("exit 1", { fine: [0, 1] });
  await assertRejects(() => runAs("exit 2", { fine: [0, 1] }), Error, "exit code 2");
});

Deno.test("program() hands over the input, and its end; a program need not read it", async () => {
  await runAs('read a; read b; [ "$a $b" = "1 2" ] && ! read c', { input: "1\n2\n" });
  await runAs("exit 0", { input: "x".repeat(1_000_000) });
});

Deno.test("program() without input gives none", async () => {
  await runAs("! read a");
});

Deno.test("program() names the package that holds a program that is missing", async () => {
  await assertRejects(() => runAs(null), Error, "add the package iproute2 to the image");
});
