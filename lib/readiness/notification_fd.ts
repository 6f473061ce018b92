import type { Json, Parser } from "../define/json.ts";
import type { Readiness, Verdict } from "../define/readiness.ts";
import { type Millis, seconds } from "../define/time.ts";
import { messageOf } from "../define/message_of.ts";
import { bytesOf, latin1 } from "./latin1.ts";

/**
 * Settings of {@linkcode notificationFd}.
 *
 * @example
 * ```ts
 * import { lines, type NotificationFdSettings, seconds } from "denit";
 *
 * const settings: NotificationFdSettings<readonly string[]> = { parse: lines(), timeout: seconds(30) };
 * if (settings.timeout !== 30_000) throw new Error("lengths of time are milliseconds");
 * ```
 */
export interface NotificationFdSettings<O> {
  /**
   * What the line means: UTF-8, at most 64 KiB. Default: nothing, whatever stands before the newline is ignored, as s6 does.
   *
   * @example `json<{ ipc: string }>()`
   */
  readonly parse?: Parser<O>;
  /**
   * Longest time from the start of the process until the newline. Default: 60 s.
   *
   * @example `minutes(3)`
   */
  readonly timeout?: Millis;
}

/** A notification with more bytes than this is none: nothing that waits for a newline may grow without end. */
const LONGEST_NOTIFICATION = 64 * 1024;
const NEWLINE = 10;

/**
 * Ready when the process writes a newline to a descriptor that was open when
 * it started: the protocol of s6 (https://skarnet.org/software/s6/notifywhenup.html).
 * As an extension of ours, the line may carry the output.
 *
 * @example A daemon that tells where it listens
 * ```ts
 * import { defineService, json, notificationFd, seconds } from "denit";
 *
 * export const agent = defineService({
 *   run: () => ({ argv: ["/usr/bin/agent", "--notify-fd", "3"] }),
 *   ready: notificationFd(3, { parse: json<{ ipc: string }>(), timeout: seconds(30) }),
 * });
 * ```
 *
 * @param fd The descriptor's number in the process, 3 or more.
 * @param settings How to read the line, and how long to wait for it.
 * @returns A readiness whose output is what `parse` makes of the line.
 * @throws {RangeError} If `fd` is 0, 1 or 2, or no descriptor number.
 */
export function notificationFd<O = null>(fd: number, settings: NotificationFdSettings<O> = {}): Readiness<O> {
  if (!Number.isInteger(fd) || fd < 3 || fd > 1023) {
    throw new RangeError(
      `cannot use ${fd} as a notification fd: 0, 1 and 2 are standard input and output; take 3 to 1023`,
    );
  }
  return {
    label: `notification fd ${fd}`,
    timeout: settings.timeout ?? seconds(60),
    fd,
    probe: null,
    observe: (state, seen) => {
      if (seen.type !== "bytes") return [state, { type: "wait", until: null }];
      // A notification is nearly always one short write, so the usual state is null.
      const end = seen.bytes.indexOf(NEWLINE);
      if (settings.parse === undefined) {
        return [null, end === -1 ? { type: "wait", until: null } : { type: "ready", output: null }];
      }
      const piece = latin1(end === -1 ? seen.bytes : seen.bytes.subarray(0, end));
      const text = typeof state === "string" ? state + piece : piece;
      if (text.length > LONGEST_NOTIFICATION) {
        const detail = `it wrote more than ${LONGEST_NOTIFICATION} bytes to fd ${fd} before a newline`;
        return [null, { type: "failed", detail }];
      }
      if (end !== -1) return [null, decode(text, settings.parse)];
      return [text, { type: "wait", until: null }];
    },
  };
}

function decode<O>(text: string, parser: Parser<O>): Verdict {
  try {
    const output: Json = parser.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytesOf(text)));
    return { type: "ready", output };
  } catch (error) {
    const detail = `its notification is not ${parser.expects}: ${messageOf(error)}`;
    return { type: "failed", detail };
  }
}
