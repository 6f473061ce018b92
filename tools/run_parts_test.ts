import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { renderTally, runParts } from "./test.ts";
import type { Part } from "./test_parts.ts";

/** Runs one part that consists of a test module, and says how the runner counts it. */
async function tallyOf(source: string, settings: Partial<Part> = {}, required = false): Promise<string> {
  const dir = await Deno.makeTempDir();
  try {
    const path = join(dir, "a_test.ts");
    await Deno.writeTextFile(path, source);
    const part = {
      name: "one",
      paths: [path],
      flags: ["--quiet", "--no-check", "-A"],
      limit: 60,
      obstacle: noObstacle,
      ...settings,
    };
    return renderTally(await runParts([part], { required, quiet: true }));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const noObstacle = () => Promise.resolve(null);
const passing = `Deno.test("passes", () => {});`;
const ignored = `Deno.test({ name: "is ignored", ignore: true, fn() {} });`;

Deno.test("runParts() counts what passed and what failed", async () => {
  assertEquals(await tallyOf(passing), "1 passed, 0 failed");
  assertEquals(
    await tallyOf(`${passing} Deno.test("fails", () => { throw new Error("x"); });`),
    "1 passed, 1 failed",
  );
});

Deno.test("runParts() counts a part as failed that tells of no failed test", async () => {
  assertEquals(await tallyOf(`${passing} throw new Error("while loading");`), "0 passed, 1 failed");
  assertEquals(
    await tallyOf(`${passing} const x: number = "no number"; x;`, { flags: ["--quiet"] }),
    "0 passed, 1 failed",
  );
  assertEquals(
    await tallyOf(`Deno.test("kills", () => Deno.kill(Deno.pid, "SIGKILL"));`),
    "0 passed, 1 failed",
  );
  assertEquals(await tallyOf(ignored), "0 passed, 1 failed");
});

Deno.test("runParts() ends a part that hangs", async () => {
  const hanging = `Deno.test("hangs", () => new Promise(() => setInterval(() => {}, 1000)));`;
  assertEquals(await tallyOf(hanging, { limit: 5 }), "0 passed, 1 failed");
});

Deno.test("runParts() lets a part be that cannot run, unless everything is required", async () => {
  const obstacle = () => Promise.resolve("there is no moon");
  assertEquals(await tallyOf(passing, { obstacle }), "0 passed, 0 failed");
  assertEquals(await tallyOf(passing, { obstacle }, true), "0 passed, 1 failed");
  assertEquals(await tallyOf(`${passing} ${ignored}`), "1 passed, 0 failed");
  assertEquals(await tallyOf(`${passing} ${ignored}`, {}, true), "1 passed, 1 failed");
});
