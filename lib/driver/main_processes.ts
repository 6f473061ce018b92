import { type Graph, nodeOf, type ServiceId } from "../graph/graph.ts";
import type { ExitStatus, Os, Pid, SignalName } from "../os/os.ts";
import type { Action } from "../supervisor/mod.ts";
import type { Attempt } from "./attempt.ts";
import type { Containment } from "./containment.ts";
import { Forked, PATIENCE } from "./forked.ts";
import { Predecessors } from "./predecessors.ts";
import type { Told } from "./told.ts";

/** What following main processes needs of the driver. */
export interface MainSettings extends Pick<Told, "state" | "report"> {
  readonly graph: Graph;
  readonly os: Os;
  readonly containment: Containment;
  /** Whether a process is one that runs beside those of services. */
  readonly isBeside: (pid: Pid) => boolean;
  /** The daemon that an attempt has left behind was found, which makes its service ready. */
  readonly forked: (attempt: Attempt) => void;
  /** Tells a process to end. */
  readonly signal: (action: Extract<Action, { type: "signal" }>) => void;
  /** Nothing is left that was the main process of an attempt. */
  readonly end: (attempt: Attempt, status: ExitStatus) => void;
}

/**
 * Which process is the main one of each attempt: the one that was started, one that it has named by MAINPID, or the
 * daemon that it has left behind.
 */
export class MainProcesses {
  readonly #settings: MainSettings;
  /** Live main processes by pid; of an attempt whose daemon is looked for, the one that has ended. */
  readonly #attempts = new Map<Pid, Attempt>();
  readonly #predecessors: Predecessors;
  /** Daemons that are followed by their pid files. */
  readonly forked: Forked;

  constructor(settings: MainSettings) {
    this.#settings = settings;
    const { graph, os, containment, end } = settings;
    this.#predecessors = new Predecessors(os, end);
    this.forked = new Forked({
      graph,
      os,
      holds: (id, pid) => containment.holds(id, pid),
      isKnown: (pid) => this.isKnown(pid),
      patience: (id) => this.#isStopping(id) && containment.of(id) === "cgroup" ? 0 : PATIENCE,
      follow: (attempt, pid) => this.#follow(attempt, pid),
      found: (attempt) => this.#noteDaemon(attempt),
      fail: (attempt, detail) => this.#noteLoss(attempt, detail),
    });
  }

  /** A process of an attempt was started, or taken over. */
  begin(attempt: Attempt): void {
    this.#attempts.set(attempt.pid, attempt);
  }

  /** All attempts that have a main process. */
  all(): Iterable<Attempt> {
    return this.#attempts.values();
  }

  /** The process of a service that has not been reaped; null if there is none. */
  of(id: ServiceId): Pid | null {
    const isMeant = (attempt: Attempt) => attempt.id === id && !this.forked.has(attempt);
    return this.#attempts.values().find(isMeant)?.pid ?? null;
  }

  /** The attempt of which this is, or was, the main process. */
  attemptOf(pid: Pid): Attempt | undefined {
    return this.#attempts.get(pid) ?? this.#predecessors.attemptOf(pid);
  }

  /** Whether somebody is known to have this process. */
  isKnown(pid: Pid): boolean {
    return this.#attempts.has(pid) || this.#settings.isBeside(pid);
  }

  /** Another process becomes the main one of an attempt, at its wish; the one before may live on. */
  move(attempt: Attempt, pid: Pid): void {
    this.#attempts.delete(attempt.pid);
    this.#predecessors.move(attempt, pid);
    this.#attempts.set(pid, attempt);
    this.#settings.report({ type: "moved", id: attempt.id, attempt: attempt.attempt, pid });
  }

  /** A process has ended; if nothing goes on for it, its attempt has. */
  noteExit(pid: Pid, attempt: Attempt, status: ExitStatus): void {
    if (this.#predecessors.noteExit(pid) || this.forked.noteExit(attempt, status)) return;
    this.#attempts.delete(pid);
    if (!this.#predecessors.outlive(attempt, status)) this.#settings.end(attempt, status);
  }

  /** An attempt is to end: false if there turns out to be nobody who could be told, so that it has ended. */
  isThere(attempt: Attempt): boolean {
    if (!this.forked.has(attempt)) return true;
    const ended = this.forked.giveUp(attempt);
    if (ended === null) return true;
    this.#attempts.delete(attempt.pid);
    this.#settings.end(attempt, ended);
    return false;
  }

  /** Sends a signal to all of an attempt, to each process once. */
  kill(attempt: Attempt, signal: SignalName): void {
    this.#predecessors.kill(attempt, signal);
  }

  /** A daemon takes the place of the program that has left it behind, and is gone. */
  #follow(attempt: Attempt, pid: Pid): void {
    this.#attempts.delete(attempt.pid);
    this.#settings.os.adopt(pid);
    attempt.pid = pid;
    this.#attempts.set(pid, attempt);
    this.#settings.report({ type: "moved", id: attempt.id, attempt: attempt.attempt, pid });
  }
  /** A daemon was found. One whose program was told to end meanwhile is told so, too. */
  #noteDaemon(attempt: Attempt): void {
    const { id, attempt: number, pid } = attempt;
    const { state, graph, forked, signal } = this.#settings;
    const { phase } = state().services[id]!;
    if (phase.phase !== "stopping") return forked(attempt);
    const harder = phase.sent === "kill" ? "SIGKILL" : nodeOf(graph, id).policy.stopSignal;
    signal({ type: "signal", id, attempt: number, pid, signal: harder });
  }

  /** There is no daemon: the start has failed, or, if it was to end, that is the end. */
  #noteLoss(attempt: Attempt, detail: string): void {
    const { id, attempt: number } = attempt;
    if (this.#isStopping(id)) this.isThere(attempt);
    else this.#settings.report({ type: "readyFailed", id, attempt: number, detail });
  }

  #isStopping(id: ServiceId): boolean {
    return this.#settings.state().services[id]!.phase.phase === "stopping";
  }
}
