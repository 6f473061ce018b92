import { assertEquals, assertRejects } from "@std/assert";
import { realDisk } from "./generation_disk.ts";
import { isCandidate, otherGeneration, parseStatus, readGenerations } from "./generation_folder.ts";

/** Makes generations of what their files say, and takes them away afterwards. */
async function withGenerations(
  files: Readonly<Record<string, string>>,
  test: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [path, text] of Object.entries(files)) {
      await Deno.mkdir(`${folder}/${path.split("/")[0]}`, { recursive: true });
      await Deno.writeTextFile(`${folder}/${path}`, text);
    }
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("parseStatus() understands what may stand there, with a line's end or without", () => {
  assertEquals(parseStatus("pending 3\n"), { says: "pending", tries: 3 });
  assertEquals(parseStatus("pending 0"), { says: "pending", tries: 0 });
  assertEquals(parseStatus("ok\n"), { says: "ok" });
  assertEquals(parseStatus("failed\n"), { says: "failed", reason: "" });
  assertEquals(parseStatus("failed not ready: a, b\n"), { says: "failed", reason: "not ready: a, b" });
});

Deno.test("parseStatus() takes nothing for a status that is none", () => {
  for (
    const text of [
      "",
      "\n",
      "o",
      "okay\n",
      "ok 1\n",
      " ok\n",
      "pending\n",
      "pending -1\n",
      "pending 3 \n",
      "pending 1e3\n",
      "pending 9999999999\n",
      "failed\nok\n",
      "ok\n\n",
      "failedx\n",
      "\0\0\0",
    ]
  ) {
    assertEquals(parseStatus(text), null, JSON.stringify(text));
  }
});

Deno.test("readGenerations() puts the newest first by number, and names what is no generation", async () => {
  const files = {
    "old/number": "2\n",
    "old/status": "ok\n",
    "new/number": "10",
    "new/status": "pending 2\n",
    "was/number": "3\n",
    "was/status": "failed too slow\n",
    "was/good": "",
    "broken/number": "1\n",
    "broken/status": "o",
    "half/status": "pending 3\n",
    "odd/number": "two\n",
    ".hidden/number": "7\n",
    ".hidden/status": "ok\n",
    "old/unjudged": "4\n",
  };
  await withGenerations(files, async (folder) => {
    await Deno.writeTextFile(`${folder}/lock`, "");
    await Deno.symlink("new", `${folder}/current`);
    const { generations, strange } = await readGenerations(realDisk, folder);
    assertEquals(generations.map(({ id, number, wasGood, unjudged }) => [id, number, wasGood, unjudged]), [
      ["new", 10, false, 0],
      ["was", 3, true, 0],
      ["old", 2, true, 4],
      ["broken", 1, false, 0],
    ]);
    assertEquals(strange.toSorted(), [
      '".hidden" is no id of a generation',
      "broken has no readable status",
      "half has no readable number",
      "odd has no readable number",
    ]);
    assertEquals(generations.filter(isCandidate).map(({ id }) => id), ["new", "old"]);
  });
});

Deno.test("readGenerations() rejects where there is no folder", async () => {
  await assertRejects(
    () => readGenerations(realDisk, "/nowhere/at/all"),
    Error,
    "cannot list /nowhere/at/all: No such",
  );
});

Deno.test("otherGeneration() finds another candidate, older or newer, and never the own one", async () => {
  const files = { "a/number": "1\n", "a/status": "ok\n", "b/number": "2\n", "b/status": "pending 0\n" };
  await withGenerations(files, async (folder) => {
    assertEquals(await otherGeneration(`${folder}/b/status`), "a");
    assertEquals(await otherGeneration(`${folder}/a/status`), null);
    await Deno.writeTextFile(`${folder}/b/status`, "pending 1\n");
    assertEquals(await otherGeneration(`${folder}/a/status`), "b");
  });
});

Deno.test("otherGeneration() knows nothing of a status file that is in no folder of generations", async () => {
  await withGenerations({ "a/status": "ok\n", "b/number": "1\n", "b/verdict": "ok\n" }, async (folder) => {
    assertEquals(await otherGeneration(`${folder}/a/status`), undefined);
    assertEquals(await otherGeneration(`${folder}/b/verdict`), undefined);
    assertEquals(await otherGeneration(`${folder}/none/status`), undefined);
  });
});
