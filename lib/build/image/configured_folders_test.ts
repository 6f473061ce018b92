import { assertEquals } from "@std/assert";
import { dirname, join } from "@std/path";
import { configuredFolders } from "./configured_folders.ts";

/** The folders that a tree of configuration files names. */
async function foldersOf(files: Record<string, string>): Promise<readonly string[]> {
  const root = await Deno.makeTempDir();
  try {
    for (const [path, text] of Object.entries(files)) {
      await Deno.mkdir(dirname(join(root, path)), { recursive: true });
      await Deno.writeTextFile(join(root, path), text.replaceAll("ROOT", root));
    }
    return configuredFolders(join(root, "ld.so.conf"));
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("configuredFolders() follows includes, in order, and names each folder once", async () => {
  const folders = await foldersOf({
    "ld.so.conf": "include conf.d/*.conf\n/last/ # why\n/opt/b\n",
    "conf.d/b.conf": "/opt/b\n",
    "conf.d/a.conf": "# nothing\n\n  /opt/a\n/usr/libc5=libc5\n",
    "conf.d/.hidden.conf": "/hidden\n",
    "conf.d/a.conf.old": "/old\n",
  });
  assertEquals(folders, ["/opt/a", "/usr/libc5", "/opt/b", "/last"]);
});

Deno.test("configuredFolders() ends where files include each other, and takes what is missing for empty", async () => {
  assertEquals(
    await foldersOf({
      "ld.so.conf": "include ROOT/b.conf\n/a\n",
      "b.conf": "include ROOT/ld.so.conf\n/b\ninclude ROOT/c\n",
    }),
    ["/b", "/a"],
  );
  assertEquals(configuredFolders("/there/is/none"), []);
});
