/** Questions to the timeline of one service. */
import type { Millis } from "../define/time.ts";
import type { ServiceLine, Span } from "./analysis_timeline.ts";

/** How one process of a service went until it was ready. */
export interface Attempt {
  readonly from: Millis;
  readonly to: Millis;
  readonly result: "ready" | "failed" | "stopped" | "pending";
  /** What went wrong, if it failed. */
  readonly failure: string | null;
}

/** Every attempt to start a service. */
export function attemptsOf({ spans }: Pick<ServiceLine, "spans">): readonly Attempt[] {
  return spans.flatMap((span, index) => {
    if (span.phase !== "starting") return [];
    const { from, to, failure } = span;
    return [{ from, to, result: resultOf(span, spans[index + 1]), failure }];
  });
}

function resultOf(span: Span, next: Span | undefined): Attempt["result"] {
  if (next === undefined) return "pending";
  if (next.phase === "up") return "ready";
  return span.failure !== null || next.phase === "backoff" ? "failed" : "stopped";
}

/** When a service first began to start; null if it never did. */
export function startedAt({ spans }: Pick<ServiceLine, "spans">): Millis | null {
  return spans.find(({ phase }) => phase === "starting")?.from ?? null;
}

/** When a service first was ready; null if it never was. */
export function readyAt({ spans }: Pick<ServiceLine, "spans">): Millis | null {
  return spans.find(({ phase }) => phase === "up")?.from ?? null;
}

/** When a service first was ready, or had failed for good; if neither, the end of the boot. */
export function settledAt(line: Pick<ServiceLine, "spans">, end: Millis): Millis {
  const start = startedAt(line) ?? 0;
  const settled = line.spans.find(({ phase, from }) => phase === "up" || phase === "down" && from >= start);
  return settled === undefined ? end : Math.min(settled.from, end);
}

/** Whether a service had failed for good, or was stopped, by a time. */
export function isOut({ spans }: Pick<ServiceLine, "spans">, time: Millis): boolean {
  return spans.some(({ phase, from }) => phase === "down" && from <= time);
}

/** The phase of a service at a time; of several that begin then, the last. Null before anybody wanted it. */
export function phaseAt({ spans }: Pick<ServiceLine, "spans">, time: Millis): Span | null {
  return spans.findLast(({ from }) => from <= time) ?? null;
}

/**
 * Where the efforts began that a service's state at `time` is the result of:
 * retries belong together, a start after it was down, or had to wait for a
 * dependency again, is another matter.
 *
 * @returns When it began to start, and since when it had been wanted; null if it never began before `time`.
 */
export function effortBefore(
  { spans }: Pick<ServiceLine, "spans">,
  time: Millis,
): { readonly from: Millis; readonly wanted: Millis } | null {
  let start: Millis | null = null, wanted = 0;
  for (const { phase, from, to } of spans.filter((span) => span.from <= time).reverse()) {
    if (phase === "starting") start = wanted = from;
    else if (start === null) continue;
    else if (phase === "down") break;
    else if (phase === "blocked") {
      if (start === to) wanted = from;
      if (to > from) break;
    }
  }
  return start === null ? null : { from: start, wanted };
}
