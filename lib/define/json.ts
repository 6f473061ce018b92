/** What an output may be: exactly what JSON can carry, so that it survives the journal, `status` and a re-exec. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/**
 * Turns every part of a type that JSON cannot carry, such as a function or a
 * `Date`, into an error. What JSON can carry is left as it is.
 */
export type JsonOnly<T> = T extends string | number | boolean | null | undefined | void ? T
  : T extends
    bigint | symbol | ((...parameters: never) => unknown) | { toJSON(...parameters: never): unknown }
    ? NotJson
  : T extends ReadonlyMap<unknown, unknown> | ReadonlySet<unknown> | ArrayBufferView | ArrayBuffer | RegExp
    ? NotJson
  : T extends object ? { readonly [K in keyof T]: JsonOnly<T[K]> }
  : T;

declare const notJson: unique symbol;

/** The type of a part of an output that JSON cannot carry; no value is of it. */
export interface NotJson {
  readonly [notJson]: never;
}

declare const produced: unique symbol;

/**
 * How the text that a process hands over becomes a typed output.
 *
 * @example A parser of one's own
 * ```ts
 * import { defineService, type Parser } from "denit";
 *
 * const device: Parser<{ device: string }> = {
 *   expects: "the path of a device",
 *   parse: (text) => {
 *     if (!text.startsWith("/dev/")) throw new Error(`${text} is not below /dev`);
 *     return { device: text.trim() };
 *   },
 * };
 * export const loop = defineService({ kind: "oneshot", run: () => ({ argv: ["/sbin/losetup", "-f"] }), output: device });
 * ```
 */
export interface Parser<out O> {
  /** For people: `a line of JSON`. */
  readonly expects: string;
  /**
   * Turns the text into the output.
   *
   * @throws {Error} If the text is not what was expected; the message is shown to the operator.
   */
  readonly parse: (text: string) => Json;
  readonly [produced]?: O;
}

/**
 * The text is one JSON value of type `T`.
 *
 * TypeScript trusts the program to say what it promised. Pass `guard` to have
 * that checked when the text arrives: a value that it refuses fails the start.
 *
 * @example
 * ```ts
 * import { json } from "denit";
 *
 * const parser = json<{ port: number }>();
 * if (JSON.stringify(parser.parse('{"port":80}\n')) !== '{"port":80}') throw new Error("not parsed");
 * ```
 *
 * @param guard Tells whether a parsed value really is a `T`.
 * @returns A parser for `output` of a oneshot and `parse` of a readiness protocol.
 */
export function json<T>(guard?: (value: unknown) => value is T): Parser<T> {
  return {
    expects: "JSON",
    parse: (text) => {
      let value: Json;
      try {
        value = JSON.parse(text);
      } catch {
        throw new Error(`cannot parse ${quote(text)} as JSON`);
      }
      if (guard !== undefined && !guard(value)) throw new Error(`${quote(text)} is JSON of the wrong shape`);
      return value;
    },
  };
}

/**
 * The text is a list of lines; empty ones are left out.
 *
 * @example
 * ```ts
 * import { lines } from "denit";
 *
 * if (lines().parse("eth0\neth1\n")?.toString() !== "eth0,eth1") throw new Error("not split");
 * ```
 *
 * @returns A parser whose output is an array of strings without line ends.
 */
export function lines(): Parser<readonly string[]> {
  return { expects: "lines", parse: (text) => text.split("\n").filter((line) => line !== "") };
}

/** Text as it is shown in a message: quoted, and cut where it is long. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? text.slice(0, 80) + "…" : text);
}
