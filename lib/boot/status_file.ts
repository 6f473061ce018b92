import { dirname } from "@std/path";

/** What a generation's status file says. */
export type GenerationStatus = "ok" | "failed";

/**
 * Replaces a generation's status file as a whole: a power cut at any moment
 * leaves the old content or the new, never half of either. A file that says
 * so already is left alone.
 *
 * @param path The file; its folder is made if it is missing.
 * @throws {Error} As the file system does: no space, read-only, no permission.
 */
export async function writeStatus(path: string, status: GenerationStatus): Promise<void> {
  const text = `${status}\n`;
  if (await Deno.readTextFile(path).catch(() => null) === text) return;
  const folder = dirname(path);
  await Deno.mkdir(folder, { recursive: true });
  const temporary = `${path}.new`;
  {
    using file = await Deno.open(temporary, { write: true, create: true, truncate: true, mode: 0o644 });
    const bytes = new TextEncoder().encode(text);
    for (let written = 0; written < bytes.length;) written += await file.write(bytes.subarray(written));
    await file.sync();
  }
  await Deno.rename(temporary, path);
  // The new name is on the disk only once the folder is.
  using opened = await Deno.open(folder);
  await opened.sync();
}
