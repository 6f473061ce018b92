import type { Command } from "../define/command.ts";
import type { Millis } from "../define/time.ts";
import type { Graph, ServiceId } from "../graph/graph.ts";
import type { ExitStatus, Fd, Os, Pid, SignalName, Wakeup } from "../os/os.ts";
import {
  type Action,
  deadline,
  type Event,
  initialState,
  type Power,
  type State,
  step,
} from "../supervisor/mod.ts";
import type { LeftBehind } from "./handover.ts";
import type { Containment } from "./containment.ts";
import type { NotifyWatch } from "./notify_watch.ts";
import { Processes } from "./processes.ts";
import type { Timers } from "./timers.ts";
import type { DriverSettings, Guest } from "./settings.ts";

/** One turn in so many waits, even if there is something to do at once. */
const WAIT_EVERY = 16;

/**
 * Drives the supervisor: waits for something to happen, tells the state
 * machine, and does what it says. It never throws and never ends before the
 * state machine says so.
 */
export class Driver {
  readonly #settings: DriverSettings;
  readonly #graph: Graph;
  readonly #os: Os;
  readonly #processes: Processes;
  readonly #events: Event[] = [];
  readonly #guests = new Map<Fd, Guest>();
  #state: State;
  #deadline: { readonly of: State | null; readonly at: Millis } = { of: null, at: Infinity };
  #turns = 0;
  #leaving = false;

  constructor(settings: DriverSettings) {
    this.#settings = settings;
    this.#graph = settings.graph;
    this.#os = settings.os;
    this.#state = settings.inheritance?.state ?? initialState(settings.graph.nodes.length);
    this.#processes = new Processes(settings, {
      state: () => this.#state,
      report: (event) => void this.#events.push(event),
      post: (event) => this.post(event),
    });
  }

  /** What is now. */
  get state(): State {
    return this.#state;
  }

  /** What services say of themselves. */
  get notify(): NotifyWatch {
    return this.#processes.notify;
  }

  /** When timers run next. */
  get timers(): Pick<Timers, "nextOf"> {
    return this.#processes.triggers.timers;
  }

  /** What services cannot leave. */
  get containment(): Containment {
    return this.#processes.containment;
  }

  /** Tells the supervisor something; it takes effect at the driver's next turn, which is brought about. */
  post(event: Event): void {
    this.#events.push(event);
    this.#os.interrupt();
  }

  /** Has these signals reported to `onSignal` from now on, instead of their usual effect. */
  listen(signals: readonly SignalName[]): void {
    this.#os.listen(signals);
  }

  /** The process of a service that has not been reaped, so that its pid is nobody else's; null if there is none. */
  processOf(id: ServiceId): Pid | null {
    return this.#processes.of(id);
  }

  /**
   * Starts a process beside that of a service, which the supervisor knows nothing of; it prints into the same log, and
   * is killed when the process of the service ends.
   *
   * @param onEnd Told how it ended.
   * @throws {OsError} As `Os.spawn`.
   */
  runBeside(id: ServiceId, command: Command, onEnd: (status: ExitStatus) => void): Pid {
    return this.#processes.runBeside(id, command, onEnd);
  }

  /** Lets somebody take part in the wait. What they throw is caught, and told to `onFault`. */
  attach(fd: Fd, guest: Guest): void {
    this.#guests.set(fd, guest);
    this.#os.watch(fd);
  }

  /** Ends what {@linkcode attach} began, and closes the descriptor. */
  detach(fd: Fd): void {
    this.#guests.delete(fd);
    this.#os.close(fd);
  }

  /** Gives back descriptors and listeners, after {@linkcode run}. */
  dispose(): void {
    this.#os.dispose();
  }

  /** Lets {@linkcode run} end although everything goes on. It can be called again. */
  leave(): void {
    this.#leaving = true;
    this.#os.interrupt();
  }

  /** All that runs, for the driver of whatever this process becomes next. */
  leaveBehind(): LeftBehind {
    return this.#processes.leave();
  }

  /**
   * Drives until everything is down and is to stay so.
   *
   * @returns What the machine is to do then; null after {@linkcode leave}.
   */
  async run(): Promise<Power | null> {
    this.#leaving = false;
    for (;;) {
      this.#turn();
      if (this.#state.ended || this.#leaving) break;
      // A wait gives promises and timers their turn, which a poll does not.
      let wakeup = ++this.#turns % WAIT_EVERY === 0 ? null : this.#os.poll();
      if (wakeup === null) {
        // Journal and console are written when there is nothing better to do.
        this.#guard(() => this.#settings.journal.flush());
        try {
          wakeup = await this.#os.wait(this.#patience());
        } catch (error) {
          this.#settings.onFault(error);
          continue;
        }
      }
      const happened = wakeup;
      this.#guard(() => this.#receive(happened));
    }
    this.#settings.journal.flush();
    return this.#state.ended ? this.#state.ending!.power : null;
  }

  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#settings.onFault(error);
    }
  }

  /** Steps through all that has happened; actions may make more of it. */
  #turn(): void {
    this.#guard(() => this.#processes.turn());
    // The queue grows while it is walked.
    for (let index = 0; index < this.#events.length; index++) {
      const event = this.#events[index]!;
      this.#guard(() => this.#step(event));
    }
    this.#events.length = 0;
    const { onTurn } = this.#settings;
    if (onTurn !== undefined) this.#guard(() => onTurn(this.#os.now()));
  }

  #step(event: Event): void {
    const now = this.#os.now();
    this.#settings.journal.noteEvent(now, event);
    const [state, actions] = step(this.#graph, this.#state, event, now);
    this.#state = state;
    // Processes first: while these come to life there is time to tell of them.
    for (const action of actions) if (action.type !== "notify") this.#guard(() => this.#execute(action, now));
    for (const action of actions) if (action.type === "notify") this.#guard(() => this.#execute(action, now));
  }

  #execute(action: Action, now: Millis): void {
    switch (action.type) {
      case "notify":
        this.#processes.notePhase(action.id, action.phase);
        this.#settings.journal.notePhase(now, action.id, action.phase, action.why);
        this.#settings.onPhase(action.id, action.phase, action.why, now);
        return;
      case "spawn":
        return this.#processes.start({ ...action, undoes: null });
      case "arm":
        return this.#processes.arm(action);
      case "undo":
        return this.#processes.start({ ...action, undoes: { output: action.output } });
      case "signal":
        return this.#processes.signal(action);
      case "power":
        return this.#settings.journal.note(now, "power", null, { power: action.power });
    }
  }

  /** How long to wait at most, until something is due. */
  #patience(): Millis | null {
    const own = Math.min(this.#due(), this.#settings.alarm.due() ?? Infinity);
    const due = Math.min(own, ...this.#processes.alarms.map((alarm) => alarm.due()));
    return due === Infinity ? null : Math.max(0, due - this.#os.now());
  }

  /** When the state next changes by itself. It is looked for once in each state: most wake-ups are of no concern to it. */
  #due(): Millis {
    if (this.#deadline.of !== this.#state) {
      this.#deadline = { of: this.#state, at: deadline(this.#state) ?? Infinity };
    }
    return this.#deadline.at;
  }

  #receive(wakeup: Wakeup): void {
    const now = this.#os.now();
    const heard = this.#processes.share(wakeup.readable, this.#turns);
    for (const fd of heard) this.#guard(() => this.#read(fd));
    for (const fd of wakeup.writable) this.#guard(() => this.#guests.get(fd)?.writable?.());
    for (const exit of wakeup.children ? this.#os.reap() : []) this.#guard(() => this.#processes.bury(exit));
    for (const signal of wakeup.signals) this.#guard(() => this.#settings.onSignal(signal));
    if ((this.#settings.alarm.due() ?? Infinity) <= now) this.#guard(() => this.#settings.alarm.ring(now));
    if (this.#due() <= now) this.#events.push({ type: "tick" });
    for (const alarm of this.#processes.alarms) this.#guard(() => alarm.ring(now));
  }

  #read(fd: Fd): void {
    if (!this.#processes.read(fd)) this.#guests.get(fd)?.readable();
  }
}
