/** What happened in a boot, service by service. Pure: a journal's entries in, lengths of time out. */
import type { DependencyKind } from "../define/dependency.ts";
import type { Millis } from "../define/time.ts";
import { failureIn } from "./analysis_failure.ts";
import { type Entry, type Fields, fields, newestBoot, readJournal, texts } from "./analysis_journal.ts";

/** The phases of a service, as the supervisor names them. */
export const PHASES = ["down", "blocked", "starting", "up", "stopping", "backoff"] as const;

/** One of {@linkcode PHASES}. */
export type PhaseName = (typeof PHASES)[number];

/** A time that a service spent in one phase. Times count from the start of the boot. */
export interface Span {
  readonly phase: PhaseName;
  readonly from: Millis;
  readonly to: Millis;
  /** What ended it, or why it was entered, if that was a failure. */
  readonly failure: string | null;
}

/** What happened to one service. */
export interface ServiceLine {
  readonly name: string;
  /** Null if the journal does not tell. */
  readonly kind: "longrun" | "oneshot" | null;
  readonly dependencies: readonly { readonly name: string; readonly kind: DependencyKind }[];
  /** Its phases in the order of time, without gaps; the last one lasts until the journal ends. */
  readonly spans: readonly Span[];
}

/** How a boot went; `unfinished`: the journal ends before the boot does. */
export type Outcome = "ok" | "degraded" | "failed" | "unfinished";

/** A boot. Times count from its start. */
export interface Timeline {
  readonly generation: string | null;
  readonly version: string | null;
  readonly outcome: Outcome;
  /** When the boot was through, or was given up, or the journal ends. */
  readonly end: Millis;
  /** Every service, whoever others depend on first; those that were never wanted have no spans. */
  readonly services: readonly ServiceLine[];
}

/** The newest boot in a journal's text; null if there is none. */
export function timelineOf(journal: string): Timeline | null {
  const entries = newestBoot(readJournal(journal));
  const first = entries[0];
  if (first === undefined) return null;
  const boot = first.event === "boot" ? first.details : {};
  const { startedAt, generation, version } = boot;
  const start = typeof startedAt === "number" && startedAt <= first.t ? startedAt : first.t;
  const last = entries.reduce((latest, { t }) => Math.max(latest, t), first.t) - start;
  const { outcome, at } = outcomeOf(entries);
  return {
    generation: typeof generation === "string" ? generation : null,
    version: typeof version === "string" ? version : null,
    outcome,
    end: at === null ? last : Math.max(0, at - start),
    services: servicesIn(boot, entries, start, last),
  };
}

function outcomeOf(entries: readonly Entry[]): { outcome: Outcome; at: Millis | null } {
  for (const { t, event, details } of entries) {
    if (event === "booted") {
      const { state } = details;
      return { outcome: state === "degraded" || state === "failed" ? state : "ok", at: t };
    }
    if (event === "verdict" && details.verdict === "failed") return { outcome: "failed", at: t };
    if (event === "shutdown") return { outcome: "unfinished", at: t };
  }
  return { outcome: "unfinished", at: null };
}

/** The services that the journal announces, then those that it only tells of. */
function servicesIn(boot: Fields, entries: readonly Entry[], start: Millis, last: Millis): ServiceLine[] {
  const lines = new Map<string, Omit<ServiceLine, "spans">>();
  for (const item of Array.isArray(boot.services) ? boot.services : []) {
    const { name, kind, ...rest } = fields(item);
    if (typeof name !== "string") continue;
    const known = kind === "longrun" || kind === "oneshot" ? kind : null;
    lines.set(name, { name, kind: known, dependencies: dependenciesIn(rest) });
  }
  const phases = new Map<string, Entry[]>();
  for (const entry of entries) {
    const { service, event } = entry;
    if (service === null) continue;
    if (!lines.has(service)) lines.set(service, { name: service, kind: null, dependencies: [] });
    if (!PHASES.some((phase) => phase === event)) continue;
    const known = phases.get(service);
    if (known === undefined) phases.set(service, [entry]);
    else known.push(entry);
  }
  return [...lines.values()].map((line) => ({
    ...line,
    spans: spansOf(line.kind, phases.get(line.name) ?? [], start, last),
  }));
}

function dependenciesIn({ needs, optional, milestone, after }: Fields): ServiceLine["dependencies"] {
  const lists: readonly (readonly [DependencyKind, unknown])[] = [
    ["need", needs],
    ["optional", optional],
    ["milestone", milestone],
    ["after", after],
  ];
  return lists.flatMap(([kind, names]) => texts(names).map((name) => ({ name, kind })));
}

function spansOf(
  kind: ServiceLine["kind"],
  entries: readonly Entry[],
  start: Millis,
  last: Millis,
): Span[] {
  const spans: Span[] = [];
  let from = 0;
  entries.forEach(({ t, event, details }, index) => {
    const phase = PHASES.find((known) => known === event);
    if (phase === undefined) return;
    // The clock does not run backwards; a journal that was put together by hand may.
    from = Math.max(from, t - start);
    const next = entries[index + 1];
    const to = next === undefined ? last : next.t - start;
    const ended = phase === "starting" || phase === "up" ? next?.details : details;
    spans.push({ phase, from, to: Math.max(from, to), failure: failureIn(ended ?? {}, kind) });
  });
  return spans;
}
