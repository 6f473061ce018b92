import { assertEquals, assertMatch } from "@std/assert";
import { testGenerations } from "../../tests/fixtures/generations.ts";
import { type Disk, realDisk } from "./generation_disk.ts";

testGenerations(
  "chooseGeneration() tries the newest as often as it may, and goes back to the one that was ok",
  async (f) => {
    await f.add("a");
    assertEquals(await f.choose(), "a");
    await f.judge("a", "ok");
    await f.add("b", 2);
    assertEquals([await f.choose(), f.status("b")], ["b", "pending 1\n"]);
    assertEquals([await f.choose(), f.status("b")], ["b", "pending 0\n"]);
    assertEquals(f.told, "b is booted: it is pending, and this is its last try\n");
    assertEquals([await f.choose(), f.status("b")], [
      "a",
      "failed it never said ok, and has no tries left\n",
    ]);
    assertEquals(
      f.told,
      "b is passed over from now on: it never said ok, and has no tries left\na is booted: it is ok\n",
    );
    assertEquals(await f.choose(), "a");
    assertEquals(f.status("a"), "ok\n");
  },
);

testGenerations(
  "chooseGeneration() goes on with a generation that has said ok in its last try",
  async (f) => {
    await f.add("a", 1);
    assertEquals(await f.choose(), "a");
    await f.judge("a", "ok");
    for (let boot = 0; boot < 20; boot++) {
      assertEquals(await f.choose(), "a");
      await f.judge("a", "ok");
    }
    assertEquals(f.files("a"), ["good", "number", "status"]);
  },
);

testGenerations(
  "chooseGeneration() leaves an ok generation that ends without a verdict again and again",
  async (f) => {
    for (const id of ["a", "b"]) {
      await f.add(id);
      await f.judge(id, "ok");
    }
    for (let boot = 0; boot < 5; boot++) assertEquals(await f.choose(), "b");
    assertEquals(await f.choose(), "a");
    assertEquals(f.status("b"), "failed it was ok, but then 5 boots ended without a verdict\n");
  },
);

testGenerations(
  "chooseGeneration() comes to the newest that was good when something has failed them all",
  async (f) => {
    for (const id of ["a", "b", "c"]) await f.add(id);
    for (const id of ["a", "b"]) {
      await f.judge(id, "ok");
      await f.judge(id, "failed", "not ready: network");
    }
    await f.judge("c", "failed", "not ready: network");
    assertEquals(await f.choose(), "b");
    assertMatch(
      f.told,
      /^c is passed over: it has failed: not ready: network\n[^]*\nb is booted as a last resort: .* once was ok\n$/,
    );
    // The network is back.
    await f.judge("b", "ok");
    assertEquals([await f.choose(), f.told.includes("last resort")], ["b", false]);
  },
);

testGenerations(
  "chooseGeneration() boots the newest where none ever was good, and none where there is none",
  async (f) => {
    assertEquals(await f.choose(), null);
    assertMatch(f.told, /^there is no generation in .*add-generation/);
    for (const id of ["a", "b"]) await f.add(id);
    for (const id of ["a", "b"]) await f.judge(id, "failed");
    assertEquals(await f.choose(), "b");
    assertMatch(f.told, /b is booted as a last resort: .* none ever was ok\n$/);
  },
);

testGenerations(
  "chooseGeneration() finds a good generation whose status is gone, when nothing else is left",
  async (f) => {
    await f.add("a");
    await f.judge("a", "ok");
    await f.add("b", 1);
    await Deno.writeTextFile(`${f.folder}/a/status`, "");
    assertEquals(await f.choose(), "b");
    assertEquals(await f.choose(), "a");
    assertMatch(f.told, /a has no readable status: not considered\n/);
  },
);

testGenerations(
  "chooseGeneration() boots on a full disk what is ok, and nothing that cannot be counted",
  async (f) => {
    await f.add("a");
    await f.judge("a", "ok");
    await f.add("b");
    const full: Disk = { ...realDisk, write: () => Promise.reject(new Error("No space left on device")) };
    assertEquals(await f.choose(full), "a");
    assertMatch(f.told, /b is passed over\n.*a is booted all the same, as it is ok\n$/);
    assertEquals(f.status("b"), "pending 3\n");
  },
);
