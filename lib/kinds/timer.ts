import type { Command } from "../define/command.ts";
import type { Deps, NoDeps, Outputs } from "../define/dependency.ts";
import type { Exact } from "../define/exact.ts";
import { hooksOf } from "../define/hooks.ts";
import {
  type Definition,
  makeService,
  type Oneshot,
  type Service,
  type Settings,
  shared,
} from "../define/service.ts";
import type { Millis } from "../define/time.ts";

/** Settings of {@linkcode timer}, but for its times. */
export interface TimerJob<D extends Deps, C extends Command = Command> extends Omit<Settings<D>, "restart"> {
  /**
   * The process to start each time, given the outputs of `deps`. Called in PID 1: it must be synchronous and without
   * effects.
   *
   * @example `({ persist }) => ({ argv: ["/usr/bin/backup", persist.path] })`
   */
  readonly run: (outputs: Outputs<D>) => C & Exact<C>;
  /** As that of a oneshot: what runs before it each time, and may veto it. Default: none. */
  readonly before?: Oneshot<D, null>["before"];
  /**
   * Longest time that one run may take. Default: 60 s.
   *
   * @example `minutes(30)`
   */
  readonly timeout?: Millis;
  /**
   * A random delay up to this is added to each time, so that not all machines do it at once. Default: none.
   *
   * @example `minutes(10)`
   */
  readonly jitter?: Millis;
  /**
   * A file in which the time of the last run is kept, an absolute path in a folder that is there: what was missed while
   * the machine was off, or the timer stopped, is made up for at once, and once. Default: it is not.
   *
   * @example `"/persist/timers/backup"`
   */
  readonly persist?: string;
}

/** A timer that runs at regular intervals. */
export interface TimerEvery {
  /**
   * From the start of one run to the start of the next. If a run takes longer, the next one follows at once.
   *
   * @example `hours(6)`
   */
  readonly every: Millis;
  /**
   * From the start of the timer to its first run. Default: as `every`.
   *
   * @example `minutes(5)`
   */
  readonly first?: Millis;
  /** Not beside `every`. The type is the message. */
  readonly at?: "a timer has either at or every";
}

/** A timer that runs when the clocks show certain times. */
export interface TimerAt {
  /**
   * A calendar event as systemd.time(7) has it: weekdays, date and time, each as `*`, numbers, lists, ranges and steps; or
   * a word such as `daily`. A time that the clocks leave out for summer time comes as much later, one that they show twice
   * comes once. If the clock is set, the next time is found anew.
   *
   * @example `"Mon..Fri 03:30"`
   */
  readonly at: string;
  /**
   * Whose clocks are meant: a name of the IANA database. Default: `"UTC"`.
   *
   * @example `"Europe/Berlin"`
   */
  readonly timeZone?: string;
  /** Not beside `at`. The type is the message. */
  readonly every?: "a timer has either at or every";
}

/**
 * Defines a timer: a service that is up while it waits, and has its process run whenever it is time. A run that fails is
 * told in the log, in `status` and `why`; the timer stays, and the next run comes in its time. There never are two at once:
 * times that pass while one runs are made up for by one that follows. `initctl trigger` has it run now.
 *
 * @example
 * ```ts
 * import { hours, minutes, timer } from "denit";
 *
 * export const backup = timer({
 *   at: "Mon..Fri 03:30",
 *   timeZone: "Europe/Berlin",
 *   persist: "/persist/timers/backup",
 *   run: () => ({ argv: ["/usr/bin/backup"] }),
 *   timeout: minutes(30),
 * });
 * export const renew = timer({ every: hours(12), run: () => ({ argv: ["/usr/bin/renew-certificates"] }) });
 * if (backup.kind !== "oneshot") throw new Error("a timer is a oneshot that is done again and again");
 * ```
 *
 * @typeParam D The dependencies; inferred from `deps`.
 * @typeParam C What `run` returns; inferred, so that a misspelt key in it is an error.
 * @param settings When, and what.
 * @returns A service without an output.
 */
export function timer<D extends Deps = NoDeps, C extends Command = Command>(
  settings: TimerJob<D, C> & (TimerEvery | TimerAt),
): Service<null> {
  const { jitter = 0, persist = null, run, before, timeout } = settings;
  const when = typeof settings.every === "number"
    ? { every: settings.every, first: settings.first ?? settings.every }
    : { at: String(settings.at), timeZone: settings.timeZone ?? "UTC" };
  return makeService({
    ...shared<D>(settings),
    kind: "oneshot",
    run: run as Definition["run"],
    undo: null,
    body: null,
    ready: null,
    hooks: hooksOf({ before } as Parameters<typeof hooksOf<D>>[0]),
    output: null,
    timeout,
    // A run that has failed leaves the timer as it was, if at a slower pace.
    restart: { on: "on-failure", giveUp: "never" },
    trigger: { on: "time", schedule: { ...when, jitter, persist } },
    defined: new Error("defined here"),
  });
}
