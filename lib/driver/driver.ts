import type { Command } from "../define/command.ts";
import type { Millis } from "../define/time.ts";
import { type Graph, nodeOf, type ServiceId } from "../graph/graph.ts";
import type { Exit, ExitStatus, Fd, Os, Pid, SignalName, Wakeup } from "../os/os.ts";
import {
  type Action,
  deadline,
  type Event,
  initialState,
  type Power,
  type State,
  step,
} from "../supervisor/mod.ts";
import type { Attempt } from "./attempt.ts";
import { fairShare } from "./fair_share.ts";
import { leaveProcesses, type LeftBehind, takeProcesses } from "./handover.ts";
import { perform } from "./perform.ts";
import { ReadinessWatch } from "./readiness_watch.ts";
import type { DriverSettings, Guest } from "./settings.ts";
import { type Order, Spawner } from "./spawner.ts";
import { Streams } from "./streams.ts";

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
  readonly #streams: Streams;
  readonly #events: Event[] = [];
  readonly #guests = new Map<Fd, Guest>();
  /** Live processes of services by pid. */
  readonly #attempts = new Map<Pid, Attempt>();
  /** Live processes beside those of services, and who is told of their end. */
  readonly #beside = new Map<
    Pid,
    { readonly attempt: Attempt; readonly onEnd: (status: ExitStatus) => void }
  >();
  #state: State;
  #turns = 0;
  #leaving = false;

  constructor(settings: DriverSettings) {
    this.#settings = settings;
    this.#graph = settings.graph;
    this.#os = settings.os;
    const { graph, os, logs, prober, onFault, inheritance } = settings;
    this.#state = inheritance?.state ?? initialState(graph.nodes.length);
    this.#spawner = new Spawner(os, settings.habitat, graph, inheritance?.pipelines);
    this.#streams = new Streams({
      graph,
      os,
      logs,
      onFault,
      onNotification: (attempt, bytes) => {
        if (bytes === null) this.#readiness.noteHangUp(attempt);
        else this.#readiness.observe(attempt, { type: "bytes", bytes });
      },
    });
    for (const attempt of takeProcesses(graph, inheritance?.processes ?? [])) {
      os.adopt(attempt.pid);
      this.#attempts.set(attempt.pid, attempt);
      this.#streams.watch(attempt);
    }
    this.#readiness = new ReadinessWatch({
      graph,
      os,
      prober,
      onFault,
      spawn: (command) => this.#spawner.spawnCommand(command, []),
      forget: (fd) => this.#streams.forget(fd),
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

  /**
   * Starts a process beside that of a service, which the supervisor knows nothing of; it prints into the same log.
   *
   * @param onEnd Told how it ended.
   * @throws {OsError} As `Os.spawn`.
   */
  runBeside(id: ServiceId, command: Command, onEnd: (status: ExitStatus) => void): Pid {
    const attempt = this.#spawner.spawnBeside(id, command);
    this.#beside.set(attempt.pid, { attempt, onEnd });
    this.#streams.watch(attempt);
    return attempt.pid;
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
    const processes = leaveProcesses(this.#graph, this.#attempts.values());
    return { processes, pipelines: this.#spawner.pipelines };
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
    if ("kernel" in made) {
      const { place } = this.#settings.habitat;
      return perform(this.#os, place, made, (outcome) => this.post({ ...outcome, id, attempt }));
    }
    this.#attempts.set(made.pid, made);
    // First of all: a process that the supervisor does not know of could not be stopped.
    this.#events.push({ type: "spawned", id, attempt, pid: made.pid });
    this.#streams.watch(made);
    this.#readiness.observe(made, { type: "spawned" });
  }

  /** How long to wait at most, until something is due. */
  #patience(): Millis | null {
    const own = Math.min(deadline(this.#state) ?? Infinity, this.#settings.alarm.due() ?? Infinity);
    const due = Math.min(own, this.#readiness.due());
    return due === Infinity ? null : Math.max(0, due - this.#os.now());
  }

  #receive(wakeup: Wakeup): void {
    const now = this.#os.now();
    const isLog = (fd: Fd) => this.#streams.isLog(fd);
    for (const fd of fairShare(wakeup.readable, isLog, this.#turns)) this.#guard(() => this.#read(fd));
    for (const fd of wakeup.writable) this.#guard(() => this.#guests.get(fd)?.writable?.());
    for (const exit of wakeup.children ? this.#os.reap() : []) this.#guard(() => this.#bury(exit));
    for (const signal of wakeup.signals) this.#guard(() => this.#settings.onSignal(signal));
    if ((this.#settings.alarm.due() ?? Infinity) <= now) this.#guard(() => this.#settings.alarm.ring(now));
    if ((deadline(this.#state) ?? Infinity) <= now) this.#events.push({ type: "tick" });
    this.#guard(() => this.#readiness.ring(now));
  }

  #read(fd: Fd): void {
    if (this.#streams.has(fd)) this.#streams.read(fd);
    else this.#guests.get(fd)?.readable();
  }

  #bury({ pid, status }: Exit): void {
    if (this.#readiness.noteExit(pid, status)) return;
    const beside = this.#beside.get(pid);
    if (beside !== undefined) {
      this.#beside.delete(pid);
      this.#streams.drain(beside.attempt.log);
      return beside.onEnd(status);
    }
    const attempt = this.#attempts.get(pid);
    if (attempt === undefined) return;
    this.#attempts.delete(pid);
    const { id, attempt: number } = attempt;
    this.#streams.drain(attempt.notification);
    this.#readiness.end(attempt);
    this.#streams.drain(attempt.log);
    const exited: Event = { type: "exited", id, attempt: number, status, ...this.#streams.yieldOf(attempt) };
    // Whoever hears of the exit shall find the last words in the log.
    const lastWords = this.#settings.logs.settle(nodeOf(this.#graph, id).name);
    if (lastWords instanceof Promise) lastWords.then(() => this.post(exited));
    else this.#events.push(exited);
  }
}
