/** A boot's analysis as text for people: plain, a line a service. */
import { attemptsOf, readyAt, settledAt, startedAt } from "./analysis_attempts.ts";
import { criticalChain, type Link, slacks } from "./analysis_chain.ts";
import { counted, duration } from "./analysis_time.ts";
import type { ServiceLine, Timeline } from "./analysis_timeline.ts";

/** So many services with the least slack are named below a chain. */
const MOST_RIVALS = 3;

/** Services by the time that they took to be ready, retries and pauses included; first those that never were. */
export function renderBlame(timeline: Timeline): string {
  const rows = timeline.services.filter(({ spans }) => spans.length > 0).map((line) => {
    const start = startedAt(line), ready = readyAt(line);
    const took = start === null ? null : (ready ?? Math.max(start, settledAt(line, timeline.end))) - start;
    return { name: line.name, ready: ready !== null, took, note: blameNote(line) };
  });
  rows.sort((a, b) => Number(a.ready) - Number(b.ready) || (b.took ?? -1) - (a.took ?? -1));
  const times = rows.map(({ took }) => took === null ? "-" : duration(took));
  const width = Math.max(0, ...times.map(({ length }) => length));
  const names = Math.max(0, ...rows.map(({ name }) => name.length));
  return rows.map(({ name, note }, index) =>
    `${times[index]!.padStart(width)}  ${name.padEnd(names)}  ${note}`.trimEnd()
  ).join("\n");
}

function blameNote(line: ServiceLine): string {
  const attempts = attemptsOf(line).filter(({ from }) => from <= (readyAt(line) ?? Infinity));
  const failures = attempts.flatMap(({ failure }) => failure ?? []);
  if (readyAt(line) !== null) {
    if (attempts.length < 2) return "";
    return [counted(attempts.length, "attempt"), ...grouped(failures)].join("; ");
  }
  if (attempts.length === 0) return notStarted(line);
  const ended = attempts.at(-1)?.result === "stopped" ? ["stopped"] : [];
  return [`not ready, ${counted(attempts.length, "attempt")}`, ...grouped(failures), ...ended].join("; ");
}

/** Failures in their order; what happened several times in a row is said once. */
function grouped(failures: readonly string[]): string[] {
  const groups: { text: string; times: number }[] = [];
  for (const text of failures) {
    const last = groups.at(-1);
    if (last?.text === text) last.times++;
    else groups.push({ text, times: 1 });
  }
  return groups.map(({ text, times }) => times === 1 ? text : `${times} times ${text}`);
}

/** Why a service was not even started. */
export function notStarted({ spans, dependencies }: ServiceLine): string {
  const failure = spans.at(-1)?.failure ?? null;
  if (failure !== null) return `not started: ${failure}`;
  const names = dependencies.map(({ name }) => name).join(", ");
  return names === "" ? "not started" : `not started: waits for ${names}`;
}

/**
 * The critical chain, first service first, each with the time at which it
 * began to start and how long it took from there.
 *
 * @param name Whom it leads to. Default: whoever the end of the boot waited for.
 * @returns Null if that service was never wanted, or nothing was started.
 */
export function renderCriticalChain(timeline: Timeline, name?: string): string | null {
  const chain = criticalChain(timeline, name);
  const first = chain?.[0];
  if (chain === null || first === undefined) return null;
  const rows = chain.map((link, index): [at: string, took: string, service: string, note: string] => [
    `@${duration(link.from)}`,
    link.result === "blocked" ? "" : `+${duration(link.to - link.from)}`,
    link.service,
    linkNote(timeline, link, index),
  ]);
  if (first.waited > 0) rows.unshift(["@0 ms", `+${duration(first.waited)}`, "init", "until it was started"]);
  const width = (column: 0 | 1 | 2) => Math.max(...rows.map((row) => row[column].length));
  const [ats, tooks, names] = [width(0), width(1), width(2)];
  const lines = rows.map(([at, took, service, note]) =>
    `${at.padStart(ats + 2)}  ${took.padStart(tooks)}  ${service.padEnd(names)}  ${note}`.trimEnd()
  );
  return [
    `${headline(timeline)}; each of these waited for the one above:`,
    "",
    ...lines,
    "",
    "@ is when it began to start, + how long it then took to be ready.",
    ...(timeline.services.some(({ kind }) => kind !== null)
      ? []
      : ["The journal does not tell who depends on whom, so that the chain cannot be followed."]),
    ...(name === undefined ? rivals(timeline, chain) : []),
  ].join("\n");
}

/** The boot in a few words: `boot of generation 4daa95345428: ok in 1.398 s`. */
export function headline({ generation, outcome, end }: Timeline): string {
  const words = {
    ok: "ok in",
    degraded: "degraded after",
    failed: "failed after",
    unfinished: "unfinished at",
  };
  return `boot${generation === null ? "" : ` of generation ${generation}`}: ${words[outcome]} ${
    duration(end)
  }`;
}

function linkNote(timeline: Timeline, { service, waited, to, result }: Link, index: number): string {
  const line = timeline.services.find(({ name }) => name === service)!;
  const attempts = attemptsOf(line).filter(({ from }) => from <= to);
  const ends = { ready: "", failed: "failed", pending: "not ready", blocked: notStarted(line) }[result];
  const tried = attempts.length < 2 ? "" : counted(attempts.length, "attempt");
  // A supervisor that is busy starts a service a little after it could have.
  const late = index > 0 && waited >= 1 ? `after a pause of ${duration(waited)}` : "";
  return [ends, tried, late].filter((note) => note !== "").join(", ");
}

/** Who comes next: shortening the chain by more than their slack needs them to be faster too. */
function rivals(timeline: Timeline, chain: readonly Link[]): string[] {
  const others = [...slacks(timeline)]
    .filter(([service]) => !chain.some((link) => link.service === service))
    .toSorted(([, a], [, b]) => a - b)
    .slice(0, MOST_RIVALS);
  if (others.length === 0) return [];
  const list = others.map(([service, slack]) => `${service} ${duration(slack)}`).join(", ");
  return [`Least slack beside the chain: ${list}.`];
}
