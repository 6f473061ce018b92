import { type Calendar, nextElapse, parseCalendar } from "../define/calendar.ts";
import type { Millis } from "../define/time.ts";
import type { Schedule } from "../define/trigger.ts";
import { type Graph, nodeOf, type ServiceId } from "../graph/graph.ts";
import { OsError } from "../os/error.ts";
import type { Fd, Os } from "../os/os.ts";
import type { Event, State } from "../supervisor/mod.ts";

/** What timers need of the driver. */
export interface TimersSettings {
  readonly graph: Graph;
  readonly os: Os;
  readonly state: () => State;
  /** Tells the supervisor while the driver is at work. */
  readonly report: (event: Event) => void;
  /** Writes into the journal. */
  readonly note: (id: ServiceId, event: string, details: Readonly<Record<string, string>>) => void;
  /** From 0 to 1, for delays that are to differ. */
  readonly random: () => number;
  /** Wakes the driver, as what is due has changed. */
  readonly wake: () => void;
}

/** A point in time. What this machine has seen stays where it is when the clock is set; what a file tells does not. */
type Point = { readonly monotonic: Millis } | { readonly wall: Millis };

/** What is known of one timer beside its state. */
interface Timer {
  readonly schedule: Schedule;
  readonly calendar: Calendar | null;
  /** When it last ran, or was armed, from which the next run is counted. */
  base: Point;
  /** Whether it ran, or only was armed, then. */
  ran: boolean;
  /** On the wall clock; null if there is none, or if nobody knows yet. */
  next: Millis | null;
  /** The delay of this time. */
  delay: Millis;
}

/**
 * Triggers services when it is time. All is counted from the last run, so that nothing has to be remembered but that,
 * and a clock that is set needs nothing but to look anew. Intervals are as long as they are on the monotonic clock.
 */
export class Timers {
  readonly #settings: TimersSettings;
  readonly #timers = new Map<ServiceId, Timer>();
  /** When armed timers are due, on the monotonic clock. */
  readonly #due = new Map<ServiceId, Millis>();
  #clock: Fd | null = null;

  constructor(settings: TimersSettings) {
    this.#settings = settings;
  }

  /** A timer is armed: its times are counted from now on, or from its last run, if that is remembered. */
  arm(id: ServiceId): void {
    // What is armed again goes on from its last run: what has been missed meanwhile is made up for.
    if (this.#timers.has(id) || !this.#isTimer(id)) return;
    const { os, note, wake } = this.#settings;
    const timer = this.#add(id, { monotonic: os.now() }, false);
    const { persist } = timer.schedule;
    if (persist === null) return;
    os.perform({ kernel: "read-mark", file: persist }, (ranAt) => {
      if (ranAt instanceof OsError) note(id, "timerFault", { detail: ranAt.message });
      // A file of the future is of a clock that was wrong.
      const known = typeof ranAt === "number" && ranAt <= os.wallClock() && !timer.ran;
      if (known) [timer.base, timer.ran] = [{ wall: ranAt }, true];
      this.note(id);
      wake();
    });
  }

  /** A service has entered a phase: while it is armed its time is awaited. */
  note(id: ServiceId): void {
    if (!this.#isTimer(id)) return;
    const timer = this.#timers.get(id) ?? this.#takeOver(id);
    if (timer === null) return;
    const { phase } = this.#settings.state().services[id]!;
    if (phase.phase === "up" && phase.pid === null) this.#plan(id, timer);
    else this.#due.delete(id);
    if (phase.phase === "down") this.#timers.delete(id);
  }

  /** The job of a timer is started. */
  begin(id: ServiceId): void {
    const timer = this.#timers.get(id);
    if (timer === undefined) return;
    const { os, note, random } = this.#settings;
    timer.base = { monotonic: os.now() };
    timer.ran = true;
    timer.delay = timer.schedule.jitter * random();
    const { persist } = timer.schedule;
    if (persist === null) return;
    os.perform({ kernel: "keep-clock", file: persist }, (outcome) => {
      if (outcome instanceof OsError) note(id, "timerFault", { detail: outcome.message });
    });
  }

  /** When a timer runs next, in milliseconds since 1970; null if it is not armed. */
  nextOf(id: ServiceId): Millis | null {
    return this.#due.has(id) ? this.#timers.get(id)?.next ?? null : null;
  }

  /** Whether it is read here that the clock was set. */
  has(fd: Fd): boolean {
    return fd === this.#clock;
  }

  /** The clock was set: whatever goes by it is planned anew. */
  read(fd: Fd): void {
    try {
      this.#settings.os.read(fd, new Uint8Array(8));
    } catch {
      // That the clock was set is said by an error.
    }
    for (const id of this.#due.keys()) {
      const timer = this.#timers.get(id)!;
      if (timer.calendar !== null) this.#plan(id, timer);
    }
  }

  /** When something is due; `Infinity` if nothing is. */
  due(): Millis {
    let due = Infinity;
    for (const at of this.#due.values()) if (at < due) due = at;
    return due;
  }

  /** Does what is due. */
  ring(now: Millis): void {
    for (const [id, at] of this.#due) {
      if (at > now) continue;
      this.#due.delete(id);
      this.#settings.report({ type: "triggered", id });
    }
  }

  #plan(id: ServiceId, timer: Timer): void {
    const { os } = this.#settings;
    const { schedule, calendar, base, ran, delay } = timer;
    const offset = os.wallClock() - os.now();
    const from = "wall" in base ? base.wall : base.monotonic + offset;
    const next = calendar !== null && "at" in schedule
      ? nextElapse(calendar, from, schedule.timeZone)
      : "every" in schedule
      ? from + (ran ? schedule.every : schedule.first)
      : null;
    timer.next = next === null ? null : next + delay;
    if (timer.next === null) this.#due.delete(id);
    else this.#due.set(id, Math.max(os.now(), timer.next - offset));
    if (calendar === null || this.#clock !== null) return;
    this.#clock = os.watchClock();
    os.watch(this.#clock);
  }

  #isTimer(id: ServiceId): boolean {
    return nodeOf(this.#settings.graph, id).definition.trigger?.on === "time";
  }

  #add(id: ServiceId, base: Point, ran: boolean): Timer {
    const { trigger } = nodeOf(this.#settings.graph, id).definition;
    if (trigger?.on !== "time") throw new Error(`service ${id} is no timer`);
    const { schedule } = trigger;
    const calendar = "at" in schedule ? parseCalendar(schedule.at) : null;
    const timer: Timer = {
      schedule,
      calendar,
      base,
      ran,
      next: null,
      delay: schedule.jitter * this.#settings.random(),
    };
    this.#timers.set(id, timer);
    return timer;
  }

  /** A timer that another driver has armed, or whose job it has started. */
  #takeOver(id: ServiceId): Timer | null {
    const { phase, since, spawnedAt } = this.#settings.state().services[id]!;
    if (phase.phase !== "up" && phase.phase !== "starting") return null;
    return this.#add(id, { monotonic: spawnedAt > 0 ? spawnedAt : since }, spawnedAt > 0);
  }
}
