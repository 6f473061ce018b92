import { join } from "@std/path";
import type { Manifest } from "./manifest.ts";
import { sha256 } from "./sha256.ts";

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

/** Says which process a temporary folder belongs to, so that a later one can tell whether it is abandoned. */
const temporaryPrefix = `.tmp-${Deno.pid}-`;

async function replaceFolder(from: string, to: string, out: string): Promise<void> {
  // rename(2) replaces an empty folder only. A folder that is there already is damaged, or another build was faster.
  const aside = join(out, `${temporaryPrefix}${crypto.randomUUID()}`);
  const moved = await Deno.rename(to, aside).then(() => true, () => false);
  await Deno.rename(from, to).catch(async (error) => {
    if (await readGeneration(to) === null) throw error;
  });
  if (moved) await Deno.remove(aside, { recursive: true });
}

async function sweep(out: string): Promise<void> {
  for await (const { name } of Deno.readDir(out)) {
    const pid = /^\.tmp-(\d+)-/.exec(name)?.[1];
    if (pid === undefined || Number(pid) === Deno.pid) continue;
    const alive = await Deno.stat(`/proc/${pid}`).then(() => true, () => false);
    if (!alive) await Deno.remove(join(out, name), { recursive: true }).catch(() => {});
  }
}
