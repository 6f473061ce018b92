import { assertEquals, assertRejects } from "@std/assert";
import { forgiveBoots, writeStatus } from "./status_file.ts";

/** A test with a folder of its own, which is gone afterwards. */
function testIn(name: string, test: (folder: string) => Promise<void>): void {
  Deno.test(name, async () => {
    const folder = await Deno.makeTempDir();
    try {
      await test(folder);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

testIn("writeStatus() makes the folder and leaves nothing but the file", async (folder) => {
  const path = `${folder}/a/b/status`;
  await writeStatus(path, "ok");
  assertEquals(await Deno.readTextFile(path), "ok\n");
  assertEquals([...Deno.readDirSync(`${folder}/a/b`)].map(({ name }) => name), ["status"]);
});

testIn("writeStatus() replaces the file and never writes into it", async (folder) => {
  const path = `${folder}/status`;
  await writeStatus(path, "failed");
  const before = await Deno.open(path);
  await writeStatus(path, "ok");
  // Whoever opened the old file still reads the old verdict, whole.
  assertEquals(await new Response(before.readable).text(), "failed\n");
  assertEquals(await Deno.readTextFile(path), "ok\n");
});

testIn("writeStatus() leaves a file alone that says so already", async (folder) => {
  const path = `${folder}/status`;
  await writeStatus(path, "ok");
  const { ino } = await Deno.stat(path);
  await writeStatus(path, "ok");
  assertEquals((await Deno.stat(path)).ino, ino);
});

testIn("writeStatus() overwrites what a power cut has left", async (folder) => {
  const path = `${folder}/status`;
  await Deno.writeTextFile(`${path}.new`, "fail");
  await writeStatus(path, "ok");
  assertEquals(await Deno.readTextFile(path), "ok\n");
});

Deno.test("writeStatus() rejects where there can be no file", async () => {
  await assertRejects(() => writeStatus("/dev/null/status", "ok"));
});

testIn(
  "writeStatus() says why in a folder of generations, and keeps in mind that a generation was good",
  async (folder) => {
    const path = `${folder}/a/status`;
    await Deno.mkdir(`${folder}/a`);
    await Deno.writeTextFile(`${folder}/a/number`, "1\n");
    const names = () => [...Deno.readDirSync(`${folder}/a`)].map(({ name }) => name).sort();
    await writeStatus(path, "failed", "not ready: web");
    assertEquals([await Deno.readTextFile(path), names()], ["failed not ready: web\n", ["number", "status"]]);
    // Somebody else has written this.
    await Deno.writeTextFile(path, "ok\n");
    await writeStatus(path, "failed", "not ready: web");
    assertEquals(names(), ["good", "number", "status"]);
    await writeStatus(path, "ok");
    assertEquals([await Deno.readTextFile(path), names()], ["ok\n", ["good", "number", "status"]]);
  },
);

testIn("writeStatus() says one word in any other file, and writes nothing beside it", async (folder) => {
  for (const verdict of ["ok", "failed"] as const) {
    await writeStatus(`${folder}/status`, verdict, "not ready: web");
    assertEquals(await Deno.readTextFile(`${folder}/status`), `${verdict}\n`);
  }
  assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["status"]);
});

testIn(
  "forgiveBoots() forgets what was counted in a folder of generations, and touches nothing elsewhere",
  async (folder) => {
    await Deno.writeTextFile(`${folder}/unjudged`, "3\n");
    await forgiveBoots(`${folder}/status`);
    assertEquals(await Deno.readTextFile(`${folder}/unjudged`), "3\n");
    await Deno.writeTextFile(`${folder}/number`, "1\n");
    await forgiveBoots(`${folder}/status`);
    await forgiveBoots(`${folder}/status`);
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["number"]);
  },
);
