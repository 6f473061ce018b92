/** A journal as it is found on a disk: whole, cut off, or from a version that noted other things. */
import type { Millis } from "../define/time.ts";

/** A line of a journal, as far as it can be relied upon. */
export interface Entry {
  /** CLOCK_MONOTONIC. */
  readonly t: Millis;
  readonly event: string;
  /** Whom it is about; null if it is about no service. */
  readonly service: string | null;
  readonly details: Fields;
}

/** What an entry tells beside that, not looked at yet. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * The entries of a journal. What is no entry is left out: the half line of a
 * supervisor that was killed, or a block that a disk has lost.
 */
export function readJournal(text: string): readonly Entry[] {
  return text.split("\n").flatMap((line) => {
    const entry = line.startsWith("{") ? readEntry(line) : null;
    return entry === null ? [] : [entry];
  });
}

function readEntry(line: string): Entry | null {
  const details = fields(parsed(line));
  const { t, event, service } = details;
  if (typeof t !== "number" || !Number.isFinite(t) || typeof event !== "string") return null;
  return { t: t / 1e6, event, service: typeof service === "string" ? service : null, details };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

/** The fields of a value; none if it is no object. */
export function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

/** The texts in a list; none if it is no list. */
export function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}

/** The entries of the newest boot in a journal; all of them if its beginning is lost. */
export function newestBoot(entries: readonly Entry[]): readonly Entry[] {
  return entries.slice(Math.max(0, entries.findLastIndex(({ event }) => event === "boot")));
}
