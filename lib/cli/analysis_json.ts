/** A boot's analysis for programs. Times are milliseconds from the start of the boot. */
import { attemptsOf, readyAt, startedAt } from "./analysis_attempts.ts";
import { criticalChain, slacks } from "./analysis_chain.ts";
import type { Timeline } from "./analysis_timeline.ts";

/** Every service that was wanted, in boot order: `{generation, outcome, endMs, services: [...]}`. */
export function blameJson(timeline: Timeline): string {
  const { generation, outcome, end } = timeline;
  const slackOf = slacks(timeline);
  const services = timeline.services.filter(({ spans }) => spans.length > 0).map((line) => {
    const start = startedAt(line), ready = readyAt(line), slack = slackOf.get(line.name);
    return {
      name: line.name,
      kind: line.kind,
      startMs: tidy(start),
      readyMs: tidy(ready),
      tookMs: start === null || ready === null ? null : tidy(ready - start),
      slackMs: tidy(slack ?? null),
      attempts: attemptsOf(line).map(({ from, to, result, failure }) => ({
        startMs: tidy(from),
        endMs: tidy(to),
        result,
        failure,
      })),
    };
  });
  return JSON.stringify({ generation, outcome, endMs: tidy(end), services }, null, 2);
}

/** The critical chain, first service first; null if there is none. */
export function criticalChainJson(timeline: Timeline, name?: string): string | null {
  const chain = criticalChain(timeline, name);
  if (chain === null || chain.length === 0) return null;
  const { generation, outcome, end } = timeline;
  const links = chain.map(({ service, waited, from, to, result }) => ({
    name: service,
    waitedMs: tidy(waited),
    startMs: tidy(from),
    endMs: tidy(to),
    result,
  }));
  return JSON.stringify({ generation, outcome, endMs: tidy(end), chain: links }, null, 2);
}

/** The journal knows microseconds. */
function tidy(time: number | null): number | null {
  return time === null ? null : Number(time.toFixed(3));
}
