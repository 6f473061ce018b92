import type { KernelTask } from "../define/kernel_task.ts";
import { OsError } from "../os/error.ts";
import type { Os } from "../os/os.ts";
import type { Event, Failure } from "../supervisor/mod.ts";
import type { Habitat } from "./habitat.ts";

/** How a task of init itself has ended, but for whose it was. */
type Outcome =
  | Pick<Extract<Event, { type: "exited" }>, "type" | "status" | "output">
  | Pick<Extract<Event, { type: "spawnFailed" }>, "type" | "failure">;

/** What a namespace has of its own; the rest is one for the whole machine. */
const OF_A_NAMESPACE: readonly KernelTask["kernel"][] = ["hostname", "loopback"];

/** Does what a service needs no process for, where that is ours to do; says then how it ended, as of a process. */
export function perform(
  os: Os,
  place: Habitat["place"],
  task: KernelTask,
  report: (outcome: Outcome) => void,
): void {
  const skip = (why: string) => report({ type: "exited", status: { code: 0 }, output: { skipped: why } });
  const ours = place === "machine" || place === "namespace" && OF_A_NAMESPACE.includes(task.kernel);
  if (!ours) return skip("not the init of a machine");
  os.perform(task, (outcome) => {
    if (!(outcome instanceof OsError)) report({ type: "exited", status: { code: 0 }, output: outcome });
    // Whoever made the namespace has kept that to themselves, and has done it as they want it.
    else if (place === "namespace" && outcome.code === "EPERM") skip(outcome.message);
    else report({ type: "spawnFailed", failure: failureOf(outcome) });
  });
}

/** What the kernel has refused. */
export function failureOf({ call, code, message }: OsError): Failure {
  return { type: "spawn", stage: call, code, message };
}
