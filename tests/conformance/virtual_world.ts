/**
 * A world of processes in virtual time around the supervisor: it carries out
 * what `step` says, lets the processes behave, and reports what they do. The
 * property tests and the conformance cases share it.
 */
import type { Millis } from "../../lib/define/time.ts";
import { type Graph, nodeOf, type ServiceId } from "../../lib/graph/graph.ts";
import {
  type Action,
  deadline,
  type Event,
  initialState,
  type State,
  type Status,
  step,
} from "../../lib/supervisor/mod.ts";
import { type Behaviour, daemon, work } from "./behaviour.ts";

/** What a process was asked for: to bring a service up, or to take it down; without any, something is waited for. */
export type Role = "run" | "undo" | "arm";

/** A process that was asked for, or that goes before one or comes after. */
export interface Process {
  readonly id: ServiceId;
  readonly attempt: number;
  pid: number;
  readonly role: Role | "before" | "after";
  readonly behaviour: Behaviour;
  /** What goes before a process makes room for this. */
  readonly then?: Behaviour;
  /** How the process ended that this one comes after. */
  readonly main?: Status;
  /** Every signal it was sent. */
  readonly signals: string[];
  /** When it will end, as things stand. */
  ending: { readonly due: Millis; readonly status: Status } | null;
}

/** One step of the supervisor: what a test may look at. */
export interface Moment {
  readonly now: Millis;
  readonly before: State;
  readonly event: Event;
  readonly after: State;
  readonly actions: readonly Action[];
}

/** Something that will be heard of a process. */
interface News {
  readonly due: Millis;
  readonly process: Process;
  readonly what: "spawned" | "ready" | "exit" | "armed";
}

/** Tells how the nth process of a service in a role behaves, from 0. */
export type Casting = (id: ServiceId, nth: number, role: Role) => Behaviour;

export type Step = typeof step;

const firstPid = 100;

export class VirtualWorld {
  readonly graph: Graph;
  now: Millis = 0;
  state: State;
  readonly moments: Moment[] = [];
  /** Every process that ever was asked for, by the order of their ids. */
  readonly processes: Process[] = [];
  readonly live = new Set<Process>();
  /** From now on every new process behaves well, and the kernel lets go of those that hung. */
  calm = false;
  /** Replaceable, so that a test can look at, or tamper with, every step. */
  step: Step = step;
  /** Called before the actions of a step are carried out. */
  watch: (moment: Moment) => void = () => {};
  readonly #cast: Casting;
  readonly #counts = new Map<string, number>();
  #news: News[] = [];

  constructor(graph: Graph, cast: Casting) {
    this.graph = graph;
    this.#cast = cast;
    this.state = initialState(graph.nodes.length);
  }

  /** Lets the supervisor take one event, and carries out what it says. */
  send(event: Event): readonly Action[] {
    const before = this.state;
    const [after, actions] = this.step(this.graph, before, event, this.now);
    this.state = after;
    const moment = { now: this.now, before, event, after, actions };
    this.moments.push(moment);
    this.watch(moment);
    for (const action of actions) this.#carryOut(action);
    return actions;
  }

  /** When something next happens by itself; null for never. */
  next(): Millis | null {
    let first = deadline(this.state) ?? Infinity;
    for (const { due } of this.#news) if (due < first) first = due;
    for (const { ending } of this.live) if (ending !== null && ending.due < first) first = ending.due;
    return first === Infinity ? null : Math.max(first, this.now);
  }

  /** Lets time pass until a point on the clock, everything happening in its time. */
  advanceTo(time: Millis): void {
    for (let next = this.next(); next !== null && next <= time; next = this.next()) {
      this.now = next;
      this.#happen();
    }
    this.now = Math.max(this.now, time);
  }

  /** The supervisor sleeps: what happens meanwhile is heard of only afterwards. */
  stall(length: Millis): void {
    this.now += length;
    this.advanceTo(this.now);
  }

  /**
   * Lets everything happen that still happens by itself.
   *
   * @returns Whether it came to rest before `limit`.
   */
  settle(limit: Millis, enough: () => boolean = () => false): boolean {
    for (let next = this.next(); next !== null && !enough(); next = this.next()) {
      if (next > limit) return false;
      this.advanceTo(next);
    }
    return true;
  }

  /** Every hung process ends at last. */
  release(): void {
    this.calm = true;
    for (const process of this.live) {
      if (process.behaviour.task === true) this.#endAt(process, 0, { code: 0 });
      else if (process.signals.includes("SIGKILL")) this.#endAt(process, 0, { signal: "SIGKILL" });
    }
  }

  /** The live process of a service, if any. */
  processOf(id: ServiceId): Process | undefined {
    for (const process of this.live) if (process.id === id) return process;
    return undefined;
  }

  /** Another process becomes that of an attempt, and the one before is gone. Only what is known to run can do so. */
  move(process: Process): void {
    const { id, attempt, pid } = process;
    const { phase } = this.state.services[id]!;
    if (!("pid" in phase) || phase.pid !== pid || process.role !== "run") return;
    process.pid = firstPid + this.processes.length;
    this.processes.push(process);
    this.send({ type: "moved", id, attempt, pid: process.pid });
  }

  /** Somebody outside, not the supervisor, signals a process. */
  kill(process: Process, signal: string): void {
    this.#endAt(process, 0, { signal });
  }

  /** One thing that is due: the oldest news, then the end of a process, then a tick. */
  #happen(): void {
    let index = -1;
    this.#news.forEach((news, at) => {
      if (news.due <= this.now && (index === -1 || news.due < this.#news[index]!.due)) index = at;
    });
    let ended: Process | undefined;
    for (const process of this.live) {
      if (process.ending === null || process.ending.due > this.now) continue;
      if (ended === undefined || process.ending.due < ended.ending!.due) ended = process;
    }
    const news = this.#news[index];
    if (news !== undefined && (ended === undefined || news.due <= ended.ending!.due)) {
      this.#news.splice(index, 1);
      this.#tell(news);
    } else if (ended !== undefined) {
      this.live.delete(ended);
      this.#tell({ due: this.now, process: ended, what: "exit" });
    } else {
      this.send({ type: "tick" });
    }
  }

  #tell({ process, what }: News): void {
    const { id, attempt, pid, behaviour, role } = process;
    switch (what) {
      case "armed":
        if (behaviour.spawnFault === null) this.send({ type: "ready", id, attempt, output: null });
        else {
          const failure = { type: "spawn", stage: "listen", code: "EADDRINUSE", message: "in use" } as const;
          this.send({ type: "spawnFailed", id, attempt, failure });
        }
        return;
      case "spawned":
        if (behaviour.spawnFault !== null) {
          this.live.delete(process);
          const failure = {
            type: "spawn",
            stage: behaviour.spawnFault,
            code: "ENOENT",
            message: "no such file",
          } as const;
          this.send({ type: "spawnFailed", id, attempt, failure });
          return;
        }
        if (behaviour.ends !== null) this.#endAt(process, behaviour.ends.after, behaviour.ends.status);
        if (behaviour.readyAfter !== null && !behaviour.readyLate && role === "run") {
          this.#news.push({ due: this.now + behaviour.readyAfter, process, what: "ready" });
        }
        if (behaviour.task === true) return;
        this.send({ type: role === "before" ? "beforeSpawned" : "spawned", id, attempt, pid });
        return;
      case "ready":
        if (!this.live.has(process) && !behaviour.readyLate) return;
        if (behaviour.garbled) this.send({ type: "readyFailed", id, attempt, detail: "not a number" });
        else this.send({ type: "ready", id, attempt, output: behaviour.output });
        return;
      case "exit": {
        const status = process.ending!.status;
        if (role === "before") return this.#goOn(process, status);
        if (role === "after") {
          const failure = { type: "exit", status, ready: true, stage: "after" } as const;
          const clean = "code" in status && status.code === 0;
          this.send({
            type: "exited",
            id,
            attempt,
            status: process.main!,
            ...clean ? {} : { after: failure },
          });
          return;
        }
        if (behaviour.after !== undefined) return this.#clean(process, behaviour.after, status);
        const done = role === "run" && nodeOf(this.graph, id).kind === "oneshot" && "code" in status &&
          status.code === 0;
        const yielded = !done
          ? {}
          : behaviour.fault === null
          ? { output: behaviour.output }
          : { fault: behaviour.fault };
        if (behaviour.readyLate) this.#news.push({ due: this.now, process, what: "ready" });
        this.send({ type: "exited", id, attempt, status, ...yielded });
        return;
      }
    }
  }

  #carryOut(action: Action): void {
    if (action.type === "arm") {
      const { id, attempt } = action;
      const behaviour = this.#behaviourOf(id, "arm");
      const process: Process = { id, attempt, pid: 0, role: "arm", behaviour, signals: [], ending: null };
      this.#news.push({ due: this.now, process, what: "armed" });
    } else if (action.type === "spawn" || action.type === "undo") {
      const role = action.type === "spawn" ? "run" : "undo";
      const behaviour = this.#behaviourOf(action.id, role);
      const { before } = behaviour;
      if (before === undefined) this.#begin({ ...action, role, behaviour });
      else this.#begin({ ...action, role: "before", behaviour: before, then: behaviour });
    } else if (action.type === "signal") {
      const process = this.processes[action.pid - firstPid];
      if (process === undefined) throw new Error(`a signal to ${action.pid}, which never was`);
      process.signals.push(action.signal);
      const { stops, killable } = process.behaviour;
      if (action.signal === "SIGKILL") {
        if (killable || this.calm) this.#endAt(process, 0, { signal: "SIGKILL" });
      } else if (stops !== null) {
        this.#endAt(process, stops.after, stops.status ?? { signal: action.signal });
      }
    }
  }

  #begin(
    { id, attempt, role, behaviour, then }: Pick<Process, "id" | "attempt" | "role" | "behaviour" | "then">,
  ) {
    const process = this.#add({ id, attempt, role, behaviour, ...then === undefined ? {} : { then } });
    this.#news.push({ due: this.now + behaviour.spawnTakes, process, what: "spawned" });
  }

  #add(process: Omit<Process, "pid" | "signals" | "ending">): Process {
    const added: Process = { ...process, pid: firstPid + this.processes.length, signals: [], ending: null };
    this.processes.push(added);
    this.live.add(added);
    return added;
  }

  /** What goes before a process has ended: that one follows, unless it was called off. */
  #goOn({ id, attempt, then }: Process, status: Status): void {
    const { phase } = this.state.services[id]!;
    const awaited = phase.phase === "starting" && phase.attempt === attempt;
    if (!awaited || !("code" in status) || status.code !== 0) {
      this.send({ type: "exited", id, attempt, status, stage: "before" });
    } else this.#begin({ id, attempt, role: "run", behaviour: this.#calmed(id, "run", then!) });
  }

  /** A process has ended that another one comes after. */
  #clean({ id, attempt }: Process, behaviour: Behaviour, status: Status): void {
    const process = this.#add({ id, attempt, role: "after", behaviour, main: status });
    if (behaviour.ends !== null) this.#endAt(process, behaviour.ends.after, behaviour.ends.status);
    this.send({ type: "afterSpawned", id, attempt, pid: process.pid, status });
  }

  #behaviourOf(id: ServiceId, role: Role): Behaviour {
    const key = `${id} ${role}`;
    const nth = this.#counts.get(key) ?? 0;
    this.#counts.set(key, nth + 1);
    const cast = this.#cast(id, nth, role);
    return this.#calmed(id, role, cast);
  }

  #calmed(id: ServiceId, role: Role, cast: Behaviour): Behaviour {
    const oneshot = role === "undo" || nodeOf(this.graph, id).kind === "oneshot";
    return this.calm ? { ...(oneshot ? work : daemon), output: cast.output } : cast;
  }

  /** A process ends after a time, unless it ends before. */
  #endAt(process: Process, after: Millis, status: Status): void {
    const due = this.now + after;
    if (this.live.has(process) && (process.ending === null || due < process.ending.due)) {
      process.ending = { due, status };
    }
  }
}

/** What happened, as text: one line a step. */
export function narrate(world: VirtualWorld): string {
  return world.moments.map(({ now, event, actions, after }) => {
    const phases = after.services.map(({ phase, wanted }) => `${phase.phase}${wanted === "down" ? "" : "+"}`)
      .join(" ");
    const acts = actions.filter(({ type }) => type !== "notify").map((action) => JSON.stringify(action)).join(
      " ",
    );
    return `${String(now).padStart(7)} ${JSON.stringify(event)}  ${acts}\n        [${phases}]`;
  }).join("\n");
}
