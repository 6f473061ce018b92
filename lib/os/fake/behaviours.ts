/** Children that tests need again and again: the ideal ones and the well-known bad ones. */
import type { Millis } from "../../define/time.ts";
import { type ErrnoName, osError } from "../errno.ts";
import type { SignalName, SpawnRequest } from "../os.ts";
import type { Child, Step } from "./child.ts";

/** Stays until a signal ends it. */
export function longrun(): Child {
  return LONGRUN;
}

const LONGRUN: Child = {};

/**
 * Does its work and exits.
 *
 * @param work Its exit code, how long it takes, and what it writes to its standard output when it has done it.
 */
export function oneshot(
  work: { readonly code?: number; readonly after?: Millis; readonly stdout?: string } = {},
): Child {
  const { code = 0, after = 0, stdout = "" } = work;
  const output: Step[] = stdout === "" ? [] : [{ after, write: stdout, to: 1 }];
  return { steps: [...output, { after: stdout === "" ? after : 0, exit: code }] };
}

/** Tells on a descriptor that it is ready, closes it, and stays. By default it writes an empty line. */
export function notifies(fd: number, after: Millis = 0, line = "\n"): Child {
  return { steps: [{ after, write: line, to: fd }, { close: fd }] };
}

/** Ends without having told that it is ready. */
export function exitsBeforeReady(code = 1, after: Millis = 0): Child {
  return oneshot({ code, after });
}

/** Ends by a signal that it brings upon itself, such as SIGSEGV. */
export function crashes(signal: SignalName = "SIGSEGV", after: Millis = 0): Child {
  return { steps: [{ after, die: signal }] };
}

/** As `child`, but only SIGKILL ends it. */
export function ignoresTerm(child: Child = LONGRUN): Child {
  return { ...child, on: { ...child.on, SIGTERM: "ignore" } };
}

/** As `child`, but it takes some time to end after SIGTERM. */
export function lingers(time: Millis, child: Child = LONGRUN, code = 0): Child {
  return { ...child, on: { ...child.on, SIGTERM: [{ after: time, exit: code }] } };
}

/** As `child`, but nothing ends it for this time, SIGKILL neither: state D of ps(1). */
export function isStuck(time: Millis = Infinity, child: Child = LONGRUN): Child {
  return { ...child, steps: [{ stuck: time }, ...child.steps ?? []] };
}

/** A daemon of the old kind: forks what shall stay, and exits. */
export function daemonizes(daemon: Child, after: Millis = 0, code = 0): Child {
  return { steps: [{ after, fork: daemon, setsid: true }, { exit: code }] };
}

/** Fails the spawn, as for a program that does not exist or may not be executed. For use in `behave`. */
export function cannotExec(request: SpawnRequest, code: ErrnoName = "ENOENT"): never {
  throw osError("exec", code, request.argv[0]);
}
