/** What is done to a folder of generations: before the switch to the root file system, at an update, and by hand. */
import { join } from "@std/path";
import { addGeneration, type AddSettings } from "../boot/generation_add.ts";
import { chooseGeneration } from "../boot/generation_choose.ts";
import type { Disk } from "../boot/generation_disk.ts";
import { type Generation, readGenerations } from "../boot/generation_folder.ts";
import { lockGenerations, ROLE_DISK } from "../boot/generation_lock.ts";
import { messageOf } from "../define/message_of.ts";
import { print } from "./ctl_verb.ts";
import { EXIT_CODES } from "./exit_codes.ts";

/** A disk on which everything stays as it is. */
const UNTOUCHED: Disk = {
  ...ROLE_DISK,
  write: () => Promise.resolve(),
  rename: () => Promise.resolve(),
  remove: () => Promise.resolve(),
  makeFolder: () => Promise.resolve(),
  sync: () => Promise.resolve(),
};

const tell = (line: string) => console.error(line);

/** Adds a generation as the newest. */
export async function addRole(folder: string, id: string, settings: AddSettings): Promise<number> {
  await ROLE_DISK.makeFolder(folder);
  await ROLE_DISK.sync(join(folder, ".."));
  using _lock = await lockGenerations(folder);
  const number = await addGeneration(ROLE_DISK, folder, id, settings);
  tell(`${id} is generation number ${number} in ${folder}`);
  return EXIT_CODES.yes;
}

/** Prints the id of the generation to boot, and counts that as a try. */
export async function chooseRole(folder: string, { dryRun = false }: { dryRun?: boolean }): Promise<number> {
  using _lock = dryRun ? null : await lockIfPossible(folder);
  const id = await chooseGeneration(dryRun ? UNTOUCHED : ROLE_DISK, folder, tell);
  if (id !== null) await print(`${id}\n`);
  return id === null ? EXIT_CODES.no : EXIT_CODES.yes;
}

/** A folder that nothing can be written to needs no lock. */
async function lockIfPossible(folder: string): Promise<Disposable | null> {
  try {
    return await lockGenerations(folder);
  } catch (error) {
    tell(`cannot lock ${join(folder, "lock")}: ${messageOf(error)}`);
    return null;
  }
}

/** Prints all generations, newest first. */
export async function listRole(folder: string, { json = false }: { json?: boolean }): Promise<number> {
  const { generations, strange } = await readGenerations(ROLE_DISK, folder);
  for (const fault of strange) tell(join(folder, fault));
  const next = await chooseGeneration(UNTOUCHED, folder, () => {});
  await print(json ? asJson(generations, next) : asText(generations, next));
  return EXIT_CODES.yes;
}

function asJson(generations: readonly Generation[], next: string | null): string {
  const items = generations.map(({ id, number, status, wasGood, unjudged }) => ({
    id,
    number,
    status: status?.says ?? null,
    tries: status?.says === "pending" ? status.tries : null,
    reason: status?.says === "failed" ? status.reason : null,
    wasGood,
    unjudged,
    next: id === next,
  }));
  return `${JSON.stringify(items, null, 2)}\n`;
}

function asText(generations: readonly Generation[], next: string | null): string {
  const rows = generations.map((generation) => [
    generation.id === next ? "*" : "",
    generation.id,
    String(generation.number),
    describe(generation),
  ]);
  const all = [["", "ID", "NUMBER", "STATUS (* is booted next)"], ...rows];
  const widths = [0, 1, 2].map((at) => Math.max(...all.map((row) => row[at]!.length)));
  return all.map((row) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  ") + "\n").join("");
}

function describe({ status, wasGood, unjudged }: Generation): string {
  switch (status?.says) {
    case undefined:
      return `no readable status${wasGood ? "; once was ok" : ""}`;
    case "pending":
      return `pending, tries left: ${status.tries}`;
    case "ok":
      return `ok${unjudged === 0 ? "" : `, boots without a verdict since: ${unjudged}`}`;
    case "failed":
      return `failed${status.reason && `: ${status.reason}`}${wasGood ? "; once was ok" : ""}`;
  }
}
