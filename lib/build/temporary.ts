import { join } from "@std/path";

/** Begins the name of everything unfinished that this process makes beside what is finished, so that it can be renamed. */
export const temporaryPrefix = `.tmp-${Deno.pid}-`;

/** Removes what processes that are gone have left unfinished in a folder. */
export async function sweep(folder: string): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    const pid = /^\.tmp-(\d+)-/.exec(name)?.[1];
    if (pid === undefined || Number(pid) === Deno.pid) continue;
    const alive = await Deno.stat(`/proc/${pid}`).then(() => true, () => false);
    if (!alive) await Deno.remove(join(folder, name), { recursive: true }).catch(() => {});
  }
}
