import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Assembly, chunksOf } from "./assembly.ts";
import { BuildFailure } from "../failure.ts";

const file = (path: string, text: string, source: string) => ({
  path,
  content: new TextEncoder().encode(text),
  mode: 0o644,
  part: "files" as const,
  source,
});

Deno.test("Assembly sorts, and adds the folders that nobody has named", async () => {
  const image = new Assembly(false);
  await image.file(file("/b/c/d", "d", "one"));
  image.directory("/b", 0o700);
  image.link("/a", "b");
  const entries = image.entries().map((
    entry,
  ) => [entry.path, entry.kind, "mode" in entry ? entry.mode : null]);
  assertEquals(entries, [
    ["/a", "link", null],
    ["/b", "directory", 0o700],
    ["/b/c", "directory", 0o755],
    ["/b/c/d", "file", 0o644],
  ]);
});

Deno.test("Assembly takes the same thing twice, and names both sources of two things in one place", async () => {
  const image = new Assembly(false);
  await image.file(file("/x", "same", "one"));
  await image.file(file("/x", "same", "two"));
  const error = await assertRejects(() => image.file(file("/x", "other", "three")), BuildFailure);
  assertEquals(error.message, "cannot place three at /x: one stands there already, and it is not the same");
  assertThrows(() => image.directory("/x", 0o755), BuildFailure, "cannot place");
});

Deno.test("Assembly puts nothing below a file or a link", async () => {
  const image = new Assembly(false);
  image.link("/x", "y", "one");
  await image.file(file("/x/deep/file", "", "two"));
  assertThrows(
    () => image.entries(),
    BuildFailure,
    "cannot place two at /x/deep/file: /x is a link (from one)",
  );
});

Deno.test("Assembly with merged folders has one place for /bin/x and /usr/bin/x", async () => {
  const image = new Assembly(true);
  await image.file(file("/lib64/x", "1", "one"));
  assertEquals([image.has("/usr/lib64/x"), image.has("/lib64/x"), image.has("/lib/x")], [true, true, false]);
  await image.file(file("/libx/y", "2", "two"));
  assertEquals(image.entries().map(({ path }) => path), [
    "/libx",
    "/libx/y",
    "/usr",
    "/usr/lib64",
    "/usr/lib64/x",
  ]);
});

Deno.test("Assembly refuses a path that is not plain and absolute", () => {
  const image = new Assembly(true);
  for (const path of ["", "/", "x", "/x/", "//x", "/x//y", "/./x", "/x/..", "/x/../y"]) {
    assertThrows(() => image.directory(path, 0o755), BuildFailure, "no plain absolute path", path);
  }
});

Deno.test("Assembly says of a file that cannot be read why", async () => {
  const image = new Assembly(false);
  await assertRejects(
    () => image.file({ ...file("/x", "", "one"), content: "/there/is/none" }),
    BuildFailure,
    "cannot put /there/is/none into an image: there is no such file",
  );
});

Deno.test("chunksOf() gives a file in pieces of 1 MiB", async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeFile(path, new Uint8Array((2 << 20) + 5));
    const sizes = [];
    for await (const { length } of chunksOf(path)) sizes.push(length);
    assertEquals(sizes, [1 << 20, 1 << 20, 5]);
  } finally {
    await Deno.remove(path);
  }
});
