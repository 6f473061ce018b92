/** What a virtual machine does for us by system calls. */
import type { Json } from "../../define/json.ts";
import type { KernelTask } from "../../define/kernel_task.ts";
import type { Millis } from "../../define/time.ts";
import { OsError } from "../error.ts";

/** How a task of ours goes on a virtual machine. */
export interface VirtualTask {
  /** How long it takes; `Infinity` for a call that hangs in the kernel. 1 by default. */
  readonly after?: Millis;
  /** What it yields; `{}` by default. */
  readonly output?: Json;
}

interface Pending {
  readonly due: Millis;
  readonly finish: () => void;
}

/** Tasks that are going on. */
export class Tasks {
  readonly #behave: (task: KernelTask) => VirtualTask;
  readonly #pending = new Set<Pending>();

  constructor(behave: (task: KernelTask) => VirtualTask = () => ({})) {
    this.#behave = behave;
  }

  /** When the next one ends; `Infinity` if none does. */
  get due(): Millis {
    return Math.min(Infinity, ...Array.from(this.#pending, ({ due }) => due));
  }

  begin(task: KernelTask, now: Millis, done: (outcome: Json | OsError) => void): void {
    let after = 1, outcome: Json | OsError;
    try {
      ({ after = 1, output: outcome = {} } = this.#behave(task));
    } catch (error) {
      if (!(error instanceof OsError)) throw error;
      outcome = error;
    }
    this.#pending.add({ due: now + after, finish: () => done(outcome) });
  }

  /** Ends those that are due. */
  settle(now: Millis): void {
    for (const task of this.#pending) {
      if (task.due <= now && this.#pending.delete(task)) task.finish();
    }
  }
}
