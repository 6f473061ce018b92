import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { elfFile } from "../../../tests/fixtures/elf_file.ts";
import { BuildFailure } from "../failure.ts";
import { privateGlibc, withLoader } from "./private_glibc.ts";
import { systemDirs } from "./system_dirs.ts";

const interpreter = "/lib64/ld-linux-x86-64.so.2";
const loader = Deno.realPathSync(interpreter);

/** Runs a body with a file of these bytes. */
async function withFile(content: Uint8Array | string, body: (path: string) => void): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "file");
    await Deno.writeFile(path, typeof content === "string" ? new TextEncoder().encode(content) : content);
    body(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What a loader says about the folders built into it. */
async function saidBy(path: string): Promise<string[]> {
  const { stdout } = await new Deno.Command(path, { args: ["--list-diagnostics"], clearEnv: true }).output();
  const lines = new TextDecoder().decode(stdout).split("\n");
  return lines.flatMap((line) => /^path\.system_dirs\[.*="(.*)"$/.exec(line)?.[1] ?? []);
}

Deno.test("systemDirs() finds the folders that the loader of this machine says it has", async () => {
  const { folders } = systemDirs(Deno.readFileSync(loader))!;
  assertEquals(folders.map((folder) => `${folder}/`), await saidBy(loader));
});

Deno.test("systemDirs() returns null for what is no loader", () => {
  assertEquals(systemDirs(new Uint8Array(1000)), null);
  assertEquals(systemDirs(new TextEncoder().encode("/lib/\0/usr/lib/\0 and /lib64/\0/usr/lib64/\0")), null);
});

Deno.test("privateGlibc() makes a loader that looks into its own folder, and is otherwise the same", async () => {
  const glibc = privateGlibc({ loader, interpreter });
  assertEquals([glibc.folder, glibc.loader], ["/usr/lib/denit", "/usr/lib/denit/ld.so"]);
  const original = Deno.readFileSync(loader);
  assertEquals(glibc.bytes.length, original.length);
  const text = new TextDecoder("latin1").decode(glibc.bytes);
  const led = ["\0/etc/ld.so.cache\0", "\0/etc/ld.so.preload\0", "-linux-gnu/\0", "\0/usr/lib/\0"];
  assertEquals(led.filter((path) => text.includes(path)), []);
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "ld.so");
    await Deno.writeFile(path, glibc.bytes, { mode: 0o755 });
    const [first = "", ...others] = await saidBy(path);
    assertEquals(first.replace(/\/+$/, ""), "/usr/lib/denit");
    assertEquals(others.filter((other) => !/^(\/usr\/lib\/denit|\/sys)\/+$/.test(other)), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("privateGlibc() takes a shorter folder where the loader has only short ones, and refuses what fits nowhere", async () => {
  const strings = (...folders: string[]) => `\0/etc/ld.so.cache\0/etc/ld.so.preload\0${folders.join("\0")}\0`;
  await withFile(strings("/lib64/", "/usr/lib64/"), (path) => {
    const { folder, bytes } = privateGlibc({ loader: path, interpreter });
    assertEquals(folder, "/usr/denit");
    assertEquals(
      new TextDecoder().decode(bytes),
      "\0/usr/denit/////-\0/usr/denit///////-\0/sys///\0/usr/denit/\0",
    );
  });
  await withFile(strings("/lib/", "/usr/lib/"), (path) => {
    assertEquals(privateGlibc({ loader: path, interpreter }).folder, "/denit");
  });
  for (const text of [strings("/lib/", "/lib/"), "\0/lib64/\0/usr/lib64/\0", "nothing"]) {
    await withFile(text, (path) => {
      assertThrows(() => privateGlibc({ loader: path, interpreter }), BuildFailure, `cannot take ${path}`);
    });
  }
});

Deno.test("withLoader() changes the path of the loader, and nothing else", async () => {
  const bytes = elfFile({ interpreter, needed: ["libc.so.6"] });
  await withFile(bytes, (path) => {
    const changed = withLoader(path, "/usr/lib/denit/ld.so");
    assertEquals(
      changed,
      elfFile({
        interpreter: "/usr/lib/denit/ld.so".padEnd(interpreter.length, "\0"),
        needed: ["libc.so.6"],
      }),
    );
    assertEquals(withLoader(path, interpreter), bytes);
    assertThrows(() => withLoader(path, `${interpreter}x`), BuildFailure, "no room");
  });
});
