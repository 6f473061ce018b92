/**
 * An amount of bytes: a whole number, or a text with a unit. Units are powers of 1024, as those of systemd and of the
 * kernel's own files are: `"512M"` are 512 * 1024 * 1024 bytes.
 *
 * @example
 * ```ts
 * import { defineService, type Size, spawned } from "denit";
 *
 * const memoryMax: Size = "512M";
 * export const web = defineService({
 *   run: () => ({ argv: ["/usr/bin/web"] }),
 *   ready: spawned(),
 *   resources: { memoryMax },
 * });
 * ```
 */
export type Size = number | `${number}${"K" | "M" | "G" | "T"}`;

const UNITS = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** How many bytes a size is; NaN for a text that is none. */
export function bytesOf(size: Size): number {
  if (typeof size === "number") return size;
  const match = /^(\d+(?:\.\d+)?)([KMGT])$/.exec(size);
  if (match === null) return NaN;
  const [, count, unit] = match;
  return Number(count) * UNITS[unit as keyof typeof UNITS];
}
