import type { Millis } from "../define/time.ts";
import type { ServiceId } from "../graph/graph.ts";
import { isStuck, type Phase, type State } from "../supervisor/mod.ts";

/** How a boot stands. `degraded`: it is through, but something that it starts has failed for good. */
export type BootState = "booting" | "ok" | "degraded" | "failed";

/** Follows a boot until all that it starts is up, or has failed for good. */
export class BootProgress {
  readonly startedAt: Millis;
  finishedAt: Millis | null = null;
  state: BootState = "booting";
  readonly #pending: Set<ServiceId>;
  #lost = false;

  /** @param starts What it starts. */
  constructor(starts: readonly ServiceId[], startedAt: Millis) {
    this.startedAt = startedAt;
    this.#pending = new Set(starts);
  }

  /** Notes a phase; true once, when the boot is through. */
  note(id: ServiceId, phase: Phase, now: Millis): boolean {
    if (this.finishedAt !== null || !this.#pending.has(id)) return false;
    if (phase.phase === "down") this.#lost = true;
    else if (phase.phase !== "up") return false;
    this.#pending.delete(id);
    return this.#finishIfThrough(now);
  }

  /** A boot of nothing is through at once. */
  begin(now: Millis): boolean {
    return this.#finishIfThrough(now);
  }

  #finishIfThrough(now: Millis): boolean {
    if (this.#pending.size > 0) return false;
    this.finishedAt = now;
    if (this.state === "booting") this.state = this.#lost ? "degraded" : "ok";
    return true;
  }
}

/** Whether everything went down as it should: nobody hurried it, nothing had to be killed, no undo failed, nothing hangs. */
export function wasClean(state: State): boolean {
  return !state.ending?.hurry &&
    state.services.every((service) => !isStuck(service) && service.stopFault === null);
}
