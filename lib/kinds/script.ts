import type { Attributes } from "../define/attributes.ts";
import type { Deps, NoDeps, Outputs } from "../define/dependency.ts";
import { noHooks } from "../define/hooks.ts";
import { json, type JsonOnly } from "../define/json.ts";
import { type Definition, makeService, type Service, type Settings, shared } from "../define/service.ts";
import type { Millis } from "../define/time.ts";

/** Settings of {@linkcode script}. */
export interface Script<D extends Deps, O> extends Settings<D> {
  /**
   * The body, given the outputs of `deps`. It runs in a child process of the
   * init binary with all of Deno at hand; what it returns, as JSON, is the
   * output. An exception fails the start, and its stack goes to the log. A
   * part of the output that JSON cannot carry, such as a `Date`, is a
   * compile-time error.
   *
   * @example `async ({ persistMount }) => await Deno.readTextFile(`${persistMount.path}/name`)`
   */
  readonly run: (outputs: Outputs<D>) => (O & JsonOnly<O>) | Promise<O & JsonOnly<O>>;
  /**
   * Takes it down again, in a child process too, given the same outputs and its own. Default: nothing to do.
   *
   * @example `async (_outputs, { path }) => await Deno.remove(path)`
   */
  readonly undo?: (outputs: Outputs<D>, output: O) => void | Promise<void>;
  /**
   * Whom the child process runs as, and what it is allowed. Default: all as the supervisor is.
   *
   * @example `{ user: "nobody", nice: 10 }`
   */
  readonly attributes?: Attributes;
  /**
   * Longest time that `run`, and `undo`, may take. Default: 60 s.
   *
   * @example `minutes(5)`
   */
  readonly timeout?: Millis;
}

/**
 * Defines a oneshot whose body is TypeScript.
 *
 * @example
 * ```ts
 * import { script } from "denit";
 *
 * export const hostname = script({
 *   description: "the machine's name",
 *   run: async () => ({ name: (await Deno.readTextFile("/etc/hostname")).trim() }),
 * });
 * export const greeting = script({
 *   deps: { hostname },
 *   run: ({ hostname }) => console.log(`this is ${hostname.name}`),
 * });
 * if (hostname.kind !== "oneshot") throw new Error("a script is a oneshot");
 * ```
 *
 * @typeParam D The dependencies; inferred from `deps`.
 * @typeParam O The output; inferred from what the body returns.
 * @param settings What it depends on, and its body.
 * @returns A oneshot service whose output is what the body returns.
 */
export function script<D extends Deps = NoDeps, O = void>(
  settings: Script<D, O>,
): Service<O> {
  const self = () => ({ ...settings.attributes, argv: [selfPath, "script"] }) as const;
  return makeService({
    ...shared(settings),
    kind: "oneshot",
    run: self,
    undo: settings.undo === undefined ? null : self,
    body: { run: settings.run, undo: settings.undo ?? null } as Definition["body"],
    ready: null,
    hooks: noHooks,
    output: json(),
    timeout: settings.timeout,
    defined: new Error("defined here"),
  });
}

/** The running binary. The kernel resolves it in the new process while that still is a copy of ours: proc(5). */
export const selfPath = "/proc/self/exe";
