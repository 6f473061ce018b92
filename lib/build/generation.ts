import { join } from "@std/path";
import type { Manifest } from "./manifest.ts";
import { sha256 } from "./sha256.ts";
import { sweep, temporaryPrefix } from "./temporary.ts";

/**
 * The generation of a folder if it is whole: its manifest can be read, and its
 * `init` is what the manifest says.
 */
export async function readGeneration(folder: string): Promise<Manifest | null> {
  try {
    const manifest: Manifest = JSON.parse(await Deno.readTextFile(join(folder, "manifest.json")));
    const init = join(folder, "init");
    const { size, mode } = await Deno.stat(init);
    if (size !== manifest.init.size || ((mode ?? 0) & 0o111) === 0) return null;
    return await sha256(await Deno.readFile(init)) === manifest.init.sha256 ? manifest : null;
  } catch {
    return null;
  }
}

/**
 * Makes a generation's folder in one step: `fill` writes into a temporary
 * folder, which is then renamed. An interrupted build leaves no half
 * generation, and what it did leave the next build removes.
 *
 * @param out The folder of all generations.
 * @param generation The id, and name of the new folder.
 */
export async function writeGeneration(
  out: string,
  generation: string,
  fill: (folder: string) => Promise<void>,
): Promise<void> {
  await Deno.mkdir(out, { recursive: true });
  await sweep(out);
  const unfinished = await Deno.makeTempDir({ dir: out, prefix: temporaryPrefix });
  try {
    await fill(unfinished);
    await Deno.chmod(unfinished, 0o755);
    const folder = join(out, generation);
    await replaceFolder(unfinished, folder, out);
  } finally {
    await Deno.remove(unfinished, { recursive: true }).catch(() => {});
  }
}

/** Points `current` at a generation, by replacing the link in one step. */
export async function pointCurrent(out: string, generation: string): Promise<void> {
  const current = join(out, "current");
  if (await Deno.readLink(current).catch(() => null) === generation) return;
  const link = join(out, `${temporaryPrefix}${crypto.randomUUID()}`);
  await Deno.symlink(generation, link);
  await Deno.rename(link, current);
}

async function replaceFolder(from: string, to: string, out: string): Promise<void> {
  try {
    // rename(2) replaces an empty folder only.
    await Deno.rename(from, to);
  } catch (error) {
    if (await Deno.stat(to).catch(() => null) === null) throw error;
    // Another build was faster, and what it made is the same.
    if (await readGeneration(to) !== null) return;
    const damaged = join(out, `${temporaryPrefix}${crypto.randomUUID()}`);
    await Deno.rename(to, damaged);
    await Deno.rename(from, to);
    await Deno.remove(damaged, { recursive: true });
  }
}
