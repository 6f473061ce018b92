import { assertEquals, assertRejects } from "@std/assert";
import { OsError } from "../error.ts";
import { loadModules } from "./modules.ts";

/** Tables and files as depmod(8) leaves them; no kernel takes these files for modules. */
async function withModules(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "denit-modules-" });
  try {
    await Deno.writeTextFile(
      `${folder}/modules.builtin`,
      "kernel/fs/denit-builtin.ko\nkernel/denit_other.ko\n",
    );
    const table = [
      "kernel/denit-top.ko: kernel/denit-middle.ko kernel/denit_base.ko",
      "kernel/denit-middle.ko: kernel/denit_base.ko",
      "kernel/denit_base.ko:",
      "kernel/denit-packed.ko.xz:",
      "kernel/denit-gone.ko:",
    ];
    await Deno.writeTextFile(`${folder}/modules.dep`, `${table.join("\n")}\n`);
    await Deno.mkdir(`${folder}/kernel`);
    for (const line of table.slice(0, 4)) {
      await Deno.writeTextFile(`${folder}/${line.split(":")[0]}`, "no module");
    }
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("loadModules() leaves alone what is built in, however it is written", async () => {
  await withModules(async (folder) => {
    assertEquals(await loadModules(["denit_builtin", "denit-builtin", "denit-other"], folder), []);
  });
});

Deno.test("loadModules() begins with what a module needs", async () => {
  await withModules(async (folder) => {
    for (const name of ["denit-top", "denit_top", "denit-middle"]) {
      // ENOEXEC where we may load modules, EPERM where we may not, ENOSYS where the kernel has none.
      const error = await assertRejects(() => loadModules([name], folder), OsError);
      assertEquals([error.call, error.subject], ["load module", "denit_base"]);
    }
  });
});

Deno.test("loadModules() says which module is nowhere, and where it has looked", async () => {
  await withModules(async (folder) => {
    const error = await assertRejects(() => loadModules(["denit-builtin", "denit-none"], folder), OsError);
    const where = `it is neither loaded nor built in, nor in ${folder}/modules.dep`;
    assertEquals(error.message, `cannot load module denit-none: ENOENT (${where})`);
  });
});

Deno.test("loadModules() says which file of a module is missing", async () => {
  await withModules(async (folder) => {
    const error = await assertRejects(() => loadModules(["denit_gone"], folder), OsError);
    assertEquals([error.code, error.subject], ["ENOENT", `${folder}/kernel/denit-gone.ko`]);
  });
});

Deno.test("loadModules() finds a module in a compressed file", async () => {
  await withModules(async (folder) => {
    const error = await assertRejects(() => loadModules(["denit-packed"], folder), OsError);
    assertEquals([error.call, error.subject], ["load module", "denit_packed"]);
  });
});

Deno.test("loadModules() leaves no descriptor open when it fails", async () => {
  await withModules(async (folder) => {
    const open = () => [...Deno.readDirSync("/proc/self/fd")].length;
    const fail = () => assertRejects(() => loadModules(["denit-top"], folder), OsError);
    await fail();
    const before = open();
    await fail();
    assertEquals(open(), before);
  });
});
