/** What a row of samples amounts to. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** Coefficient of variation: the standard deviation as a part of the mean. */
  readonly variation: number;
}

/** Sums samples up. @throws {RangeError} If there are none. */
export function summarize(samples: readonly number[]): Summary {
  if (samples.length === 0) throw new RangeError("cannot sum up no samples: measure at least once");
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  const mean = sorted.reduce((sum, sample) => sum + sample, 0) / sorted.length;
  const variance = sorted.reduce((sum, sample) => sum + (sample - mean) ** 2, 0) / sorted.length;
  const variation = mean === 0 ? 0 : Math.sqrt(variance) / mean;
  return { median, min: sorted[0]!, max: sorted[sorted.length - 1]!, variation };
}
