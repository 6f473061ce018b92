import { join } from "@std/path";
import { type Disk, replaceFile } from "./generation_disk.ts";
import { GENERATION_ID, parseStatus, readGenerations } from "./generation_folder.ts";

/** How often a new generation is booted at most before it has said `ok`. */
export const TRIES = 3;

/** How a generation is added. */
export interface AddSettings {
  /** How often it is booted at most before it has said `ok`. Default: 3. */
  readonly tries?: number;
  /** Whether one that is there already gets its tries anew, whatever became of it. */
  readonly again?: boolean;
}

/**
 * Makes a generation known in a folder of generations, as the newest. What it has already is left as it is, so that
 * whoever was interrupted does it again. Hold the lock.
 *
 * @returns Its number.
 * @throws {Error} If the id cannot name one, or the file system refuses.
 */
export async function addGeneration(
  disk: Disk,
  folder: string,
  id: string,
  { tries = TRIES, again = false }: AddSettings = {},
): Promise<number> {
  if (!GENERATION_ID.test(id)) {
    throw new Error(
      `cannot add generation ${JSON.stringify(id)}: it is no id; take letters, digits and _ . + -`,
    );
  }
  await disk.makeFolder(join(folder, id));
  await disk.sync(folder);
  const { generations } = await readGenerations(disk, folder);
  const own = generations.find((other) => other.id === id);
  const place = (name: string) => join(folder, id, name);
  const status = parseStatus(await disk.read(place("status")) ?? "");
  if (status?.says === "ok" && await disk.read(place("good")) === null) {
    await replaceFile(disk, place("good"), "");
  }
  if (status === null || again) await replaceFile(disk, place("status"), `pending ${tries}\n`);
  if (own !== undefined) return own.number;
  const number = Math.max(0, ...generations.map((other) => other.number)) + 1;
  // The number comes last: it makes the generation one, and whoever is interrupted before gets a new one.
  await replaceFile(disk, place("number"), `${number}\n`);
  return number;
}
