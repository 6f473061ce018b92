import { assert, assertEquals, assertRejects } from "@std/assert";
import { isMountPoint } from "./mount_point.ts";
import { exists, waitForFile } from "./wait_for_file.ts";

Deno.test("waitForFile() waits for what comes, and names what does not", async () => {
  const folder = await Deno.makeTempDir({ prefix: "denit-wait-" });
  try {
    const path = `${folder}/vda`;
    assertEquals(await exists(path), false);
    await assertRejects(() => waitForFile(path, 0), Error, `cannot find ${path}: not there after 0 s`);
    const waiting = waitForFile(path, 60_000);
    await Deno.writeTextFile(path, "");
    await waiting;
    // A link counts, wherever it leads: that is for those to say who open it.
    await Deno.symlink("nowhere", `${folder}/link`);
    assert(await exists(`${folder}/link`));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("isMountPoint() tells a mount point from a folder below one", async () => {
  assertEquals([await isMountPoint("/proc"), await isMountPoint("/proc/self")], [true, false]);
});
