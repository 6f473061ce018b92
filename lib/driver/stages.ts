import type { Command } from "../define/command.ts";
import { hookCommand } from "../define/hooks.ts";
import { messageOf } from "../define/message_of.ts";
import { type Graph, nodeOf, type ServiceId } from "../graph/graph.ts";
import type { ExitStatus, Pid, SignalName } from "../os/os.ts";
import type { Event, Failure, Inputs, ServiceState, State } from "../supervisor/mod.ts";
import type { Attempt } from "./attempt.ts";
import type { Beside } from "./beside.ts";
import { describeStatus } from "./describe.ts";
import { endEnvironment } from "./end_environment.ts";
import { describe, type Order } from "./make_command.ts";
import type { Spawner } from "./spawner.ts";

/** How an attempt is over. */
export interface End extends Pick<Extract<Event, { type: "exited" }>, "stage" | "after"> {
  readonly status: ExitStatus;
}

/** What running the stages of attempts needs of the driver. */
export interface StageSettings {
  readonly graph: Graph;
  readonly spawner: Spawner;
  readonly beside: Beside;
  readonly state: () => State;
  readonly report: (event: Event) => void;
  /** Takes care of a process that was started: from now on it is the one of its attempt. */
  readonly begin: (attempt: Attempt) => void;
  /** Starts the process that an order is for. */
  readonly spawn: (order: Order) => void;
  /** Nothing of an attempt runs any more. */
  readonly finish: (attempt: Attempt, end: End) => void;
  /** Sends a signal to all of an attempt. */
  readonly kill: (attempt: Attempt, signal: SignalName) => void;
  /** Writes into the journal. */
  readonly note: (id: ServiceId, event: string, details: Readonly<Record<string, string>>) => void;
}

/** A process that is to stop that of a service. */
interface StopCommand {
  readonly pid: Pid;
  /** How the one to be stopped has ended; null while it runs. */
  ended: ExitStatus | null;
}

/**
 * The processes of an attempt, one after another: what goes before, the process itself, what comes after. The
 * supervisor sees one attempt, and the pid of whichever runs. What stops the process by a command runs beside it; the
 * attempt goes on only when both have ended, so that nothing is left of it when it is over.
 */
export class Stages {
  readonly #settings: StageSettings;
  /** What is to be started once what goes before has ended. */
  readonly #orders = new Map<Attempt, Order>();
  readonly #stops = new Map<Attempt, StopCommand>();

  constructor(settings: StageSettings) {
    this.#settings = settings;
  }

  /** Begins an attempt: by what goes before its process, if anything does. */
  start(order: Order): void {
    const { id, attempt } = order;
    const { before } = this.#hooks(id);
    const { report, spawn, begin } = this.#settings;
    if (before === null || order.undoes !== null) return spawn(order);
    const make = () => hookCommand("before", () => before(order.inputs));
    const made = this.#make(id, attempt, "before", make);
    if ("type" in made) return report({ type: "spawnFailed", id, attempt, failure: made });
    this.#orders.set(made, order);
    // First of all: a process that the supervisor does not know of could not be stopped.
    report({ type: "beforeSpawned", id, attempt, pid: made.pid });
    begin(made);
  }

  /** Stops a process by a command instead of a signal; false if its service has none that can be started. */
  stop(attempt: Attempt): boolean {
    const { id } = attempt;
    const { stop } = this.#hooks(id);
    if (stop === null) return false;
    const { beside, note } = this.#settings;
    try {
      const env = { MAINPID: String(attempt.pid) };
      const command = hookCommand("stop.command", () => stop(this.#inputs(id)), env);
      const pid = beside.run(id, command, (status) => this.#noteStopped(attempt, status));
      this.#stops.set(attempt, { pid, ended: null });
      return true;
    } catch (error) {
      note(id, "stopCommandFailed", { detail: messageOf(error) });
      return false;
    }
  }

  /** What was to stop a process has ended; if it has failed, the process is told in the usual way. */
  #noteStopped(attempt: Attempt, status: ExitStatus): void {
    const { graph, kill, note } = this.#settings;
    const { id } = attempt;
    const ended = this.#stops.get(attempt)?.ended ?? null;
    this.#stops.delete(attempt);
    if (!isSuccess(status)) note(id, "stopCommandFailed", { detail: describeStatus(status) });
    if (ended !== null) this.#clean(attempt, ended);
    else if (!isSuccess(status)) kill(attempt, nodeOf(graph, id).policy.stopSignal);
  }

  /** A process of an attempt has ended: the next one is started, or the attempt is over. */
  noteExit(attempt: Attempt, status: ExitStatus): void {
    const { beside, finish } = this.#settings;
    switch (attempt.stage) {
      case "before":
        return this.#goOn(attempt, status);
      case "main": {
        const stopping = this.#stops.get(attempt);
        beside.kill(attempt.id, stopping?.pid);
        if (stopping === undefined) return this.#clean(attempt, status);
        stopping.ended = status;
        return;
      }
      case "after": {
        const failure: Failure = { type: "exit", status, ready: true, stage: "after" };
        const end = { status: attempt.ended ?? status };
        return finish(attempt, isSuccess(status) ? end : { ...end, after: failure });
      }
    }
  }

  /** What was to go before has ended. Whoever was called off meanwhile, or has failed, goes no further. */
  #goOn(attempt: Attempt, status: ExitStatus): void {
    const { spawn, finish } = this.#settings;
    const order = this.#orders.get(attempt)!;
    this.#orders.delete(attempt);
    const { phase } = this.#service(attempt.id);
    const awaited = phase.phase === "starting" && phase.attempt === attempt.attempt;
    if (awaited && isSuccess(status)) spawn(order);
    else finish(attempt, { status, stage: "before" });
  }

  /** A process has ended, and whoever was to stop it: what comes after is started, unless everybody is in a hurry. */
  #clean(attempt: Attempt, status: ExitStatus): void {
    const { state, report, begin, finish } = this.#settings;
    const { id, attempt: number } = attempt;
    const { after } = this.#hooks(id);
    if (after === null || state().ending?.hurry === true) return finish(attempt, { status });
    const env = endEnvironment(this.#service(id), status);
    const make = () => hookCommand("after", () => after(this.#inputs(id)), env);
    const made = this.#make(id, number, "after", make);
    if ("type" in made) return finish(attempt, { status, after: made });
    made.ended = status;
    report({ type: "afterSpawned", id, attempt: number, pid: made.pid, status });
    begin(made);
  }

  /** Starts what goes before or comes after; or says why not. */
  #make(
    id: ServiceId,
    number: number,
    stage: "before" | "after",
    make: () => Command,
  ): Attempt | Failure {
    try {
      const attempt = this.#settings.spawner.spawnBeside(id, make(), "main", number);
      attempt.stage = stage;
      return attempt;
    } catch (error) {
      const failure = describe(error);
      return failure.type === "spawn"
        ? { ...failure, message: `its ${stage} command: ${failure.message}` }
        : failure;
    }
  }

  #service(id: ServiceId): ServiceState {
    return this.#settings.state().services[id]!;
  }

  #inputs(id: ServiceId): Inputs {
    return this.#service(id).inputs ?? {};
  }

  #hooks(id: ServiceId) {
    return nodeOf(this.#settings.graph, id).definition.hooks;
  }
}

function isSuccess(status: ExitStatus): boolean {
  return "code" in status && status.code === 0;
}
