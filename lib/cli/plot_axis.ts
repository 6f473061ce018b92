import type { Millis } from "../define/time.ts";
import { trimmed } from "./analysis_time.ts";

/** A line of the grid. */
export interface Tick {
  readonly at: Millis;
  readonly label: string;
}

/** Steps that people count in, in milliseconds: 1, 2 and 5 of each power of ten, and those of minutes and hours. */
const STEPS: readonly Millis[] = [
  ...[0.001, 0.01, 0.1, 1, 10, 100, 1000].flatMap((power) => [power, 2 * power, 5 * power]),
  10_000,
  ...[15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000],
];

/** Round times from 0 to `end`, at most `most` after the first; all in the same unit, without more digits than it takes. */
export function ticks(end: Millis, most: number): readonly Tick[] {
  const step = STEPS.find((known) => end / known <= most) ?? Math.ceil(end / most / 3_600_000) * 3_600_000;
  const count = Math.floor(end / step + 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => {
    const at = index * step;
    return { at, label: labelOf(at, end, step) };
  });
}

function labelOf(at: Millis, end: Millis, step: Millis): string {
  if (step >= 60_000) return `${trimmed(at / 60_000, 1)} min`;
  if (end >= 2000) return `${trimmed(at / 1000, 3)} s`;
  return `${trimmed(at, 3)} ms`;
}
