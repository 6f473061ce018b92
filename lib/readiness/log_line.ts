import type { Json, JsonOnly } from "../define/json.ts";
import { messageOf } from "../define/message_of.ts";
import type { Readiness, Verdict } from "../define/readiness.ts";
import { type Millis, seconds } from "../define/time.ts";
import { bytesOf, latin1 } from "./latin1.ts";

/**
 * Settings of {@linkcode logLine}.
 *
 * @example
 * ```ts
 * import { type LogLineSettings, seconds } from "denit";
 *
 * const settings: LogLineSettings<{ port: number }> = {
 *   example: "Listening on port 8080",
 *   output: ([, port]) => ({ port: Number(port) }),
 *   timeout: seconds(30),
 * };
 * if (settings.timeout !== 30_000) throw new Error("lengths of time are milliseconds");
 * ```
 */
export interface LogLineSettings<O> {
  /**
   * A line as the program prints it. It has to match, so that a pattern that never can is found out now; a dry run has
   * it printed.
   *
   * @example `"Listening on port 8080"`
   */
  readonly example: string;
  /**
   * What the line yields to dependents, given what `RegExp.exec` returned for it. Called in PID 1: it must be
   * synchronous and without effects; an exception is a failed start. Default: nothing.
   *
   * @example `([, port]) => ({ port: Number(port) })`
   */
  readonly output?: (match: RegExpExecArray) => O & JsonOnly<O>;
  /**
   * Longest time from the start of the process until the line. Default: 60 s.
   *
   * @example `minutes(3)`
   */
  readonly timeout?: Millis;
}

/** Characters of a line that are looked at: nothing that waits for a newline may grow without end. */
const LONGEST_LINE = 4096;
/** What colours a terminal: ECMA-48, control sequences. */
// deno-lint-ignore no-control-regex
const COLOUR = /\x1b\[[0-9;:]*[A-Za-z]/g;

/**
 * Ready when the process prints a line that matches: for programs that tell it to people only. Whatever they print may
 * change with their next version, so take any other protocol that they have. What is printed still goes to the log,
 * which has to be a file or the console.
 *
 * @example A server that tells its port
 * ```ts
 * import { defineService, logLine } from "denit";
 *
 * export const server = defineService({
 *   run: () => ({ argv: ["/usr/bin/server", "--port", "0"] }),
 *   ready: logLine(/listening on port (\d+)/i, {
 *     example: "Listening on port 8080",
 *     output: ([, port]) => ({ port: Number(port) }),
 *   }),
 * });
 * ```
 *
 * @param pattern What the line matches, without its newline and without colours; of a long one, the first 4096 characters.
 * @param settings An example of the line, what it yields, and how long to wait for it.
 * @returns A readiness whose output is what `output` makes of the line.
 * @throws {RangeError} If the example does not match.
 */
export function logLine<O = null>(pattern: RegExp, settings: LogLineSettings<O>): Readiness<O> {
  const { example, output, timeout = seconds(60) } = settings;
  // Whoever has written `g` or `y` does not mean that a match depends on the one before.
  const stateless = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ""));
  if (!stateless.test(example)) {
    throw new RangeError(
      `cannot wait for a line that matches ${pattern}: the example ${JSON.stringify(example)} does not`,
    );
  }
  return {
    label: `log line ${pattern}`,
    timeout,
    fd: null,
    probe: null,
    log: { example },
    observe: (state, seen) => {
      if (seen.type !== "bytes") return [state, { type: "wait", until: null }];
      const before = typeof state === "string" ? state : "";
      const lines = (before + latin1(seen.bytes)).split("\n");
      const rest = lines.pop()!.slice(0, LONGEST_LINE);
      for (const line of lines) {
        const match = stateless.exec(decode(line.slice(0, LONGEST_LINE)));
        if (match !== null) return [null, yieldOf(match, output)];
      }
      return [rest, { type: "wait", until: null }];
    },
  };
}

function decode(line: string): string {
  return new TextDecoder().decode(bytesOf(line)).replace(COLOUR, "").replace(/\r$/, "");
}

function yieldOf(match: RegExpExecArray, output: ((match: RegExpExecArray) => unknown) | undefined): Verdict {
  try {
    return { type: "ready", output: output === undefined ? null : output(match) as Json };
  } catch (error) {
    return {
      type: "failed",
      detail: `cannot make an output of the line ${JSON.stringify(match[0])}: ${messageOf(error)}`,
    };
  }
}
