/** The requests that no kernel ever sees, because C has no way to express them. */
import { osError } from "../errno.ts";
import type { SpawnRequest } from "../os.ts";

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
