import type { Command } from "../define/command.ts";
import type { Millis } from "../define/time.ts";
import { type Graph, type Node, nodeOf, type ServiceId } from "../graph/graph.ts";
import type { Exit, ExitStatus, Fd, Os, Pid, SignalName } from "../os/os.ts";
import type { Action, Event, Phase } from "../supervisor/mod.ts";
import type { Attempt } from "./attempt.ts";
import { Beside } from "./beside.ts";
import { Containment } from "./containment.ts";
import { fairShare } from "./fair_share.ts";
import { leaveProcesses, type LeftBehind, takeProcesses } from "./handover.ts";
import { Liveness } from "./liveness.ts";
import { Looker } from "./looker.ts";
import { MainProcesses } from "./main_processes.ts";
import type { Order } from "./make_command.ts";
import { NotifyWatch } from "./notify_watch.ts";
import { perform } from "./perform.ts";
import { ReadinessWatch } from "./readiness_watch.ts";
import type { DriverSettings } from "./settings.ts";
import { Spawner } from "./spawner.ts";
import { type End, Stages } from "./stages.ts";
import { Streams } from "./streams.ts";
import type { Told } from "./told.ts";
import { Triggers } from "./triggers.ts";

/** Takes care of the processes of services: starts and signals them, reads what they write, and hears of their ends. */
export class Processes {
  readonly #settings: DriverSettings;
  readonly #told: Told;
  readonly #graph: Graph;
  readonly #os: Os;
  readonly #spawner: Spawner;
  readonly #looker: Looker;
  readonly #readiness: ReadinessWatch;
  readonly #liveness: Liveness;
  readonly #streams: Streams;
  readonly #main: MainProcesses;
  readonly #beside: Beside;
  readonly #stages: Stages;
  /** What starts the processes of services that are armed. */
  readonly triggers: Triggers;
  /** What services say of themselves. */
  readonly notify: NotifyWatch;
  /** What services cannot leave. */
  readonly containment: Containment;
  /** What is to be done at some time. */
  readonly alarms: readonly { due(): Millis; ring(now: Millis): void }[];

  constructor(settings: DriverSettings, told: Told) {
    this.#settings = settings;
    this.#told = told;
    const { graph, os, logs, prober, onFault, inheritance } = settings;
    this.#graph = graph;
    this.#os = os;
    const { state, report } = told;
    const note = (id: ServiceId, event: string, details: Readonly<Record<string, string>>) =>
      settings.journal.note(os.now(), event, nodeOf(graph, id).name, details);
    this.notify = new NotifyWatch({
      graph,
      os,
      folder: settings.notifyFolder ?? "/run/denit/notify",
      state,
      observe: (attempt, bytes) => this.#readiness.observe(attempt, { type: "bytes", bytes }),
      report,
      move: (attempt, pid) => this.#main.move(attempt, pid),
      holds: (id, pid) => this.containment.holds(id, pid),
      isKnown: (pid) => this.#main.isKnown(pid),
      note,
    });
    const { habitat, habitat: { accounts = null }, random = Math.random } = settings;
    const wake = () => os.interrupt();
    this.triggers = new Triggers({ graph, os, accounts, state, report, note, random, wake });
    const provide = (node: Node) => {
      const { env, passed } = this.notify.provide(node);
      return { env, passed: [...this.triggers.sockets.provide(node), ...passed] };
    };
    this.containment = new Containment({ graph, os, cgroups: settings.cgroups ?? null, note });
    const { containment } = this, pipelines = inheritance?.pipelines;
    this.#spawner = new Spawner({ os, habitat, graph, provide, containment, note, pipelines });
    this.#streams = new Streams({
      graph,
      os,
      logs,
      onFault,
      onPrinted: (attempt, bytes) => this.#readiness.observe(attempt, { type: "bytes", bytes }),
      onNotification: (attempt, bytes) => {
        if (bytes === null) this.#readiness.noteHangUp(attempt);
        else this.#readiness.observe(attempt, { type: "bytes", bytes });
      },
    });
    this.#beside = new Beside(os, this.#spawner, this.#streams);
    this.#stages = new Stages({
      graph,
      spawner: this.#spawner,
      beside: this.#beside,
      state,
      report,
      begin: (attempt) => this.#begin(attempt),
      spawn: (order) => this.#spawn(order),
      kill: (attempt, signal) => this.#main.kill(attempt, signal),
      finish: (attempt, end) => this.#finish(attempt, end),
      note,
    });
    const spawn = (command: Command) => this.#spawner.spawnAlone(command);
    this.#looker = new Looker({ os, prober, onFault, spawn });
    this.#liveness = new Liveness(graph, os, this.#looker, report);
    const forget = (fd: Fd) => this.#streams.forget(fd);
    this.#readiness = new ReadinessWatch({ graph, os, looker: this.#looker, forget, report });
    this.#main = new MainProcesses({
      graph,
      os,
      state,
      report,
      containment: this.containment,
      isBeside: (pid) => this.#beside.has(pid) || this.#looker.has(pid),
      forked: (attempt) => this.#readiness.observe(attempt, { type: "forked" }),
      signal: (action) => this.signal(action),
      end: (attempt, status) => this.#end(attempt, status),
    });
    this.alarms = [
      this.triggers.timers,
      this.#main.forked,
      this.#looker,
      this.#readiness,
      this.#liveness,
      this.notify,
      this.containment,
    ];
    for (const attempt of takeProcesses(graph, state(), inheritance?.processes ?? [])) {
      os.adopt(attempt.pid);
      this.#begin(attempt);
      this.containment.take(attempt);
      this.#liveness.note(attempt.id, state().services[attempt.id]!.phase);
    }
    this.notify.take(inheritance?.mailboxes ?? {}, this.#main.all());
    this.triggers.take(inheritance?.sockets ?? {});
    this.#spawner.directories.take(inheritance?.directories ?? {});
  }

  /** The process of a service that has not been reaped; null if there is none. */
  of(id: ServiceId): Pid | null {
    return this.#main.of(id);
  }

  /** Starts a process beside that of a service. @throws {OsError} As `Os.spawn`. */
  runBeside(id: ServiceId, command: Command, onEnd: (status: ExitStatus) => void): Pid {
    return this.#beside.run(id, command, onEnd);
  }

  /** All that runs, for the driver of whatever this process becomes next. */
  leave(): LeftBehind {
    const attempts = [...this.#main.all(), ...this.containment.pending()];
    const processes = leaveProcesses(this.#graph, attempts);
    return {
      processes,
      pipelines: this.#spawner.pipelines,
      mailboxes: this.notify.leave(),
      sockets: this.triggers.sockets.leave(),
      directories: this.#spawner.directories.leave(),
    };
  }

  /** Passes on what was seen since the last turn. */
  turn(): void {
    this.#looker.turn();
  }

  /** A service has entered a phase. */
  notePhase(id: ServiceId, phase: Phase): void {
    if (this.#told.state().services[id]!.phase.phase === "down") {
      this.notify.clear(id);
      this.containment.clear(id);
      this.#main.forked.prepare(id);
      this.#spawner.directories.clear(id);
    }
    this.triggers.note(id);
    this.#liveness.note(id, phase);
  }

  /** Waits from now on for what triggers the process of a service. */
  arm(action: Extract<Action, { type: "arm" }>): void {
    this.triggers.arm(action);
  }

  /** Begins what an order is for: an attempt when nothing is left of the one before, which a oneshot may have kept. */
  start(order: Order): void {
    const start = () => this.#stages.start(order);
    if (order.undoes === null) this.containment.clearThen(order.id, start);
    else start();
  }

  /** A process that has been reaped meanwhile is left alone: its pid may be a stranger's by now. */
  signal({ id, attempt, pid, signal }: Extract<Action, { type: "signal" }>): void {
    // It may be what stops it that is overdue.
    if (signal === "SIGKILL") {
      this.#beside.kill(id);
      this.containment.kill(id);
    }
    const known = this.#main.attemptOf(pid);
    if (known?.id !== id || known.attempt !== attempt || !this.#main.isThere(known)) return;
    // Whoever reads what others print ends at the end of that. Whoever hangs would not notice.
    const { phase } = this.#told.state().services[id]!;
    const hangs = phase.phase === "stopping" && phase.after?.type === "watchdog";
    const stops = phase.phase === "stopping" && signal !== "SIGKILL" && !hangs && known.stage === "main";
    if (stops && this.#stages.stop(known)) return;
    if (stops && this.#spawner.endInput(id, this.#main.all())) return;
    this.#main.kill(known, signal as SignalName);
  }

  /** Whom to hear in a turn, so that nobody who says much keeps others waiting. */
  share(readable: readonly Fd[], turn: number): readonly Fd[] {
    const heard = fairShare(readable, (fd) => this.#streams.isLog(fd), turn);
    return fairShare(heard, (fd) => this.notify.isMailbox(fd), turn);
  }

  /** Reads what a descriptor has; false if it is none of a service. */
  read(fd: Fd): boolean {
    if (this.#streams.has(fd)) this.#streams.read(fd);
    else if (this.notify.has(fd)) this.notify.read(fd);
    else if (this.triggers.has(fd)) this.triggers.read(fd);
    else return false;
    return true;
  }

  /** A child has ended. */
  bury({ pid, status }: Exit): void {
    if (this.#looker.noteExit(pid, status) || this.#beside.noteExit(pid, status)) return;
    const attempt = this.#main.attemptOf(pid);
    if (attempt === undefined) return;
    // What it has said last may be that another process goes on for it.
    this.notify.drain(attempt);
    this.#main.noteExit(pid, attempt, status);
  }

  #spawn(order: Order): void {
    const { id, attempt } = order;
    const { report, post } = this.#told;
    this.#main.forked.prepare(id);
    const made = this.#spawner.spawn(nodeOf(this.#graph, id), order);
    if ("type" in made) return report({ type: "spawnFailed", id, attempt, failure: made });
    if ("kernel" in made) {
      const { place } = this.#settings.habitat;
      return perform(this.#os, place, made, (outcome) => post({ ...outcome, id, attempt }));
    }
    // First of all: a process that the supervisor does not know of could not be stopped.
    report({ type: "spawned", id, attempt, pid: made.pid });
    this.#begin(made);
    this.#main.forked.begin(made);
    this.notify.begin(made);
    this.triggers.timers.begin(id);
    this.#readiness.observe(made, { type: "spawned" });
  }

  #begin(attempt: Attempt): void {
    this.#main.begin(attempt);
    this.#streams.watch(attempt);
  }

  /** A process of an attempt has ended, and nothing is left that was its main process before. */
  #end(attempt: Attempt, status: ExitStatus): void {
    this.notify.end(attempt);
    this.#streams.drain(attempt.notification);
    this.#readiness.end(attempt);
    if ("signal" in status && status.signal === "SIGKILL") {
      attempt.outOfMemory = this.containment.ranOutOfMemory(attempt.id);
    }
    const settle = () => {
      this.#streams.drain(attempt.log);
      this.#stages.noteExit(attempt, status);
    };
    if (this.#leavesBehind(attempt, status)) settle();
    else this.containment.empty(attempt, settle);
  }

  /** A oneshot that is done may have started what is to stay until it is undone: the server of a file system, say. */
  #leavesBehind({ id, stage }: Attempt, status: ExitStatus): boolean {
    const { phase } = this.#told.state().services[id]!;
    const undoes = phase.phase === "stopping" && phase.process === "undo";
    const done = stage === "main" && !undoes && "code" in status && status.code === 0;
    return done && nodeOf(this.#graph, id).kind === "oneshot";
  }

  #finish(attempt: Attempt, end: End): void {
    const { id, attempt: number } = attempt;
    this.containment.clear(id, ["beside"]);
    this.#settings.onExit?.(id, end.status);
    const oom = attempt.outOfMemory ? { oom: true } as const : {};
    const exited: Event = {
      type: "exited",
      id,
      attempt: number,
      ...end,
      ...oom,
      ...this.#streams.yieldOf(attempt),
    };
    // Whoever hears of the exit shall find the last words in the log.
    const lastWords = this.#settings.logs.settle(nodeOf(this.#graph, id).name);
    if (lastWords instanceof Promise) lastWords.then(() => this.#told.post(exited));
    else this.#told.report(exited);
  }
}
