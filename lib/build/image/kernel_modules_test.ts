import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { BuildFailure } from "../failure.ts";
import { kernelModules } from "./kernel_modules.ts";

const release = "6.1.0-test";
const lists = {
  "modules.dep":
    "kernel/a-b.ko: kernel/c.ko.zst kernel/d.ko\nkernel/c.ko.zst: kernel/d.ko\nkernel/d.ko:\nkernel/e.ko:\n",
  "modules.alias": "# Aliases\nalias pci:* a_b\nalias usb:* e\nalias fs-d d\n",
  "modules.softdep": "# Soft\nsoftdep a_b pre: e\nsoftdep e pre: d\n",
  "modules.order": "kernel/e.ko\nkernel/d.ko\nkernel/a-b.ko\n",
  "modules.builtin": "kernel/fs/ext4.ko\n",
  "modules.dep.bin": "index",
};

/** Runs a body with the root of an unpacked kernel. */
async function withKernel(files: Record<string, string>, body: (root: string) => void): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    const folder = join(root, "lib/modules", release);
    await Deno.mkdir(folder, { recursive: true });
    for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(join(folder, name), text);
    body(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** Places below the folder of the release; the text of each list. */
function contents(root: string, names: readonly string[]): Record<string, string | null> {
  const prefix = `/lib/modules/${release}/`;
  return Object.fromEntries(
    kernelModules({ root, release, names }).map(({ path, content }) => [
      path.replace(prefix, ""),
      typeof content === "string" ? null : new TextDecoder().decode(content),
    ]),
  );
}

Deno.test("kernelModules() takes a module with all that it needs, and cuts the lists down to that", async () => {
  await withKernel(lists, (root) => {
    assertEquals(contents(root, ["a_b"]), {
      "kernel/a-b.ko": null,
      "kernel/c.ko.zst": null,
      "kernel/d.ko": null,
      "modules.dep":
        "kernel/a-b.ko: kernel/c.ko.zst kernel/d.ko\nkernel/c.ko.zst: kernel/d.ko\nkernel/d.ko:\n",
      "modules.alias": "alias pci:* a_b\nalias fs-d d\n",
      "modules.softdep": "softdep a_b pre: e\n",
      "modules.order": "kernel/d.ko\nkernel/a-b.ko\n",
      "modules.builtin": "kernel/fs/ext4.ko\n",
      "modules.dep.bin": null,
    });
  });
});

Deno.test("kernelModules() takes `-` for `_`, and is content with what is built in", async () => {
  await withKernel(lists, (root) => {
    assertEquals(contents(root, ["a-b", "c"]), contents(root, ["a_b"]));
    assertEquals(Object.keys(contents(root, ["ext4", "d"])).filter((path) => path.startsWith("kernel/")), [
      "kernel/d.ko",
    ]);
  });
});

Deno.test("kernelModules() names a module that there is not, and one that may be meant", async () => {
  await withKernel(lists, (root) => {
    const error = assertThrows(
      () => kernelModules({ root, release, names: ["a-"] }),
      BuildFailure,
      "the kernel module a-:",
    );
    assertEquals(error.message.endsWith("has it (there is a_b)"), true);
  });
});

Deno.test("kernelModules() tells how to make modules.dep if that is missing", async () => {
  await withKernel({}, (root) => {
    const error = assertThrows(
      () => kernelModules({ root, release, names: ["d"] }),
      BuildFailure,
      "modules.dep: there is no such file",
    );
    assertEquals(error.cure.includes("depmod"), true);
  });
});
