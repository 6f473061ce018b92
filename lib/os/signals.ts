/**
 * The signals of Linux: names, numbers on x86-64, and what each does to a process that does not care about it.
 */
import { osError } from "./errno.ts";
import type { SignalName } from "./os.ts";

/** What a signal does by default, from signal(7); `core` also ends the process. */
export type DefaultAction = "terminate" | "core" | "ignore" | "stop" | "continue";

/** Signals 1 to 31 of signal(7) in the order of their numbers. */
const TABLE: readonly (readonly [SignalName, DefaultAction])[] = [
  ["SIGHUP", "terminate"],
  ["SIGINT", "terminate"],
  ["SIGQUIT", "core"],
  ["SIGILL", "core"],
  ["SIGTRAP", "core"],
  ["SIGABRT", "core"],
  ["SIGBUS", "core"],
  ["SIGFPE", "core"],
  ["SIGKILL", "terminate"],
  ["SIGUSR1", "terminate"],
  ["SIGSEGV", "core"],
  ["SIGUSR2", "terminate"],
  ["SIGPIPE", "terminate"],
  ["SIGALRM", "terminate"],
  ["SIGTERM", "terminate"],
  ["SIGSTKFLT", "terminate"],
  ["SIGCHLD", "ignore"],
  ["SIGCONT", "continue"],
  ["SIGSTOP", "stop"],
  ["SIGTSTP", "stop"],
  ["SIGTTIN", "stop"],
  ["SIGTTOU", "stop"],
  ["SIGURG", "ignore"],
  ["SIGXCPU", "core"],
  ["SIGXFSZ", "core"],
  ["SIGVTALRM", "terminate"],
  ["SIGPROF", "terminate"],
  ["SIGWINCH", "ignore"],
  ["SIGIO", "terminate"],
  ["SIGPWR", "terminate"],
  ["SIGSYS", "core"],
];

/** Second names that signal(7) gives to some signals. */
const ALIASES: Readonly<Record<string, number>> = { SIGCLD: 17, SIGIOT: 6, SIGPOLL: 29 };

/** The first real-time signal that glibc leaves to programs, and the last one. */
const SIGRTMIN = 34, SIGRTMAX = 64;

const numbers = new Map<string, number>([
  ...TABLE.map(([name], index): [string, number] => [name, index + 1]),
  ...Object.entries(ALIASES),
]);

/** Every signal that has a name of its own, in the order of the numbers. */
export const SIGNAL_NAMES: readonly SignalName[] = TABLE.map(([name]) => name);

/** Signals that a process cannot catch, or whose handler cannot return; {@linkcode Os.listen} refuses them. */
export const UNCATCHABLE: ReadonlySet<SignalName> = new Set<SignalName>([
  "SIGKILL",
  "SIGSTOP",
  "SIGILL",
  "SIGFPE",
  "SIGSEGV",
]);

/**
 * The number of a signal.
 *
 * @param name `SIGTERM`, an alias such as `SIGPOLL`, or `SIGRTMIN+3` for a real-time signal.
 * @throws {OsError} EINVAL if there is no such signal.
 */
export function signalNumber(name: SignalName): number {
  const known = numbers.get(name);
  if (known !== undefined) return known;
  const offset = name === "SIGRTMIN" ? 0 : Number(/^SIGRTMIN\+([0-9]+)$/.exec(name)?.[1] ?? NaN);
  if (offset <= SIGRTMAX - SIGRTMIN) return SIGRTMIN + offset;
  throw osError("signal", "EINVAL", "", `there is no signal ${name}`);
}

/** The name of a signal number as waitid(2) reports it. The two that glibc keeps to itself are `SIG32` and `SIG33`. */
export function signalName(number: number): SignalName {
  const known = TABLE[number - 1]?.[0];
  if (known !== undefined) return known;
  if (number < SIGRTMIN) return `SIG${number}`;
  return number === SIGRTMIN ? "SIGRTMIN" : `SIGRTMIN+${number - SIGRTMIN}`;
}

/** What a signal does to a process that neither catches nor ignores it. */
export function defaultAction(name: SignalName): DefaultAction {
  return TABLE[signalNumber(name) - 1]?.[1] ?? "terminate";
}
