import { assertEquals, assertRejects } from "@std/assert";
import { Assembly } from "./assembly.ts";
import { cpio } from "./cpio.ts";
import type { ImageEntry } from "./entry.ts";

async function archive(entries: readonly ImageEntry[]): Promise<string> {
  const chunks = [];
  for await (const chunk of cpio(entries)) chunks.push(chunk);
  return await new Blob(chunks).text();
}

/** A header, as the kernel's documentation lays it out. */
function header(...fields: readonly number[]): string {
  return "070701" + fields.map((field) => field.toString(16).padStart(8, "0")).join("");
}

Deno.test("cpio() writes each kind of entry as the kernel's documentation has it", async () => {
  const image = new Assembly(false);
  image.directory("/d", 0o1777);
  image.link("/d/l", "../x");
  image.device("/d/null", 0o666, 1, 3);
  await image.file({ path: "/x", content: new TextEncoder().encode("hello"), mode: 0o644, part: "files" });
  const text = await archive(image.entries());
  const expected = header(1, 0o041777, 0, 0, 2, 0, 0, 0, 0, 0, 0, 2, 0) + "d\0" +
    header(2, 0o120777, 0, 0, 1, 0, 4, 0, 0, 0, 0, 4, 0) + "d/l\0\0\0" + "../x" +
    header(3, 0o020666, 0, 0, 1, 0, 0, 0, 0, 1, 3, 7, 0) + "d/null\0\0\0\0" +
    header(4, 0o100644, 0, 0, 1, 0, 5, 0, 0, 0, 0, 2, 0) + "x\0" + "hello\0\0\0" +
    header(0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 11, 0) + "TRAILER!!!\0\0\0\0";
  assertEquals(text.slice(0, expected.length), expected);
  assertEquals(text.slice(expected.length), "\0".repeat(text.length - expected.length));
  assertEquals(text.length % 512, 0);
});

Deno.test("cpio() fails if a file is no longer what it was", async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, "before");
    const image = new Assembly(false);
    await image.file({ path: "/x", content: path, mode: 0o644, part: "files" });
    await Deno.writeTextFile(path, "afterwards");
    await assertRejects(() => archive(image.entries()), Error, `cannot archive ${path}: it was changed`);
  } finally {
    await Deno.remove(path);
  }
});
