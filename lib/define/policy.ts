import type { Signal } from "./signal.ts";
import type { Millis } from "./time.ts";

/**
 * What happens to the whole system when a service is given up: nothing; an
 * orderly shutdown, after which init ends, or under PID 1 the machine is off;
 * the machine is switched off; the machine starts anew.
 */
export type Consequence = "stay-down" | "shutdown" | "poweroff" | "reboot";

/**
 * When to stop trying to restart a service, and what follows.
 *
 * @example
 * ```ts
 * import { type GiveUp, minutes } from "denit";
 *
 * const giveUp: GiveUp = { after: 5, within: minutes(1), then: "reboot" };
 * if (giveUp.within !== 60_000) throw new Error("lengths of time are milliseconds");
 * ```
 */
export interface GiveUp {
  /**
   * How many failures are allowed; the next one is the last. A whole number, at least 1.
   *
   * @example `5`
   */
  readonly after: number;
  /**
   * Only failures within this time count. Default: since the service last was healthy (see {@linkcode Restart.reset}).
   *
   * @example `minutes(1)`
   */
  readonly within?: Millis;
  /**
   * What follows. Default: `"stay-down"`, only the service and what needs it are down then.
   *
   * @example `"reboot"`
   */
  readonly then?: Consequence;
}

/**
 * Never give up: keep trying at the pace that `delay`, `backoff` and `max` set.
 *
 * @example
 * ```ts
 * import { never, type Restart } from "denit";
 *
 * const restart: Restart = { on: "on-failure", giveUp: never };
 * if (restart.giveUp !== "never") throw new Error("it is the word itself");
 * ```
 */
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
   * failed start. `never`: not at all, which leaves the other settings
   * nothing to say. Default: `always` for a longrun, `never` for a oneshot.
   *
   * @example `"on-failure"`
   */
  readonly on?: "always" | "on-failure" | "never";
  /**
   * Delay before the second restart in a row; the first has none. Default: 0.2 s.
   *
   * @example `seconds(1)`
   */
  readonly delay?: Millis;
  /**
   * Each further delay is this many times the one before; 1 keeps it constant. Default: 2.
   *
   * @example `1.5`
   */
  readonly backoff?: number;
  /**
   * The delay grows no further than this. Default: 30 s.
   *
   * @example `minutes(5)`
   */
  readonly max?: Millis;
  /**
   * After being ready for this long a service is healthy: the next failure counts as the first. Default: 10 s.
   *
   * @example `minutes(1)`
   */
  readonly reset?: Millis;
  /**
   * When to stop trying. Default: {@linkcode never} for a longrun; after 3 failures for a oneshot that restarts.
   *
   * @example `{ after: 5, within: minutes(1), then: "reboot" }`
   */
  readonly giveUp?: typeof never | GiveUp;
  /**
   * Exit codes, 1 to 255, that mean "trying again is pointless": the service fails at once. Default: none.
   *
   * @example `[78]`
   */
  readonly permanent?: readonly number[];
}

/**
 * How a running process is asked to end. The signal goes to its whole process
 * group; what is left when the process has ended is killed. A oneshot keeps what it has left behind until it goes down.
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
  /**
   * The first signal. Default: `"SIGTERM"`.
   *
   * @example `"SIGQUIT"`
   */
  readonly signal?: Signal;
  /**
   * How long the process has to end before it gets SIGKILL. Default: 10 s.
   *
   * @example `minutes(2)`
   */
  readonly timeout?: Millis;
  /**
   * What is killed when the process has ended, or has not ended in time: `all` that the service has ever started, where
   * the kernel has cgroups(7) for us, or its process `group`, so that sessions of its users go on. Default: `"all"`.
   *
   * @example `"group"`
   */
  readonly scope?: "all" | "group";
}

/**
 * A port: a number is a TCP port, `"53/udp"` a UDP port. The same number may be had once for each.
 */
export type Port = number | `${number}/tcp` | `${number}/udp`;

/**
 * Resources that only one service can have. `check` refuses two services that
 * claim the same one, a state directory inside another's, and what lies below
 * a mount point of a service that is not needed.
 *
 * Notification fds are no claims: each process has a table of its own.
 *
 * @example
 * ```ts
 * import { type Claims, defineService, spawned } from "denit";
 *
 * const claims: Claims = { ports: [53, "53/udp"], stateDirectories: ["/persist/dns"] };
 * export const dns = defineService({ run: () => ({ argv: ["/usr/sbin/dnsd"] }), ready: spawned(), claims });
 * ```
 */
export interface Claims {
  /**
   * Ports that the service listens on, on whatever address. Default: none, but
   * a port that a TCP or HTTP probe of the service names is claimed by it, on that host.
   *
   * @example `[53, "53/udp"]`
   */
  readonly ports?: readonly Port[];
  /**
   * Unix socket paths, absolute. Default: none, but a path that a probe of the service names is claimed by it.
   *
   * @example `["/run/database.sock"]`
   */
  readonly sockets?: readonly string[];
  /**
   * Pid files, absolute paths. Default: none.
   *
   * @example `["/run/sshd.pid"]`
   */
  readonly pidFiles?: readonly string[];
  /**
   * Mount points, absolute paths. Default: none.
   *
   * @example `["/persist"]`
   */
  readonly mountPoints?: readonly string[];
  /**
   * Directories for state that nobody else writes to, absolute paths. Default: none.
   *
   * @example `["/persist/dns"]`
   */
  readonly stateDirectories?: readonly string[];
}
