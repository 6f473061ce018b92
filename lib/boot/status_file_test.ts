import { assertEquals, assertRejects } from "@std/assert";
import { writeStatus } from "./status_file.ts";

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
