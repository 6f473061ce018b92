import { join } from "@std/path";
import { messageOf } from "../define/message_of.ts";
import { type Disk, replaceFile } from "./generation_disk.ts";
import { type Generation, isCandidate, readGenerations } from "./generation_folder.ts";
import { writeStatus } from "./status_file.ts";

/**
 * Chooses the generation to boot: the newest that is `ok`, or `pending` with tries left. The try is on the disk before
 * this returns, so that every boot that ends without a verdict, for whatever reason, has cost one. Hold the lock.
 *
 * Where none is left it is the last resort: the newest that once was `ok`, or else the newest. What made all of them
 * fail, such as a network that was away, may be over, and a machine that does not boot at all helps nobody.
 *
 * @param tell Told why, a line at a time.
 * @returns Its id; null if there is no generation at all.
 * @throws {Error} If the folder cannot be read.
 */
export async function chooseGeneration(
  disk: Disk,
  folder: string,
  tell: (line: string) => void,
): Promise<string | null> {
  const { generations, strange } = await readGenerations(disk, folder);
  for (const fault of strange) tell(`${join(folder, fault)}: not considered`);
  for (const generation of generations) {
    if (!isCandidate(generation)) await passOver(disk, folder, generation, tell);
    else if (await spendTry(disk, folder, generation, tell)) return generation.id;
  }
  const last = lastResort(generations);
  if (last === null) {
    tell(`there is no generation in ${folder}; make one known with: init add-generation ${folder} ID`);
  } else {
    const past = last.wasGood ? "once was ok" : "is the newest, and none ever was ok";
    tell(`${last.id} is booted as a last resort: no generation is left to try, and it ${past}`);
  }
  return last?.id ?? null;
}

/** What `chooseGeneration` comes to where there are no tries left. */
export function lastResort(generations: readonly Generation[]): Generation | null {
  return generations.find(({ wasGood }) => wasGood) ?? generations[0] ?? null;
}

/** Says why a generation is not booted, and has the status say so too. */
async function passOver(
  disk: Disk,
  folder: string,
  { id, status, unjudged }: Generation,
  tell: (line: string) => void,
): Promise<void> {
  if (status === null || status.says === "failed") {
    const why = status === null
      ? "has no readable status"
      : `has failed${status.reason && `: ${status.reason}`}`;
    return tell(`${id} is passed over: it ${why}`);
  }
  const reason = status.says === "ok"
    ? `it was ok, but then ${unjudged} boots ended without a verdict`
    : "it never said ok, and has no tries left";
  tell(`${id} is passed over from now on: ${reason}`);
  try {
    await writeStatus(join(folder, id, "status"), "failed", reason, disk);
  } catch (error) {
    // The next boot comes to the same conclusion.
    tell(`cannot write failed to ${join(folder, id, "status")}: ${messageOf(error)}`);
  }
}

/** Counts a try; false if the generation must not be booted without that. */
async function spendTry(
  disk: Disk,
  folder: string,
  { id, status, unjudged }: Generation,
  tell: (line: string) => void,
): Promise<boolean> {
  const left = status?.says === "pending" ? status.tries - 1 : null;
  const [name, text] = left === null ? ["unjudged", `${unjudged + 1}\n`] : ["status", `pending ${left}\n`];
  try {
    await replaceFile(disk, join(folder, id, name), text);
  } catch (error) {
    const fault = `cannot count the try in ${join(folder, id, name)}: ${messageOf(error)}`;
    // Without a count a new generation might be tried for ever; one that was good is the best there is.
    tell(
      left === null
        ? `${fault}; ${id} is booted all the same, as it is ok`
        : `${fault}; ${id} is passed over`,
    );
    return left === null;
  }
  const tries = left === 0 ? "and this is its last try" : `tries left after this one: ${left}`;
  tell(`${id} is booted: it is ${left === null ? "ok" : `pending, ${tries}`}`);
  return true;
}
