import { assertEquals, assertRejects } from "@std/assert";
import { testGenerations } from "../../tests/fixtures/generations.ts";

testGenerations("addGeneration() numbers from one, each once, and leaves alone what is there", async (f) => {
  assertEquals([await f.add("a"), await f.add("b"), await f.add("a")], [1, 2, 1]);
  await f.choose();
  await f.judge("a", "ok");
  assertEquals([await f.add("b"), f.status("b")], [2, "pending 2\n"]);
  assertEquals([await f.add("a"), f.status("a")], [1, "ok\n"]);
  await Deno.remove(`${f.folder}/a`, { recursive: true });
  assertEquals(await f.add("c"), 3);
});

testGenerations(
  "addGeneration() finishes what was interrupted, and adopts what was there before it",
  async (f) => {
    await Deno.mkdir(`${f.folder}/half`);
    await Deno.writeTextFile(`${f.folder}/half/status`, "pending 2\n");
    await Deno.mkdir(`${f.folder}/old`);
    await Deno.writeTextFile(`${f.folder}/old/status`, "ok\n");
    assertEquals(await f.choose(), null);
    await f.add("old");
    await f.add("half");
    assertEquals([f.status("half"), f.status("old")], ["pending 2\n", "ok\n"]);
    assertEquals(f.files("old"), ["good", "number", "status"]);
    assertEquals(await f.choose(), "half");
  },
);

testGenerations(
  "addGeneration() gives tries anew where that is asked for, and nobody forgets that it was good",
  async (f) => {
    await f.add("a");
    await f.judge("a", "ok");
    await f.judge("a", "failed");
    assertEquals([await f.add("a", 4, true), f.status("a")], [1, "pending 4\n"]);
    assertEquals(f.files("a"), ["good", "number", "status"]);
  },
);

testGenerations(
  "addGeneration() refuses what cannot be the name of a folder, or what nobody would see",
  async (f) => {
    for (const id of ["", ".", "..", ".a", "a/b", "a b", "a\n", "-a"]) {
      await assertRejects(() => f.add(id), Error, "it is no id");
    }
    assertEquals([...Deno.readDirSync(f.folder)], []);
  },
);
