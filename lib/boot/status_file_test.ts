import { assertEquals, assertRejects } from "@std/assert";
import { writeStatus } from "./status_file.ts";

Deno.test("writeStatus() makes the folder and leaves nothing but the file", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/a/b/status`;
  await writeStatus(path, "ok");
  assertEquals(await Deno.readTextFile(path), "ok\n");
  assertEquals([...Deno.readDirSync(`${folder}/a/b`)].map(({ name }) => name), ["status"]);
});

Deno.test("writeStatus() replaces the file and never writes into it", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/status`;
  await writeStatus(path, "failed");
  const before = await Deno.open(path);
  await writeStatus(path, "ok");
  // Whoever opened the old file still reads the old verdict, whole.
  assertEquals(await new Response(before.readable).text(), "failed\n");
  assertEquals(await Deno.readTextFile(path), "ok\n");
});

Deno.test("writeStatus() leaves a file alone that says so already", async () => {
  const path = `${await Deno.makeTempDir()}/status`;
  await writeStatus(path, "ok");
  const { ino } = await Deno.stat(path);
  await writeStatus(path, "ok");
  assertEquals((await Deno.stat(path)).ino, ino);
});

Deno.test("writeStatus() overwrites what a power cut has left", async () => {
  const path = `${await Deno.makeTempDir()}/status`;
  await Deno.writeTextFile(`${path}.new`, "fail");
  await writeStatus(path, "ok");
  assertEquals(await Deno.readTextFile(path), "ok\n");
});

Deno.test("writeStatus() rejects where there can be no file", async () => {
  await assertRejects(() => writeStatus("/dev/null/status", "ok"));
});
