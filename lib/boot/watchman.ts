import { busyServices, describeAwaited, type View } from "../control/mod.ts";
import type { Millis } from "../define/time.ts";
import type { Phase } from "../supervisor/mod.ts";
import type { Alarm } from "./alarms.ts";

/** Something that takes longer than this is told of, and again and again. */
const PATIENCE: Millis = 3000, TOLD_EVERY: Millis = 5000;

/**
 * Tells, while a start or a shutdown takes long, who is awaited, for how long
 * already, and what comes next. It costs nothing while all goes quickly.
 */
export class Watchman implements Alarm {
  readonly #view: () => View;
  readonly #say: (now: Millis, text: string) => void;
  #due: Millis | null = null;
  #endingSince: Millis | null = null;

  constructor(view: () => View, say: (now: Millis, text: string) => void) {
    this.#view = view;
    this.#say = say;
  }

  /** Notes that a service has entered a phase. */
  note(phase: Phase, now: Millis): void {
    if (this.#view().state.ending !== null) this.#endingSince ??= now;
    if (phase.phase === "starting" || phase.phase === "stopping") this.#due ??= now + PATIENCE;
  }

  due(): Millis | null {
    return this.#due;
  }

  ring(now: Millis): void {
    const view = this.#view();
    const busy = busyServices(view);
    this.#due = null;
    if (busy.length === 0) return;
    // A shutdown is awaited as a whole, however quickly each of its services goes.
    const since = this.#endingSince ?? Math.min(...busy.map((id) => view.state.services[id]!.since));
    if (since + PATIENCE > now) {
      this.#due = since + PATIENCE;
      return;
    }
    this.#due = now + TOLD_EVERY;
    const late = busy.filter((id) =>
      this.#endingSince !== null || view.state.services[id]!.since + PATIENCE <= now
    );
    this.#say(now, describeAwaited(view, late));
  }
}
