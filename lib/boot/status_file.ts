import { dirname, join } from "@std/path";
import { type Disk, realDisk, replaceFile } from "./generation_disk.ts";
import { isInGenerations, parseStatus } from "./generation_folder.ts";

/** The verdict on a generation. */
export type GenerationStatus = "ok" | "failed";

/**
 * Writes a verdict to a generation's status file, which says the old thing or
 * the new after a power cut at any moment. A file that says so already is left
 * alone; its folder is made if it is missing.
 *
 * In a folder of generations `failed` is followed by the reason, and a file
 * `good` beside it keeps the fact that the generation once was `ok`. Any other
 * file says the one word.
 *
 * @param reason Why it has failed: words on one line.
 * @throws {Error} As the file system does: no space, read-only, no permission.
 */
export async function writeStatus(
  path: string,
  verdict: GenerationStatus,
  reason = "",
  disk: Disk = realDisk,
): Promise<void> {
  const folder = dirname(path);
  const before = await disk.read(path);
  const inGenerations = await isInGenerations(path, disk);
  const isGood = verdict === "ok" || parseStatus(before ?? "")?.says === "ok";
  const good = join(folder, "good");
  // It comes first, so that there is no moment at which a good generation is not known to be one.
  if (inGenerations && isGood && await disk.read(good) === null) await replaceFile(disk, good, "");
  const text = verdict === "failed" && inGenerations && reason !== "" ? `failed ${reason}\n` : `${verdict}\n`;
  if (before !== text) {
    await disk.makeFolder(folder);
    await replaceFile(disk, path, text);
  }
  if (verdict === "ok") await forgiveBoots(path, disk);
}

/** Forgets how often an `ok` generation was booted without a verdict: it got one, or was shut down on purpose. */
export async function forgiveBoots(path: string, disk: Disk = realDisk): Promise<void> {
  const count = join(dirname(path), "unjudged");
  if (!await isInGenerations(path, disk) || await disk.read(count) === null) return;
  await disk.remove(count);
  await disk.sync(dirname(path));
}
