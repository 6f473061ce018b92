/** A length of time, or a point on CLOCK_MONOTONIC, in milliseconds. Fractions are allowed. */
export type Millis = number;

/**
 * A length of time given in seconds.
 *
 * @example
 * ```ts
 * import { seconds } from "denit";
 *
 * if (seconds(1.5) !== 1500) throw new Error("1.5 s are 1,500 ms");
 * ```
 *
 * @param count Seconds, zero or more; fractions are allowed.
 * @returns The same length in milliseconds.
 * @throws {RangeError} If `count` is negative or not a number.
 */
export function seconds(count: number): Millis {
  if (!(count >= 0)) {
    throw new RangeError(`cannot use ${count} seconds as a length of time: it must be 0 or more`);
  }
  return count * 1000;
}

/**
 * A length of time given in minutes.
 *
 * @example
 * ```ts
 * import { minutes, seconds } from "denit";
 *
 * if (minutes(2) !== seconds(120)) throw new Error("2 minutes are 120 s");
 * ```
 *
 * @param count Minutes, zero or more; fractions are allowed.
 * @returns The same length in milliseconds.
 * @throws {RangeError} If `count` is negative or not a number.
 */
export function minutes(count: number): Millis {
  return seconds(count * 60);
}

/**
 * A length of time given in hours.
 *
 * @example
 * ```ts
 * import { hours, minutes } from "denit";
 *
 * if (hours(2) !== minutes(120)) throw new Error("2 hours are 120 minutes");
 * ```
 *
 * @param count Hours, zero or more; fractions are allowed.
 * @returns The same length in milliseconds.
 * @throws {RangeError} If `count` is negative or not a number.
 */
export function hours(count: number): Millis {
  return seconds(count * 3600);
}
