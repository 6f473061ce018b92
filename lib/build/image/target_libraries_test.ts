import { assertEquals } from "@std/assert";
import { dirname, join } from "@std/path";
import { elfFile } from "../../../tests/fixtures/elf_file.ts";
import { TargetLibraries } from "./target_libraries.ts";

Deno.test("TargetLibraries finds libraries wherever they are, and names the one that is nowhere", async () => {
  const root = await Deno.makeTempDir({ prefix: "denit-target-" });
  try {
    const write = async (path: string, needed: readonly string[]) => {
      await Deno.mkdir(dirname(join(root, path)), { recursive: true });
      await Deno.writeFile(join(root, path), elfFile({ needed }));
    };
    await write("usr/bin/good", ["liba.so.1", "libc.so.6"]);
    await write("usr/bin/static", []);
    await write("usr/bin/deep", ["libc.so.6", "libdeep.so"]);
    await write("usr/bin/dangling", ["libdangling.so"]);
    await write("usr/bin/hidden", ["libhidden.so"]);
    await write("opt/product/lib/liba.so.1.2", ["libring.so", "libc.so.6"]);
    await write("usr/lib/x86_64-linux-gnu/libc.so.6", []);
    await write("usr/lib/libring.so", ["liba.so.1"]);
    await write("usr/lib/libdeep.so", ["libnone.so.2"]);
    await write("run/libhidden.so", []);
    await Deno.symlink("/opt/product/lib/liba.so.1.2", join(root, "usr/lib/liba.so.1"));
    await Deno.symlink("/etc/passwd", join(root, "usr/lib/libdangling.so"));
    const libraries = new TargetLibraries(root);
    assertEquals(
      ["good", "static", "deep", "deep", "dangling", "hidden"].map((name) =>
        libraries.missing(join(root, "usr/bin", name))
      ),
      [null, null, "libnone.so.2", "libnone.so.2", "libdangling.so", "libhidden.so"],
    );
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
