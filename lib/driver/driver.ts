import type { Millis } from "../define/time.ts";
import { type Graph, nodeOf, type ServiceId } from "../graph/graph.ts";
import type { Logs } from "../log/mod.ts";
import type { Exit, Fd, Os, Pid, SignalName, Wakeup } from "../os/os.ts";
import {
  type Action,
  deadline,
  type Event,
  initialState,
  type Phase,
  type Power,
  type State,
  step,
  type Why,
} from "../supervisor/mod.ts";
import type { Attempt } from "./attempt.ts";
import type { Journal } from "./journal.ts";
import type { Prober } from "./prober.ts";
import { ReadinessWatch } from "./readiness_watch.ts";
import { type Habitat, type Order, Spawner } from "./spawner.ts";

/** What a driver needs: the system, the world, and who is told. */
export interface DriverSettings {
  readonly graph: Graph;
  readonly os: Os;
  readonly prober: Prober;
  readonly habitat: Habitat;
  readonly journal: Journal;
  readonly logs: Logs;
  /** Told after a service has entered a phase. */
  readonly onPhase: (id: ServiceId, phase: Phase, why: Why | null, now: Millis) => void;
  /** Told of each signal that was sent to this process. */
  readonly onSignal: (signal: SignalName) => void;
  /** A clock of somebody else that must ring whatever the services do: the boot watchdog. */
  readonly alarm: { due(): Millis | null; ring(now: Millis): void };
  /** Told of an error that should not have happened; the driver goes on. */
  readonly onFault: (error: unknown) => void;
}

/** What a descriptor that we watch is for. */
type Watch =
  | { readonly role: "log"; readonly id: ServiceId }
  | { readonly role: "notification" | "output"; readonly attempt: Attempt };

/** Reads of what a dead process has left in a pipe: a pipe holds 64 KiB, but somebody else may still write. */
const DRAIN_READS = 16;
const BUFFER = 64 * 1024;
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
  readonly #spawner: Spawner;
  readonly #readiness: ReadinessWatch;
  readonly #events: Event[] = [];
  readonly #watches = new Map<Fd, Watch>();
  /** Live processes of services by pid. */
  readonly #attempts = new Map<Pid, Attempt>();
  readonly #buffer = new Uint8Array(BUFFER);
  /** Reading ends of the log pipes, by service. */
  readonly #logs: Fd[] = [];
  #state: State;
  #turns = 0;

  constructor(settings: DriverSettings) {
    this.#settings = settings;
    this.#graph = settings.graph;
    this.#os = settings.os;
    this.#state = initialState(settings.graph.nodes.length);
    this.#spawner = new Spawner(settings.os, settings.habitat, (id, read) => {
      this.#logs[id] = read;
      this.#watch(read, { role: "log", id });
    });
    const { graph, os, prober, onFault } = settings;
    this.#readiness = new ReadinessWatch({
      graph,
      os,
      prober,
      onFault,
      spawn: (command) => this.#spawner.spawnCommand(command, []),
      forget: (fd) => this.#forget(fd),
      report: (event) => this.#events.push(event),
    });
  }

  /** What is now. */
  get state(): State {
    return this.#state;
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

  /** Gives back descriptors and listeners, after {@linkcode run}. */
  dispose(): void {
    this.#os.dispose();
  }

  /** Drives until everything is down and is to stay so; says what the machine is to do then. */
  async run(): Promise<Power> {
    for (;;) {
      this.#turn();
      if (this.#state.ended) break;
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
    return this.#state.ending!.power;
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
    this.#guard(() => this.#readiness.turn());
    // The queue grows while it is walked.
    for (let index = 0; index < this.#events.length; index++) {
      const event = this.#events[index]!;
      try {
        this.#step(event);
      } catch (error) {
        this.#settings.onFault(error);
      }
    }
    this.#events.length = 0;
  }

  #step(event: Event): void {
    const now = this.#os.now();
    this.#settings.journal.noteEvent(now, event);
    const [state, actions] = step(this.#graph, this.#state, event, now);
    this.#state = state;
    for (const action of actions) this.#guard(() => this.#execute(action, now));
  }

  #execute(action: Action, now: Millis): void {
    switch (action.type) {
      case "notify":
        this.#settings.journal.notePhase(now, action.id, action.phase, action.why);
        this.#settings.onPhase(action.id, action.phase, action.why, now);
        return;
      case "spawn":
        return this.#spawn({ ...action, undoes: null });
      case "undo":
        return this.#spawn({ ...action, undoes: { output: action.output } });
      case "signal":
        return this.#signal(action);
      case "power":
        return this.#settings.journal.note(now, "power", null, { power: action.power });
    }
  }

  /** A process that has been reaped meanwhile is left alone: its pid may be a stranger's by now. */
  #signal({ id, attempt, pid, signal }: Extract<Action, { type: "signal" }>): void {
    const known = this.#attempts.get(pid);
    if (known?.id === id && known.attempt === attempt) this.#os.kill(pid, signal as SignalName, "group");
  }

  #spawn(order: Order): void {
    const { id, attempt } = order;
    const made = this.#spawner.spawn(nodeOf(this.#graph, id), order);
    if ("type" in made) {
      this.#events.push({ type: "spawnFailed", id, attempt, failure: made });
      return;
    }
    this.#attempts.set(made.pid, made);
    // First of all: a process that the supervisor does not know of could not be stopped.
    this.#events.push({ type: "spawned", id, attempt, pid: made.pid });
    if (made.notification !== null) this.#watch(made.notification, { role: "notification", attempt: made });
    if (made.yielding !== null) this.#watch(made.yielding.fd, { role: "output", attempt: made });
    this.#readiness.observe(made, { type: "spawned" });
  }

  #watch(fd: Fd, watch: Watch): void {
    this.#watches.set(fd, watch);
    this.#os.watch(fd);
  }

  #forget(fd: Fd): void {
    this.#watches.delete(fd);
    this.#os.close(fd);
  }

  /** How long to wait at most, until something is due. */
  #patience(): Millis | null {
    const own = Math.min(deadline(this.#state) ?? Infinity, this.#settings.alarm.due() ?? Infinity);
    const due = Math.min(own, this.#readiness.due());
    return due === Infinity ? null : Math.max(0, due - this.#os.now());
  }

  #receive(wakeup: Wakeup): void {
    const now = this.#os.now();
    for (const fd of wakeup.readable) this.#guard(() => this.#read(fd));
    for (const exit of wakeup.children ? this.#os.reap() : []) this.#guard(() => this.#bury(exit));
    for (const signal of wakeup.signals) this.#guard(() => this.#settings.onSignal(signal));
    if ((this.#settings.alarm.due() ?? Infinity) <= now) this.#guard(() => this.#settings.alarm.ring(now));
    if ((deadline(this.#state) ?? Infinity) <= now) this.#events.push({ type: "tick" });
    this.#guard(() => this.#readiness.ring(now));
  }

  /** Reads once what a descriptor has, so that nobody who talks much keeps others waiting. */
  #read(fd: Fd): boolean {
    const watch = this.#watches.get(fd);
    if (watch === undefined) return false;
    const count = this.#os.read(fd, this.#buffer);
    if (count < 0) return false;
    const bytes = this.#buffer.subarray(0, count);
    if (watch.role === "log") {
      this.#settings.logs.write(nodeOf(this.#graph, watch.id).name, bytes);
      return count > 0;
    }
    const { attempt } = watch;
    if (count === 0) this.#endOfStream(fd, watch);
    else if (watch.role === "notification") this.#readiness.observe(attempt, { type: "bytes", bytes });
    else attempt.yielding?.output.add(bytes);
    return count > 0;
  }

  #endOfStream(fd: Fd, { role, attempt }: Exclude<Watch, { role: "log" }>): void {
    this.#forget(fd);
    if (role === "output") {
      // What was gathered is needed when the process ends.
      attempt.yielding = { fd: -1, output: attempt.yielding!.output };
      return;
    }
    this.#readiness.noteHangUp(attempt);
  }

  #bury({ pid, status }: Exit): void {
    if (this.#readiness.noteExit(pid, status)) return;
    const attempt = this.#attempts.get(pid);
    if (attempt === undefined) return;
    this.#attempts.delete(pid);
    const { id, attempt: number } = attempt;
    const { definition } = nodeOf(this.#graph, id);
    if (attempt.notification !== null) this.#drain(attempt.notification);
    this.#readiness.end(attempt);
    const log = this.#logs[id];
    if (log !== undefined) this.#drain(log);
    const { yielding } = attempt;
    if (yielding === null || definition.output === null) {
      this.#events.push({ type: "exited", id, attempt: number, status });
      return;
    }
    if (yielding.fd !== -1) {
      this.#drain(yielding.fd);
      if (this.#watches.has(yielding.fd)) this.#forget(yielding.fd);
    }
    this.#events.push({
      type: "exited",
      id,
      attempt: number,
      status,
      ...yielding.output.parse(definition.output),
    });
  }

  #drain(fd: Fd): void {
    for (let reads = 0; reads < DRAIN_READS && this.#read(fd); reads++);
  }
}
