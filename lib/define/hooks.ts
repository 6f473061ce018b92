import { type Command, commandFault } from "./command.ts";
import type { Deps, Outputs } from "./dependency.ts";
import type { Stop } from "./policy.ts";
import type { Probe } from "./readiness.ts";
import type { Signal } from "./signal.ts";
import type { Millis } from "./time.ts";

/**
 * How a process that is up is looked after: a probe, carried out again and again as long as the service is up. One that
 * fails several times in a row counts as a failure of the service: its process is stopped, and started again as the
 * restart policy says.
 *
 * @example
 * ```ts
 * import { type Alive, defineService, httpProbe, seconds } from "denit";
 *
 * const ready = httpProbe({ url: "http://127.0.0.1:8080/health" });
 * const alive: Alive = { probe: ready.probe, every: seconds(5), failures: 3, timeout: seconds(2) };
 * export const api = defineService({ run: () => ({ argv: ["/usr/bin/api"] }), ready, alive });
 * ```
 */
export interface Alive {
  /**
   * What is looked at: the `probe` of one of the probes that readiness has, or the same written down.
   *
   * @example `{ type: "unix", path: "/run/database.sock" }`
   */
  readonly probe: Probe;
  /**
   * Time between the end of one look and the next, above 0. The first look is as long after the service came up.
   *
   * @example `seconds(5)`
   */
  readonly every: Millis;
  /**
   * So many looks in a row that fail are a failure of the service. A whole number, at least 1. Default: 3.
   *
   * @example `5`
   */
  readonly failures?: number;
  /**
   * Longest time that one look may take. Default: 1 s.
   *
   * @example `seconds(3)`
   */
  readonly timeout?: Millis;
}

/**
 * How a longrun is asked to end: as {@linkcode Stop} says, or by a command.
 *
 * @example
 * ```ts
 * import { type LongrunStop, type NoDeps, seconds } from "denit";
 *
 * const stop: LongrunStop<NoDeps> = {
 *   command: () => ({ argv: ["/usr/sbin/haproxy-drain"] }),
 *   timeout: seconds(60),
 * };
 * if (stop.timeout !== 60_000) throw new Error("lengths of time are milliseconds");
 * ```
 */
export interface LongrunStop<D extends Deps> extends Stop {
  /**
   * The process to start instead of sending the signal, given the outputs of `deps`; called in PID 1. `MAINPID` in its
   * environment is the process that is to end. The service is down once both have ended; what is left of them after
   * `timeout` gets SIGKILL. If the command fails, the signal is sent at once. Default: the signal is sent.
   *
   * @example `() => ({ argv: ["/usr/bin/pg_ctl", "stop", "-m", "fast", "-D", "/var/lib/postgresql"] })`
   */
  readonly command?: (outputs: Outputs<D>) => Command;
}

/**
 * What a longrun can be told to do, and what runs before and after its process. Each of these processes is a command of
 * its own: nothing that `run` says of environment, working directory or user holds for it.
 */
export interface LongrunHooks<D extends Deps> {
  /**
   * How `initctl reload` lets it read its configuration anew while it runs: a signal to its process, or a function of
   * the outputs of `deps`, called in PID 1, that returns a process to start beside it; `MAINPID` is in that one's
   * environment, and the reload has worked if it ends with 0 within a minute. Default: it cannot be reloaded.
   *
   * @example `"SIGHUP"`
   */
  readonly reload?: Signal | ((outputs: Outputs<D>) => Command);
  /**
   * A process that runs to its end before each start, given the outputs of `deps`; called in PID 1. If it ends with
   * anything but exit code 0, this start has failed, as if the process itself had ended so. The time that `ready`
   * allows is for both; `spawned()` allows 1 s unless it is given a `timeout`. Default: none.
   *
   * @example `() => ({ argv: ["/usr/sbin/nginx", "-t"] })`
   */
  readonly before?: (outputs: Outputs<D>) => Command;
  /**
   * A process that runs after each end of the process, given the outputs of `deps`; called in PID 1. The service is not
   * down before it has ended, and is not started again; it has as long as `stop.timeout`. Its own failure changes
   * nothing, but exit code 125 says that the service is not to be started again. In its environment: `EXIT_CODE` is `exited`, `killed` or `dumped`, `EXIT_STATUS` the exit code or the
   * signal without its `SIG`, `SERVICE_RESULT` one of `success`, `exit-code`, `signal`, `core-dump`, `timeout`,
   * `protocol` and `watchdog`, as systemd.exec(5) has them. Default: none.
   *
   * @example `() => ({ argv: ["/usr/bin/rm", "-rf", "/run/database"] })`
   */
  readonly after?: (outputs: Outputs<D>) => Command;
  /**
   * How to find out that it does not work any more although its process runs. Default: it works as long as that runs.
   *
   * @example `{ probe: { type: "tcp", host: "127.0.0.1", port: 5432 }, every: seconds(5) }`
   */
  readonly alive?: Alive;
  /**
   * What `initctl do` can have it do, by names of lower-case letters, digits and dashes: as `reload`, each is a signal
   * to its process or a process to start beside it. Default: nothing.
   *
   * @example `{ "rotate-logs": "SIGUSR1", flush: () => ({ argv: ["/usr/bin/cachectl", "flush"] }) }`
   */
  readonly verbs?: Readonly<Record<string, Signal | ((outputs: Outputs<D>) => Command)>>;
}

/** A function of the outputs of `deps` that returns a process to start, types erased. */
export type Hook = (outputs: Record<string, unknown>) => Command;

/** What runs before, beside and after the process of a service, types erased. */
export interface Hooks {
  readonly before: Hook | null;
  readonly after: Hook | null;
  readonly stop: Hook | null;
  readonly alive: Alive | null;
  /** What it can be told to do by name: by a signal, or by a process beside it. `reload` is one of them. */
  readonly verbs: Readonly<Record<string, Signal | Hook>>;
}

/** The hooks of a service that has none. */
export const noHooks: Hooks = { before: null, after: null, stop: null, alive: null, verbs: {} };

/** The hooks among the settings of a service. Types are erased here: whoever calls a hook gives it what `run` is given. */
export function hooksOf<D extends Deps>(
  settings: LongrunHooks<D> & { readonly stop?: LongrunStop<D> },
): Hooks {
  const { before = null, after = null, stop, alive = null, verbs, reload } = settings;
  const named = { ...verbs, ...reload === undefined ? {} : { reload } };
  return { before, after, stop: stop?.command ?? null, alive, verbs: named } as Hooks;
}

/** The hooks that make commands, each with the name of its setting. */
export function commandHooks({ before, after, stop, verbs }: Hooks): readonly (readonly [string, Hook])[] {
  const named = { before, after, "stop.command": stop };
  const all = [
    ...Object.entries(named),
    ...Object.entries(verbs).map(([verb, how]) => [verb === "reload" ? verb : `verbs.${verb}`, how] as const),
  ];
  return all.flatMap(([setting, hook]) => typeof hook === "function" ? [[setting, hook] as const] : []);
}

/**
 * The command that a hook makes.
 *
 * @param setting The hook's name, for the message.
 * @param env What the command is to have in its environment besides.
 * @throws {Error} What the hook throws, or that it returned no command.
 */
export function hookCommand(
  setting: string,
  make: () => unknown,
  env: Readonly<Record<string, string>> = {},
): Command {
  const made = make();
  const fault = commandFault(made);
  if (fault !== null) throw new Error(`${setting} returned no command: ${fault}`);
  const command = made as Command;
  return { ...command, env: { ...command.env, ...env } };
}
