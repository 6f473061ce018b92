import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { pointCurrent, readGeneration, writeGeneration } from "./generation.ts";
import { sha256 } from "./sha256.ts";

async function fill(folder: string): Promise<void> {
  await Deno.writeTextFile(join(folder, "init"), "#!/bin/sh\n", { mode: 0o755 });
  const init = { sha256: await sha256("#!/bin/sh\n"), size: 10 };
  await Deno.writeTextFile(join(folder, "manifest.json"), JSON.stringify({ init }));
}

function names(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

async function inTemporary(body: (out: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(join(folder, "out"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("writeGeneration leaves nothing behind if filling fails", async () => {
  await inTemporary(async (out) => {
    await assertRejects(
      () => writeGeneration(out, "abc", () => Promise.reject(new Error("no room"))),
      Error,
      "no room",
    );
    assertEquals(names(out), []);
  });
});

Deno.test("writeGeneration lets builds of one generation race, and replaces a damaged one", async () => {
  await inTemporary(async (out) => {
    await Promise.all([1, 2, 3].map(() => writeGeneration(out, "abc", fill)));
    assertEquals(names(out), ["abc"]);
    await Deno.writeTextFile(join(out, "abc", "init"), "#!/bin/hs\n");
    assertEquals(await readGeneration(join(out, "abc")), null);
    await writeGeneration(out, "abc", fill);
    assertEquals((await readGeneration(join(out, "abc")))?.init.size, 10);
    assertEquals(names(out), ["abc"]);
  });
});

Deno.test("pointCurrent replaces the link, also one that leads nowhere", async () => {
  await inTemporary(async (out) => {
    await Deno.mkdir(out);
    await pointCurrent(out, "first");
    await pointCurrent(out, "second");
    assertEquals(await Deno.readLink(join(out, "current")), "second");
    assertEquals(names(out), ["current"]);
  });
});
