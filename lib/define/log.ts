import type { Service } from "./service.ts";
import { bytesOf, type Size } from "./size.ts";
import type { Millis } from "./time.ts";

/**
 * Into a file of its own, `NAME.log` in the folder of logs; older lines are in `NAME.log.1` (the newest), `NAME.log.2`
 * and so on. Every setting has a default, so that this is where a service prints if it says nothing.
 */
export interface FileLog {
  /** `"file"`, `"console"` or `"none"`. Default: `"file"`. */
  readonly to?: "file";
  /**
   * What each line begins with, before a space: `iso` the time in UTC to the nanosecond, as in
   * `2026-11-26T08:00:00.123456789Z`; `tai64n` the time as `@` and 24 hexadecimal digits; `none` nothing. Lines that
   * were read at once have the same time. Default: `"iso"`.
   *
   * @example `"tai64n"`
   */
  readonly stamp?: "iso" | "tai64n" | "none";
  /**
   * The file is put aside before it grows beyond this many bytes, at the end of a line. At least 4096. Default: 1 MiB.
   *
   * @example `"16M"`
   */
  readonly maxSize?: Size;
  /**
   * How many files that were put aside are kept, 0 to 100; the oldest goes first. Default: 3.
   *
   * @example `9`
   */
  readonly keep?: number;
  /**
   * The file is put aside at the first line after it has become this old, however small it is. Default: never for its age.
   *
   * @example `minutes(24 * 60)`
   */
  readonly maxAge?: Millis;
  /**
   * When what was written is forced onto the disk, fsync(2): `never` leaves it to the kernel; `rotate`: when a file is
   * put aside or closed; `always`: at every write, and the exit of a process is acted upon only then. Default: `"never"`.
   *
   * @example `"rotate"`
   */
  readonly sync?: "never" | "rotate" | "always";
  /**
   * A line of more bytes is broken: it goes on in a line of its own, whose time is followed by `+` instead of a space.
   * At least 64. Default: 16 KiB.
   *
   * @example `1024`
   */
  readonly lineLimit?: number;
  /**
   * Of more lines than this in one second, the rest is thrown away, and the log says how many. Default: no limit.
   *
   * @example `1000`
   */
  readonly rateLimit?: number;
}

/** Onto the console, each line after the name of the service. What the console does not keep up with is not shown. */
export interface ConsoleLog {
  readonly to: "console";
  /** As {@linkcode FileLog.lineLimit}. Default: 16 KiB. */
  readonly lineLimit?: number;
  /** As {@linkcode FileLog.rateLimit}. Default: no limit. */
  readonly rateLimit?: number;
}

/** Nowhere; only its last lines are kept for `why`. */
export interface NoLog {
  readonly to: "none";
}

/**
 * Into the standard input of another service, the consumer; several may have the same one. It is started before those
 * that print into it, if it works at all, and stopped after them; they go on without it, until the pipe is full. The pipe
 * outlives both sides: what was printed is there when the consumer comes back. When all who print into it are down, it
 * is asked to end by the end of its input, not by a signal, so that it can deal with the last line.
 *
 * @example
 * ```ts
 * import { defineService, spawned } from "denit";
 *
 * export const archive = defineService({ run: () => ({ argv: ["/usr/bin/logger"] }), ready: spawned() });
 * export const web = defineService({
 *   run: () => ({ argv: ["/usr/bin/web"] }),
 *   ready: spawned(),
 *   log: { to: archive },
 * });
 * ```
 */
export interface PipedLog {
  /** A longrun that reads lines from its standard input until that ends. */
  readonly to: Service;
}

/**
 * Where the standard output and the standard error of a service go. It writes into a pipe of ours that outlives it, so
 * that nothing is lost when it crashes; it waits where the disk cannot keep up. Where the disk is full, the oldest
 * lines of the service make room for its newest, and the console and the log say so.
 *
 * @example
 * ```ts
 * import { defineService, type Log, minutes, spawned } from "denit";
 *
 * const log: Log = { maxSize: "16M", keep: 9, maxAge: minutes(24 * 60), sync: "rotate" };
 * export const web = defineService({ run: () => ({ argv: ["/usr/bin/web"] }), ready: spawned(), log });
 * ```
 */
export type Log = FileLog | ConsoleLog | NoLog | PipedLog;

/** A {@linkcode Log} with every default filled in. */
export interface LogPolicy {
  readonly to: "file" | "console" | "none";
  readonly stamp: "iso" | "tai64n" | "none";
  readonly maxSize: number;
  readonly keep: number;
  /** Null: never for its age. */
  readonly maxAge: Millis | null;
  readonly sync: "never" | "rotate" | "always";
  readonly lineLimit: number;
  /** Null: no limit. */
  readonly rateLimit: number | null;
}

/** The service that a log goes to, if it goes to one. */
export function consumerOf({ to }: Log): Service | null {
  return typeof to === "object" ? to : null;
}

/** Fills in the defaults that the docstrings of {@linkcode FileLog} promise. What a consumer reads, nobody else keeps. */
export function settleLog(log: Log): LogPolicy {
  if (consumerOf(log) !== null) return { ...settleLog({}), to: "none" };
  const { to = "file", stamp, maxSize, keep, maxAge, sync, lineLimit, rateLimit } = log as FileLog;
  return {
    to,
    stamp: stamp ?? "iso",
    maxSize: maxSize === undefined ? 1024 * 1024 : bytesOf(maxSize),
    keep: keep ?? 3,
    maxAge: maxAge ?? null,
    sync: sync ?? "never",
    lineLimit: lineLimit ?? 16 * 1024,
    rateLimit: rateLimit ?? null,
  };
}
