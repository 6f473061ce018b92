import { attributeFault, attributeKeys } from "./attribute_fault.ts";
import type { Attributes } from "./attributes.ts";

/**
 * What a service's `run` returns: the process to start. It is data; the
 * supervisor alone acts on it.
 *
 * @example
 * ```ts
 * import type { Command } from "denit";
 *
 * const nginx: Command = {
 *   argv: ["/usr/sbin/nginx", "-g", "daemon off;"],
 *   env: { TZ: "UTC", LANG: undefined },
 *   cwd: "/srv/www",
 * };
 * if (nginx.argv.length !== 3) throw new Error("a program and two arguments");
 * ```
 */
export interface Command extends Attributes {
  /**
   * The program and its arguments; no shell is involved. A program without a
   * slash is looked up in `PATH` of the service's environment.
   *
   * @example `["/usr/sbin/nginx", "-g", "daemon off;"]`
   */
  readonly argv: readonly [string, ...string[]];
  /**
   * Variables to add to the supervisor's own environment, or to replace;
   * `undefined` takes one out. Default: the supervisor's environment as it is.
   * Where the result has no `PATH`, programs are looked for in
   * `/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`; the
   * process itself then has none either.
   *
   * @example `{ TZ: "UTC", LANG: undefined }`
   */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /**
   * The working directory, an absolute path. Default: `/` under PID 1 and with a `root`, else the supervisor's own.
   *
   * @example `"/srv/www"`
   */
  readonly cwd?: string;
}

/** Every key that a {@linkcode Command} can have. */
export const commandKeys: readonly (keyof Command)[] = ["argv", "env", "cwd", ...attributeKeys];

/**
 * What is wrong with a value that `run` returned, or null. The type system
 * cannot see a misspelt key behind a branch or a cast; this can.
 */
export function commandFault(value: unknown): string | null {
  if (typeof value !== "object" || value === null) return "it is not an object with argv";
  for (const key of Object.keys(value)) {
    if (!(commandKeys as readonly string[]).includes(key)) {
      return `it has no setting "${key}"; there are ${commandKeys.join(", ")}`;
    }
  }
  const { argv, env, cwd } = value as Partial<Command>;
  if (!Array.isArray(argv) || argv.length === 0) return "argv is empty";
  if (!argv.every(isArgument)) return "argv holds something that is not a string without NUL characters";
  if (argv[0] === "") return "argv names no program";
  if (cwd !== undefined && !isArgument(cwd)) return "cwd is not a path";
  if (cwd !== undefined && !cwd.startsWith("/")) return `cwd ${cwd} is not an absolute path`;
  if (env !== undefined && (typeof env !== "object" || env === null)) return "env is not an object";
  for (const [name, text] of Object.entries(env ?? {})) {
    if (name === "" || name.includes("=")) return `env has a variable named "${name}"`;
    if (text !== undefined && !isArgument(text)) {
      return `env.${name} is not a string without NUL characters`;
    }
  }
  return attributeFault(value);
}

function isArgument(value: unknown): value is string {
  return typeof value === "string" && !value.includes("\0");
}
