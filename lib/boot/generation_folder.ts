import { basename, dirname, join } from "@std/path";
import { type Disk, realDisk } from "./generation_disk.ts";

/** What a status file says. */
export type Status =
  | { readonly says: "pending"; readonly tries: number }
  | { readonly says: "ok" }
  | { readonly says: "failed"; readonly reason: string };

/** A generation in a folder of generations: it has a folder of its own there, with its id as the name. */
export interface Generation {
  readonly id: string;
  /** Higher is newer. It is written once, as clocks cannot be trusted. */
  readonly number: number;
  /** Null if the file is missing or says something else. */
  readonly status: Status | null;
  /** Whether it once was `ok`; a verdict that comes later does not take that away. */
  readonly wasGood: boolean;
  /** How often it was booted since the last verdict, once it is `ok`. */
  readonly unjudged: number;
}

/** How many boots in a row an `ok` generation may end without a verdict, as when the kernel panics. */
export const PATIENCE = 5;

/** What may name a generation: one word, which is also the name of a folder and no hidden one. */
export const GENERATION_ID = /^[A-Za-z0-9_][A-Za-z0-9_.+-]{0,199}$/;

/** Understands the content of a status file; null if it says nothing known. */
export function parseStatus(text: string): Status | null {
  const [, word, rest] = /^(pending|ok|failed)(?: ([^\n]*))?\n?$/.exec(text) ?? [];
  if (word === "pending") return /^\d{1,9}$/.test(rest ?? "") ? { says: word, tries: Number(rest) } : null;
  if (word === "failed") return { says: word, reason: rest ?? "" };
  return word === "ok" && rest === undefined ? { says: word } : null;
}

/** Whether a generation may be booted without further ado. */
export function isCandidate({ status, unjudged }: Generation): boolean {
  return status?.says === "pending" ? status.tries > 0 : status?.says === "ok" && unjudged < PATIENCE;
}

/**
 * Reads a folder of generations.
 *
 * @returns Those with a number, newest first, and why other folders are none.
 * @throws {Error} If the folder cannot be read.
 */
export async function readGenerations(disk: Disk, folder: string) {
  const generations: Generation[] = [];
  const strange: string[] = [];
  for (const id of await disk.folders(folder)) {
    const read = (name: string) => disk.read(join(folder, id, name));
    const number = /^\d{1,15}(?=\n?$)/.exec(await read("number") ?? "")?.[0];
    const status = parseStatus(await read("status") ?? "");
    const wasGood = status?.says === "ok" || await read("good") !== null;
    const unjudged = Number(/^\d{1,9}(?=\n?$)/.exec(await read("unjudged") ?? "")?.[0] ?? 0);
    if (!GENERATION_ID.test(id)) strange.push(`${JSON.stringify(id)} is no id of a generation`);
    else if (number === undefined) strange.push(`${id} has no readable number`);
    else generations.push({ id, number: Number(number), status, wasGood, unjudged });
    if (number !== undefined && status === null) strange.push(`${id} has no readable status`);
  }
  generations.sort((a, b) => b.number - a.number || (a.id < b.id ? -1 : 1));
  return { generations, strange };
}

/** Whether a status file belongs to a generation in a folder of generations, and is not just any file. */
export async function isInGenerations(statusFile: string, disk: Disk): Promise<boolean> {
  return basename(statusFile) === "status" && await disk.read(join(dirname(statusFile), "number")) !== null;
}

/**
 * The generation that is booted when the one with this status file is not.
 *
 * @returns Its id; null if there is none; undefined if the file is in no folder of generations.
 */
export async function otherGeneration(
  statusFile: string,
  disk = realDisk,
): Promise<string | null | undefined> {
  if (!await isInGenerations(statusFile, disk)) return undefined;
  const own = dirname(statusFile);
  const { generations } = await readGenerations(disk, dirname(own));
  return generations.find((other) => isCandidate(other) && other.id !== basename(own))?.id ?? null;
}
