import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { lookUp } from "./root_tree.ts";

Deno.test("lookUp() takes links of a tree as whoever has it as root will", async () => {
  const root = await Deno.makeTempDir({ prefix: "denit-root-" });
  try {
    await Deno.mkdir(join(root, "usr/bin"), { recursive: true });
    await Deno.mkdir(join(root, "etc/alternatives"), { recursive: true });
    await Deno.writeTextFile(join(root, "usr/bin/real"), "");
    await Deno.symlink("usr/bin", join(root, "bin"));
    await Deno.symlink("/etc/alternatives/tool", join(root, "usr/bin/tool"));
    await Deno.symlink("../../usr/bin/real", join(root, "etc/alternatives/tool"));
    await Deno.symlink("/etc/hostname", join(root, "usr/bin/hosts-own"));
    await Deno.symlink("loop", join(root, "usr/bin/loop"));
    const found = (path: string) => lookUp(root, path)?.host.slice(root.length) ?? null;
    assertEquals(
      ["/bin/tool", "bin/./../bin/real", "/../../bin/real", "/", "/bin/hosts-own", "/bin/loop", "/bin/real/x"]
        .map(found),
      ["/usr/bin/real", "/usr/bin/real", "/usr/bin/real", "", null, null, null],
    );
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
