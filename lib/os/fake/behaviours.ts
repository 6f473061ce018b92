/** Children that tests need again and again: the ideal ones and the well-known bad ones. */
import type { Millis } from "../../define/time.ts";
import { type ErrnoName, osError } from "../errno.ts";
import type { SignalName, SpawnRequest } from "../os.ts";
import type { Child, Step } from "./child.ts";

/**
 * Stays until a signal ends it.
 *
 * @example
 * ```ts
 * import { neverReady } from "denit/testing";
 *
 * const processes = { web: () => neverReady() };
 * ```
 */
export function longrun(): Child {
  return LONGRUN;
}

const LONGRUN: Child = {};

/**
 * Does its work and exits.
 *
 * @param work Its exit code, how long it takes, and what it writes to its standard output when it has done it.
 *
 * @example
 * ```ts
 * import { oneshot } from "denit/testing";
 *
 * const processes = { "run-fsck": () => oneshot({ code: 4, after: 3000 }) };
 * ```
 */
export function oneshot(
  work: { readonly code?: number; readonly after?: Millis; readonly stdout?: string } = {},
): Child {
  const { code = 0, after = 0, stdout = "" } = work;
  const output: Step[] = stdout === "" ? [] : [{ after, write: stdout, to: 1 }];
  return { steps: [...output, { after: stdout === "" ? after : 0, exit: code }] };
}

/**
 * Tells on a descriptor that it is ready, closes it, and stays. By default it writes an empty line.
 *
 * @example
 * ```ts
 * import { notifies } from "denit/testing";
 *
 * const processes = { web: () => notifies(3, 20_000) };
 * ```
 */
export function notifies(fd: number, after: Millis = 0, line = "\n"): Child {
  return { steps: [{ after, write: line, to: fd }, { close: fd }] };
}

/**
 * Ends without having told that it is ready.
 *
 * @example
 * ```ts
 * import { exitsBeforeReady, ideal } from "denit/testing";
 *
 * const processes = { web: (attempt: number) => attempt === 1 ? exitsBeforeReady(1) : ideal() };
 * ```
 */
export function exitsBeforeReady(code = 1, after: Millis = 0): Child {
  return oneshot({ code, after });
}

/**
 * Ends by a signal that it brings upon itself, such as SIGSEGV.
 *
 * @example
 * ```ts
 * import { crashes } from "denit/testing";
 *
 * const processes = { web: () => crashes("SIGSEGV", 5000) };
 * ```
 */
export function crashes(signal: SignalName = "SIGSEGV", after: Millis = 0): Child {
  return { steps: [{ after, die: signal }] };
}

/**
 * As `child`, but only SIGKILL ends it.
 *
 * @example
 * ```ts
 * import { ignoresTerm, notifies } from "denit/testing";
 *
 * const processes = { web: () => ignoresTerm(notifies(3)) };
 * ```
 */
export function ignoresTerm(child: Child = LONGRUN): Child {
  return { ...child, on: { ...child.on, SIGTERM: "ignore" } };
}

/**
 * As `child`, but it takes some time to end after SIGTERM.
 *
 * @example
 * ```ts
 * import { lingers, notifies } from "denit/testing";
 *
 * const processes = { web: () => lingers(8000, notifies(3)) };
 * ```
 */
export function lingers(time: Millis, child: Child = LONGRUN, code = 0): Child {
  return { ...child, on: { ...child.on, SIGTERM: [{ after: time, exit: code }] } };
}

/**
 * As `child`, but nothing ends it for this time, SIGKILL neither: state D of ps(1).
 *
 * @example
 * ```ts
 * import { isStuck } from "denit/testing";
 *
 * const processes = { web: () => isStuck(60_000) };
 * ```
 */
export function isStuck(time: Millis = Infinity, child: Child = LONGRUN): Child {
  return { ...child, steps: [{ stuck: time }, ...child.steps ?? []] };
}

/** A daemon of the old kind: forks what shall stay, and exits. */
export function daemonizes(daemon: Child, after: Millis = 0, code = 0): Child {
  return { steps: [{ after, fork: daemon, setsid: true }, { exit: code }] };
}

/**
 * Fails the spawn, as for a program that does not exist or may not be executed. For use in `behave`.
 *
 * @example
 * ```ts
 * import { type Behaviour, cannotExec } from "denit/testing";
 *
 * const processes = { web: ((_attempt, request) => cannotExec(request, "EACCES")) satisfies Behaviour };
 * ```
 */
export function cannotExec(request: SpawnRequest, code: ErrnoName = "ENOENT"): never {
  throw osError("exec", code, request.argv[0]);
}
