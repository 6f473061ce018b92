import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { elfFile } from "../../../tests/fixtures/elf_file.ts";
import { BuildFailure } from "../failure.ts";
import { interpreterStretch, readDynamicSection } from "./dynamic_section.ts";

/** Runs a body with a file of these bytes. */
async function withFile(bytes: Uint8Array, body: (path: string) => void): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "file");
    await Deno.writeFile(path, bytes);
    body(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const full = {
  interpreter: "/lib64/ld-x.so",
  needed: ["liba.so.1", "libb.so.2"],
  runpath: "/opt/a:$ORIGIN/../lib",
  rpath: "/opt/b",
};

Deno.test("readDynamicSection reads the loader, the libraries and their folders", async () => {
  await withFile(elfFile(full), (path) => {
    assertEquals(readDynamicSection(path), {
      interpreter: "/lib64/ld-x.so",
      needed: ["liba.so.1", "libb.so.2"],
      runpath: ["/opt/a", "$ORIGIN/../lib"],
      rpath: ["/opt/b"],
    });
  });
  await withFile(elfFile({}), (path) => {
    assertEquals(readDynamicSection(path), { interpreter: null, needed: [], runpath: [], rpath: [] });
  });
});

Deno.test("readDynamicSection reads this very program", () => {
  const { interpreter, needed } = readDynamicSection(Deno.execPath())!;
  assertEquals(interpreter, "/lib64/ld-linux-x86-64.so.2");
  assertEquals(needed.includes("libc.so.6"), true);
});

Deno.test("readDynamicSection returns null for what is no ELF file", async () => {
  for (const text of ["", "#!/bin/sh\n", "x".repeat(100)]) {
    await withFile(new TextEncoder().encode(text), (path) => assertEquals(readDynamicSection(path), null));
  }
});

Deno.test("readDynamicSection refuses a program of 32 bits, and one for another machine", async () => {
  for (const [offset, value, reason] of [[4, 1, "a 32-bit program"], [18, 183, "another machine"]] as const) {
    const bytes = elfFile(full);
    bytes[offset] = value;
    await withFile(bytes, (path) => assertThrows(() => readDynamicSection(path), BuildFailure, reason));
  }
});

Deno.test("readDynamicSection refuses a program that is cut off anywhere, and never reads beyond its end", async () => {
  const bytes = elfFile(full);
  for (let length = 64; length < bytes.length; length++) {
    await withFile(bytes.slice(0, length), (path) => {
      assertThrows(() => readDynamicSection(path), BuildFailure, "ends before", `${length} bytes`);
    });
  }
});

Deno.test("interpreterStretch tells where the loader's path stands, its NUL included", async () => {
  const bytes = elfFile(full);
  await withFile(bytes, (path) => {
    const { offset, length } = interpreterStretch(path)!;
    assertEquals(new TextDecoder().decode(bytes.subarray(offset, offset + length)), "/lib64/ld-x.so\0");
  });
  await withFile(elfFile({}), (path) => assertEquals(interpreterStretch(path), null));
});
