import type { Millis } from "../define/time.ts";
import { type Graph, nodeOf, type ServiceId } from "../graph/graph.ts";
import type { Exit, Fd, Os, Pid, SignalName, Wakeup } from "../os/os.ts";
import {
  type Action,
  deadline,
  type Event,
  initialState,
  type Power,
  type State,
  step,
} from "../supervisor/mod.ts";
import type { Attempt, Output } from "./attempt.ts";
import { fairShare } from "./fair_share.ts";
import { ReadinessWatch } from "./readiness_watch.ts";
import type { DriverSettings, Guest } from "./settings.ts";
import { type Order, Spawner } from "./spawner.ts";

/** What a descriptor that we watch is for. */
type Watch = { readonly role: "log" | "notification" | "output"; readonly attempt: Attempt };

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
  readonly #guests = new Map<Fd, Guest>();
  /** Live processes of services by pid. */
  readonly #attempts = new Map<Pid, Attempt>();
  readonly #buffer = new Uint8Array(BUFFER);
  #state: State;
  #turns = 0;

  constructor(settings: DriverSettings) {
    this.#settings = settings;
    this.#graph = settings.graph;
    this.#os = settings.os;
    this.#state = initialState(settings.graph.nodes.length);
    this.#spawner = new Spawner(settings.os, settings.habitat, settings.graph);
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

  /** The process of a service that has not been reaped, so that its pid is nobody else's; null if there is none. */
  processOf(id: ServiceId): Pid | null {
    return this.#attempts.values().find((attempt) => attempt.id === id)?.pid ?? null;
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
    if (known?.id !== id || known.attempt !== attempt) return;
    // Whoever reads what others print ends at the end of that.
    const stops = this.#state.services[id]?.phase.phase === "stopping" && signal !== "SIGKILL";
    if (stops && this.#spawner.endInput(id, this.#attempts.values())) return;
    this.#os.kill(pid, signal as SignalName, "group");
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
    if (made.log !== null) this.#watch(made.log, { role: "log", attempt: made });
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
    const isLog = (fd: Fd) => this.#watches.get(fd)?.role === "log";
    for (const fd of fairShare(wakeup.readable, isLog, this.#turns)) this.#guard(() => this.#read(fd));
    for (const fd of wakeup.writable) this.#guard(() => this.#guests.get(fd)?.writable?.());
    for (const exit of wakeup.children ? this.#os.reap() : []) this.#guard(() => this.#bury(exit));
    for (const signal of wakeup.signals) this.#guard(() => this.#settings.onSignal(signal));
    if ((this.#settings.alarm.due() ?? Infinity) <= now) this.#guard(() => this.#settings.alarm.ring(now));
    if ((deadline(this.#state) ?? Infinity) <= now) this.#events.push({ type: "tick" });
    this.#guard(() => this.#readiness.ring(now));
  }

  /** Reads once what a descriptor has, so that nobody who talks much keeps others waiting. */
  #read(fd: Fd): boolean {
    const watch = this.#watches.get(fd);
    if (watch === undefined) {
      this.#guests.get(fd)?.readable();
      return false;
    }
    const count = this.#os.read(fd, this.#buffer);
    if (count < 0) return false;
    const bytes = this.#buffer.subarray(0, count);
    const { attempt } = watch;
    if (count === 0) this.#endOfStream(fd, watch);
    else if (watch.role === "log") this.#log(fd, attempt, bytes);
    else if (watch.role === "notification") this.#readiness.observe(attempt, { type: "bytes", bytes });
    else attempt.yielding?.output.add(bytes);
    return count > 0;
  }

  /** Passes on what a service has printed. While its log is behind it is not heard: its pipe fills, and it waits. */
  #log(fd: Fd, { id }: Attempt, bytes: Uint8Array): void {
    const relief = this.#settings.logs.write(nodeOf(this.#graph, id).name, bytes);
    if (!(relief instanceof Promise)) return;
    this.#os.unwatch(fd);
    relief.then(() => this.#guard(() => this.#watches.has(fd) && this.#os.watch(fd)));
  }

  #endOfStream(fd: Fd, { role, attempt }: Watch): void {
    this.#forget(fd);
    if (role === "log") attempt.log = null;
    // What was gathered is needed when the process ends.
    else if (role === "output") attempt.yielding = { fd: -1, output: attempt.yielding!.output };
    else this.#readiness.noteHangUp(attempt);
  }

  #bury({ pid, status }: Exit): void {
    if (this.#readiness.noteExit(pid, status)) return;
    const attempt = this.#attempts.get(pid);
    if (attempt === undefined) return;
    this.#attempts.delete(pid);
    const { id, attempt: number } = attempt;
    if (attempt.notification !== null) this.#drain(attempt.notification);
    this.#readiness.end(attempt);
    if (attempt.log !== null) this.#drain(attempt.log);
    const exited: Event = { type: "exited", id, attempt: number, status, ...this.#yieldOf(attempt) };
    // Whoever hears of the exit shall find the last words in the log.
    const lastWords = this.#settings.logs.settle(nodeOf(this.#graph, id).name);
    if (lastWords instanceof Promise) lastWords.then(() => this.post(exited));
    else this.#events.push(exited);
  }

  /** What a process that has ended has yielded. */
  #yieldOf({ id, yielding }: Attempt): ReturnType<Output["parse"]> | null {
    const { output } = nodeOf(this.#graph, id).definition;
    if (yielding === null || output === null) return null;
    if (yielding.fd !== -1) {
      this.#drain(yielding.fd);
      if (this.#watches.has(yielding.fd)) this.#forget(yielding.fd);
    }
    return yielding.output.parse(output);
  }

  #drain(fd: Fd): void {
    for (let reads = 0; reads < DRAIN_READS && this.#read(fd); reads++);
  }
}
