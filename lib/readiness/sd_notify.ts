import type { Json, Parser } from "../define/json.ts";
import { messageOf } from "../define/message_of.ts";
import type { Readiness, Verdict } from "../define/readiness.ts";
import { type Millis, seconds } from "../define/time.ts";
import { readMessage } from "./sd_message.ts";

/**
 * Settings of {@linkcode sdNotify}.
 *
 * @example
 * ```ts
 * import { minutes, seconds, type SdNotifySettings } from "denit";
 *
 * const settings: SdNotifySettings = { timeout: seconds(30), extend: minutes(5), watchdog: seconds(20) };
 * if (settings.watchdog !== 20_000) throw new Error("lengths of time are milliseconds");
 * ```
 */
export interface SdNotifySettings<O = null> {
  /**
   * What `X_DENIT_OUTPUT=...` means, which comes with `READY=1` or before it: sd_notify has no output of its own.
   * Default: nothing, and there is no output.
   *
   * @example `json<{ ipc: string }>()`
   */
  readonly parse?: Parser<O>;
  /**
   * Longest time from the start of the process until `READY=1`. Default: 60 s.
   *
   * @example `minutes(3)`
   */
  readonly timeout?: Millis;
  /**
   * How much longer its start, or its stop, may take in all where it asks for that by `EXTEND_TIMEOUT_USEC`.
   * Default: 10 minutes, which `check` does not count among the worst cases, as it counts one that is set here.
   *
   * @example `minutes(5)`
   */
  readonly extend?: Millis;
  /**
   * How often the process says `WATCHDOG=1` once it is ready; it finds the time in `WATCHDOG_USEC`. If it misses that
   * it is ended by SIGABRT, which is a failure. Default: it need not, unless it asks for it by `WATCHDOG_USEC`.
   *
   * @example `seconds(30)`
   */
  readonly watchdog?: Millis;
  /**
   * Who is heard: every process of the service, or its main process only. Default: `"all"`.
   *
   * @example `"main"`
   */
  readonly access?: "all" | "main";
  /**
   * How many descriptors are kept for it by `FDSTORE=1`, so that its next process gets them as `LISTEN_FDS`.
   * Default: none.
   *
   * @example `16`
   */
  readonly keep?: number;
  /**
   * Whether these are kept while the service is down as well: then only `FDSTOREREMOVE=1`, and the end of everything,
   * gives them up. Default: no, a restart keeps them and a stop does not.
   *
   * @example `true`
   */
  readonly keepWhenDown?: boolean;
  /**
   * Whether it says `RELOADING=1` and then `READY=1` when it reads its configuration anew, so that `initctl reload`
   * waits for that; `reload` has to be a signal then. Default: no.
   *
   * @example `true`
   */
  readonly reloads?: boolean;
}

/**
 * Ready when a process of the service says `READY=1` at the socket that `NOTIFY_SOCKET` names: the protocol of
 * sd_notify(3), with all that belongs to it: `STATUS`, `MAINPID`, `RELOADING`, `STOPPING`, `WATCHDOG`,
 * `EXTEND_TIMEOUT_USEC`, `FDSTORE`, `BARRIER`.
 *
 * @example A daemon with a watchdog
 * ```ts
 * import { defineService, sdNotify, seconds } from "denit";
 *
 * export const resolver = defineService({
 *   run: () => ({ argv: ["/usr/sbin/unbound", "-d"] }),
 *   ready: sdNotify({ timeout: seconds(30), watchdog: seconds(20), reloads: true }),
 *   reload: "SIGHUP",
 * });
 * ```
 *
 * @param settings How long to wait, what else it may say, and who may say it.
 * @returns A readiness whose output is what `parse` makes of `X_DENIT_OUTPUT`.
 * @throws {RangeError} If a number is none that this can be.
 */
export function sdNotify<O = null>(settings: SdNotifySettings<O> = {}): Readiness<O> {
  const { parse, timeout = seconds(60), extend = null, watchdog = null, access = "all" } = settings;
  const { keep = 0, keepWhenDown = false, reloads = false } = settings;
  if (watchdog !== null && !(watchdog > 0 && watchdog < Infinity)) {
    throw new RangeError(`cannot have a watchdog of ${watchdog} ms: it takes a time above 0`);
  }
  if (extend !== null && !(extend >= 0 && extend < Infinity)) {
    throw new RangeError(`cannot extend by ${extend} ms: it takes a time that is finite`);
  }
  if (!Number.isInteger(keep) || keep < 0 || keep > 512) {
    throw new RangeError(`cannot keep ${keep} descriptors: it takes a whole number from 0 to 512`);
  }
  return {
    label: watchdog === null ? "sd_notify" : `sd_notify, watchdog ${watchdog / 1000} s`,
    timeout,
    fd: null,
    probe: null,
    mailbox: { access, watchdog, extend, keep, keepWhenDown, reloads },
    observe: (state, seen) => {
      if (seen.type !== "bytes") return [state, { type: "wait", until: null }];
      const { ready, output } = readMessage(seen.bytes);
      const text: Json = parse === undefined ? null : output ?? state;
      if (!ready) return [text, { type: "wait", until: null }];
      return [null, parse === undefined ? { type: "ready", output: null } : decode(text, parse)];
    },
  };
}

function decode<O>(text: Json, parser: Parser<O>): Verdict {
  if (typeof text !== "string") {
    return {
      type: "failed",
      detail: `it said READY=1 without X_DENIT_OUTPUT=, which is to be ${parser.expects}`,
    };
  }
  try {
    return { type: "ready", output: parser.parse(text) };
  } catch (error) {
    return { type: "failed", detail: `its X_DENIT_OUTPUT is not ${parser.expects}: ${messageOf(error)}` };
  }
}
