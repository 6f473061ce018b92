/** kill(2), and the signals that others send to us. */
import { osError } from "../errno.ts";
import type { Pid, SignalName } from "../os.ts";
import { signalNumber, UNCATCHABLE } from "../signals.ts";
import { errno, failure, libc } from "./libc.ts";

/** From <errno.h>. */
const ESRCH = 3;

/**
 * Sends a signal to one process or to a process group.
 *
 * @returns Whether there was somebody to receive it; a zombie counts.
 * @throws {OsError} EPERM if it may not be signalled, EINVAL for a pid that would mean something else to kill(2).
 */
export function kill(pid: Pid, signal: SignalName, scope: "process" | "group"): boolean {
  // kill(2) reads 0 as our own group, -1 as everybody and other negative numbers as groups: a slip there is fatal.
  if (!(pid > (scope === "group" ? 1 : 0))) {
    throw osError("kill", "EINVAL", String(pid), `it is not the id of a ${scope}`);
  }
  return send(scope === "group" ? -pid : pid, signal);
}

/**
 * Sends a signal to every process that we may signal, except ourselves; PID 1 so ends a machine.
 *
 * @returns Whether there was anybody.
 * @throws {OsError} As kill(2).
 */
export function killAll(signal: SignalName): boolean {
  return send(-1, signal);
}

function send(target: number, signal: SignalName): boolean {
  if (libc.kill(target, signalNumber(signal)) === 0) return true;
  if (errno() === ESRCH) return false;
  throw failure("kill", target);
}

/** Signals sent to us, kept until somebody asks. Deno's handler runs as an event of JavaScript, never in between. */
export class Signals {
  readonly #arrived: () => void;
  readonly #listeners: (readonly [SignalName, () => void])[] = [];
  readonly #reported = new Set<SignalName>();
  #queue: SignalName[] = [];

  /** @param arrived Called after a signal was put in the queue. */
  constructor(arrived: () => void) {
    this.#arrived = arrived;
  }

  /** @throws {OsError} EINVAL for a signal that cannot be caught, or not by Deno: real-time signals. */
  listen(signal: SignalName): void {
    if (this.#reported.has(signal)) return;
    signalNumber(signal);
    if (UNCATCHABLE.has(signal)) throw osError("listen to", "EINVAL", signal, "it cannot be caught");
    this.on(signal, () => {
      this.#queue.push(signal);
      this.#arrived();
    });
    this.#reported.add(signal);
  }

  /** Calls `handler` at each arrival of `signal`. @throws {OsError} EINVAL if Deno has no such signal. */
  on(signal: SignalName, handler: () => void): void {
    try {
      Deno.addSignalListener(signal as Deno.Signal, handler);
    } catch (error) {
      throw osError("listen to", "EINVAL", signal, error instanceof Error ? error.message : String(error));
    }
    this.#listeners.push([signal, handler]);
  }

  /** Whether something has arrived since the last {@linkcode take}. */
  get any(): boolean {
    return this.#queue.length > 0;
  }

  /** What has arrived since the last call, oldest first. */
  take(): SignalName[] {
    const queue = this.#queue;
    if (queue.length > 0) this.#queue = [];
    return queue;
  }

  /** Removes all listeners: the signals have their default effects again. */
  close(): void {
    for (const [signal, handler] of this.#listeners) {
      Deno.removeSignalListener(signal as Deno.Signal, handler);
    }
    this.#listeners.length = 0;
    this.#reported.clear();
  }
}
