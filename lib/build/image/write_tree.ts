import { lutimes } from "node:fs/promises";
import { join } from "@std/path";
import { writeAll } from "../../os/write_all.ts";
import { chunksOf } from "./assembly.ts";
import type { ImageEntry } from "./entry.ts";

/**
 * Writes entries as a folder. Devices are left out: only root can make them,
 * and the kernel's devtmpfs has them.
 *
 * @param entries Folders before what is in them.
 * @param folder An empty folder.
 */
export async function writeTree(entries: readonly ImageEntry[], folder: string): Promise<void> {
  for (const entry of entries) await write(entry, join(folder, entry.path));
  // A folder that may not be written into gets its mode, and its time, when all is in it.
  for (const entry of entries.toReversed()) {
    if (entry.kind === "device") continue;
    const path = join(folder, entry.path);
    if (entry.kind !== "link") await Deno.chmod(path, entry.mode);
    await lutimes(path, 0, 0);
  }
  await Deno.chmod(folder, 0o755);
  await lutimes(folder, 0, 0);
}

async function write(entry: ImageEntry, path: string): Promise<void> {
  switch (entry.kind) {
    case "directory":
      return await Deno.mkdir(path);
    case "link":
      return await Deno.symlink(entry.target, path);
    case "file": {
      using file = await Deno.open(path, { write: true, createNew: true });
      for await (const chunk of chunksOf(entry.content)) {
        await writeAll(file, chunk);
      }
      return;
    }
    case "device":
      return;
  }
}
