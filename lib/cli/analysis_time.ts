import type { Millis } from "../define/time.ts";

/** A length of time as people read it, with as many digits as say something: `0.4 ms`, `544 ms`, `1.398 s`, `2 min 5.1 s`. */
export function duration(time: Millis): string {
  if (time < 9.95) return `${trimmed(time, 1)} ms`;
  if (time < 999.5) return `${Math.round(time)} ms`;
  if (time < 59_999.5) return `${(time / 1000).toFixed(3)} s`;
  const tenths = Math.round(time / 100);
  const minutes = Math.floor(tenths / 600);
  const rest = `${trimmed((tenths - minutes * 600) / 10, 1)} s`;
  if (minutes < 60) return `${minutes} min ${rest}`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A number with at most so many decimals, and no noughts at the end. */
export function trimmed(value: number, decimals: number): string {
  return String(Number(value.toFixed(decimals)));
}

/** `1 service`, `3 services`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
