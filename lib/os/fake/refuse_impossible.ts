/** The requests that are refused at once: those that C has no way to express, and signals that nobody can catch. */
import { osError } from "../errno.ts";
import type { SignalName, SpawnRequest } from "../os.ts";
import { signalNumber, UNCATCHABLE } from "../signals.ts";

/** @throws {OsError} EINVAL for a text with a NUL byte or a variable without a proper name, as on Linux. */
export function refuseImpossible({ argv, env, cwd }: SpawnRequest): void {
  for (const text of argv) refuseNul(text);
  if (cwd !== undefined) refuseNul(cwd);
  for (const key in env) {
    if (key === "" || key.includes("=")) {
      throw osError("pass", "EINVAL", JSON.stringify(key), "it cannot name an environment variable");
    }
    refuseNul(key);
    refuseNul(env[key]!);
  }
}

function refuseNul(text: string): void {
  if (text.includes("\0")) throw osError("pass", "EINVAL", JSON.stringify(text), "it contains a NUL byte");
}

/** @throws {OsError} As `Os.listen`, for a signal that nobody can listen to. */
export function refuseUncatchable(signal: SignalName): void {
  signalNumber(signal);
  if (!UNCATCHABLE.has(signal) && !signal.startsWith("SIGRTMIN")) return;
  throw osError("listen to", "EINVAL", signal, "it cannot be caught");
}
