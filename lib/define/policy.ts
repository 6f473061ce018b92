import type { Signal } from "./signal.ts";
import type { Millis } from "./time.ts";

/** What happens to the whole system when a service is given up. */
export type Consequence = "stay-down" | "shutdown" | "poweroff" | "reboot";

/** When to stop trying to restart a service, and what follows. */
export interface GiveUp {
  /** How many failures are allowed; the next one is the last. At least 1. */
  readonly after: number;
  /**
   * Only failures within this time count. Default: since the service last was healthy (see {@linkcode Restart.reset}).
   *
   * @example `minutes(1)`
   */
  readonly within?: Millis;
  /** What follows: by default only the service and what needs it stay down. */
  readonly then?: Consequence;
}

/** Never give up: keep trying at the pace that `delay`, `backoff` and `max` set. */
export const never = "never" as const;

/**
 * Whether and when a process that has ended is started again.
 *
 * The first restart after a failure comes at once; then the delay grows. A
 * process that ended before it was ever ready waits until at least a second
 * has passed since its start, so that a broken program cannot spin.
 *
 * @example
 * ```ts
 * import { minutes, type Restart, seconds } from "denit";
 *
 * const restart: Restart = {
 *   on: "on-failure",
 *   delay: seconds(0.2),
 *   backoff: 2,
 *   max: seconds(30),
 *   giveUp: { after: 5, within: minutes(1), then: "reboot" },
 *   permanent: [78],
 * };
 * if (restart.delay !== 200) throw new Error("lengths of time are milliseconds");
 * ```
 */
export interface Restart {
  /**
   * `always`: whatever the exit status. `on-failure`: after a non-zero exit
   * code, a fatal signal other than SIGHUP, SIGINT, SIGPIPE and SIGTERM, or a
   * failed start. `never`: not at all. Default: `always` for a longrun, `never` for a oneshot.
   */
  readonly on?: "always" | "on-failure" | "never";
  /** Delay before the second restart in a row; the first has none. Default: 0.2 s. */
  readonly delay?: Millis;
  /** Each further delay is this many times the one before; 1 keeps it constant. Default: 2. */
  readonly backoff?: number;
  /** The delay grows no further than this. Default: 30 s. */
  readonly max?: Millis;
  /** After being ready for this long a service is healthy: the next failure counts as the first. Default: 10 s. */
  readonly reset?: Millis;
  /** When to stop trying. Default: {@linkcode never} for a longrun; after 3 failures for a oneshot that restarts. */
  readonly giveUp?: typeof never | GiveUp;
  /** Exit codes that mean "trying again is pointless": the service fails at once. Default: none. */
  readonly permanent?: readonly number[];
}

/**
 * How a running process is asked to end. The signal goes to its whole process
 * group; what is left of the group when the process has ended is killed.
 *
 * @example
 * ```ts
 * import { seconds, type Stop } from "denit";
 *
 * const stop: Stop = { signal: "SIGQUIT", timeout: seconds(20) };
 * if (stop.timeout !== 20_000) throw new Error("lengths of time are milliseconds");
 * ```
 */
export interface Stop {
  /** The first signal. Default: SIGTERM. */
  readonly signal?: Signal;
  /** How long the process has to end before it gets SIGKILL. Default: 10 s. */
  readonly timeout?: Millis;
}

/** Resources that only one service can have. `check` refuses two services that claim the same one. */
export interface Claims {
  /** TCP or UDP ports that the service listens on. A port that a probe of the service names is claimed by it. */
  readonly ports?: readonly number[];
  /** Unix socket paths. A path that a probe of the service names is claimed by it. */
  readonly sockets?: readonly string[];
  /** Pid files. */
  readonly pidFiles?: readonly string[];
  /** Mount points. */
  readonly mountPoints?: readonly string[];
  /** Directories for state that nobody else writes to. */
  readonly stateDirectories?: readonly string[];
}
