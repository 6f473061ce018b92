/** What the length of a boot was made of, and who could have been slower. Pure. */
import type { DependencyKind } from "../define/dependency.ts";
import type { Millis } from "../define/time.ts";
import { attemptsOf, effortBefore, phaseAt, readyAt, settledAt, startedAt } from "./analysis_attempts.ts";
import type { ServiceLine, Timeline } from "./analysis_timeline.ts";

/** One service of a chain: it could not start before the link above had ended. */
export interface Link {
  readonly service: string;
  /** How long after the end of the link before, or the start of the boot, it began to start. */
  readonly waited: Millis;
  /** When it began to start; with `blocked`, when the chain ended without it. */
  readonly from: Millis;
  readonly to: Millis;
  /** `pending`: not ready when the boot ended; `blocked`: not even started. */
  readonly result: "ready" | "failed" | "pending" | "blocked";
}

/** When a dependency let its dependent go, and who that was: behind one that was blocked stands another. */
interface Release {
  readonly service: string;
  readonly at: Millis;
}

/**
 * The chain of services that led to one, each waiting for the one before,
 * first one first. `waited` and the lengths of all links add up to the time at
 * which the last link ends.
 *
 * @param name Whom it leads to. Default: whoever the end of the boot waited for; in a boot that did not end well, who
 * has kept it longest without being ready.
 * @returns Null if that service was never wanted, or nothing was started at all.
 */
export function criticalChain(timeline: Timeline, name?: string): readonly Link[] | null {
  const lines = linesByName(timeline);
  const last = name === undefined ? lastOf(timeline) : lines.get(name);
  if (last === undefined || last.spans.length === 0) return null;
  const chain: Omit<Link, "waited">[] = [];
  const passed = new Set<string>();
  let here: ServiceLine | undefined = last;
  let to = settledAt(last, timeline.end);
  while (here !== undefined && !passed.has(here.name)) {
    passed.add(here.name);
    const effort = effortBefore(here, to);
    const result = resultAt(here, to);
    chain.unshift({ service: here.name, from: effort?.from ?? to, to, result });
    const before = effort === null
      ? obstacleOf(lines, here, to)
      : releaseOf(lines, here, effort.from, effort.wanted);
    if (before === null) break;
    here = lines.get(before.service);
    to = before.at;
  }
  return chain.map((link, index) => ({ ...link, waited: link.from - (chain[index - 1]?.to ?? 0) }));
}

/**
 * By how much each service that was ready could have been ready later without
 * the end of the critical chain coming later, all else being equal. On that
 * chain it is 0.
 */
export function slacks(timeline: Timeline): ReadonlyMap<string, Millis> {
  const end = criticalChain(timeline)?.at(-1)?.to ?? 0;
  const lines = linesByName(timeline);
  const found = new Map<string, Millis>();
  const settled = timeline.services
    .map((line, index) => ({ line, index, at: settledAt(line, timeline.end) }))
    .filter(({ line, at }) => startedAt(line) !== null && at <= end)
    .sort((a, b) => b.at - a.at || b.index - a.index);
  const lower = (name: string, slack: Millis) => {
    found.set(name, Math.min(found.get(name) ?? Infinity, Math.max(0, slack)));
  };
  // Whoever was ready last comes first, so that the slack of all dependents is known.
  for (const { line, at } of settled) {
    lower(line.name, end - at);
    const effort = effortBefore(line, at);
    if (effort === null) continue;
    const releases = releasesOf(lines, line, effort.from);
    const last = releases.reduce((latest, release) => Math.max(latest, release.at), effort.wanted);
    for (const release of releases) lower(release.service, found.get(line.name)! + last - release.at);
  }
  const wereReady = settled.filter(({ line, at }) => (readyAt(line) ?? Infinity) <= at);
  return new Map(wereReady.map(({ line }) => [line.name, found.get(line.name) ?? 0]));
}

function linesByName({ services }: Timeline): ReadonlyMap<string, ServiceLine> {
  return new Map(services.map((line) => [line.name, line]));
}

/** Whom the end of the boot waited for. */
function lastOf({ services, outcome, end }: Timeline): ServiceLine | undefined {
  const started = services.filter((line) => (startedAt(line) ?? Infinity) <= end);
  const pending = started.filter((line) => resultAt(line, settledAt(line, end)) === "pending");
  if (pending.length > 0 && (outcome === "failed" || outcome === "unfinished")) {
    return pending.reduce((first, line) => startedAt(line)! < startedAt(first)! ? line : first);
  }
  const settled = started.filter((line) => !pending.includes(line));
  return settled.reduce<ServiceLine | undefined>(
    (last, line) => last === undefined || settledAt(line, end) >= settledAt(last, end) ? line : last,
    undefined,
  );
}

function resultAt(line: ServiceLine, time: Millis): Link["result"] {
  const ready = readyAt(line);
  if (ready !== null && ready <= time) return "ready";
  if (attemptsOf(line).every(({ from }) => from > time)) return "blocked";
  return phaseAt(line, time)?.phase === "down" ? "failed" : "pending";
}

/** Who let a service go last before it started; null if it could have started before anybody wanted it. */
function releaseOf(
  lines: ReadonlyMap<string, ServiceLine>,
  line: ServiceLine,
  start: Millis,
  wanted: Millis,
): Release | null {
  const last = latest(releasesOf(lines, line, start));
  return last === null || last.at < wanted ? null : last;
}

/** When each dependency last let a service go, as of a time. */
function releasesOf(lines: ReadonlyMap<string, ServiceLine>, line: ServiceLine, time: Millis): Release[] {
  return line.dependencies.flatMap(({ name, kind }) => {
    const release = releaseBy(lines, name, kind, time, new Set([line.name]));
    return release === null ? [] : [release];
  });
}

/** Which phases of a dependency let its dependent go: an optional one must not keep others when it is in trouble. */
const RELEASING = {
  need: ["up"],
  milestone: ["up"],
  optional: ["up", "backoff", "stopping", "down"],
  after: ["up", "backoff", "stopping", "down"],
} as const;

function releaseBy(
  lines: ReadonlyMap<string, ServiceLine>,
  name: string,
  kind: DependencyKind,
  time: Millis,
  passed: Set<string>,
): Release | null {
  const line = lines.get(name);
  if (line === undefined || passed.has(name)) return null;
  passed.add(name);
  const releasing = line.spans.filter(({ phase, from }) =>
    from <= time && RELEASING[kind].some((known) => known === phase)
  );
  // A milestone is reached once and for all.
  const span = kind === "milestone" ? releasing[0] : releasing.at(-1);
  if (span !== undefined) return { service: name, at: span.from };
  if (kind === "need" || kind === "milestone" || phaseAt(line, time)?.phase !== "blocked") return null;
  // It is blocked itself, by somebody in trouble.
  return latest(line.dependencies.flatMap((behind) => {
    return releaseBy(lines, behind.name, "after", time, passed) ?? [];
  }));
}

function latest(releases: readonly Release[]): Release | null {
  return releases.reduce<Release | null>(
    (last, release) => last === null || release.at > last.at ? release : last,
    null,
  );
}

/** The dependency that keeps a service from starting at a time; of several the first. */
function obstacleOf(
  lines: ReadonlyMap<string, ServiceLine>,
  line: ServiceLine,
  time: Millis,
): Release | null {
  for (const { name, kind } of line.dependencies) {
    const other = lines.get(name);
    if (other === undefined || other.spans.length === 0) continue;
    const lets = kind === "need"
      ? phaseAt(other, time)?.phase === "up"
      : releaseBy(lines, name, kind, time, new Set([line.name])) !== null;
    if (!lets) return { service: name, at: settledAt(other, time) };
  }
  return null;
}
