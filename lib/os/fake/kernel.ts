/** The processes of a virtual machine: how they run their scripts, take signals, end and are reaped. */
import type { Millis } from "../../define/time.ts";
import type { Exit, ExitStatus, Pid, SignalName, SpawnRequest } from "../os.ts";
import { defaultAction } from "../signals.ts";
import { Agenda } from "./agenda.ts";
import type { Child, Step } from "./child.ts";
import { type OpenFile, PIPE_CAPACITY, type Stream } from "./open_file.ts";
import { type Frame, Process, SELF } from "./process.ts";
import type { Sockets } from "./sockets.ts";

/** The most processes that one reap takes, as on Linux. */
const REAP_BATCH = 256;
/** How often processes may be woken at one moment: a script in which time cannot pass is a mistake in a test. */
const LIVELOCK = 1_000_000;

const encoder = new TextEncoder();

/** Processes, groups and the clock that moves them. */
export class Kernel {
  now: Millis;
  readonly agenda = new Agenda<Process>();
  /** Those that have not ended. */
  readonly live = new Map<Pid, Process>();
  /** All of them, zombies included. */
  readonly processes = new Map<Pid, Process>();
  readonly #groups = new Map<Pid, Set<Process>>();
  /** Ended processes that we can reap, the first to end first. */
  readonly zombies: Process[] = [];
  /** Ends of processes that we take care of and that are not our children. */
  readonly foreign: Exit[] = [];
  /** Files with the ids of daemons, all of root. */
  readonly pidFiles = new Map<string, Pid>();
  readonly #lastPid: Pid;
  readonly #sockets: Sockets<Process>;
  #nextPid: Pid = SELF + 1;

  constructor(now: Millis, lastPid: Pid, sockets: Sockets<Process>) {
    this.now = now;
    this.#sockets = sockets;
    this.#lastPid = lastPid;
  }

  /** The id that the next process will have: as in Linux the next one that is neither a process nor a group. */
  freePid(): Pid {
    let pid = this.#nextPid;
    while (this.processes.has(pid) || this.#groups.has(pid)) pid = this.#after(pid);
    return pid;
  }

  /** Starts a process with these descriptors, of which it takes a share. It does its first step at the next look. */
  start(
    pid: Pid,
    leads: boolean,
    mother: Process | null,
    request: SpawnRequest,
    child: Child,
    files: Iterable<readonly [number, OpenFile<Process>]>,
  ): Process {
    const group = mother === null || leads ? pid : mother.group;
    const process = new Process(pid, group, mother === null, request, child);
    this.#nextPid = this.#after(pid);
    process.mother = mother;
    mother?.children.push(process);
    for (const [fd, file] of files) {
      file.references++;
      process.files.set(fd, file);
    }
    this.processes.set(pid, process);
    this.live.set(pid, process);
    this.#groups.set(group, (this.#groups.get(group) ?? new Set()).add(process));
    process.begin(child.steps ?? [], null, this.now);
    this.#schedule(process);
    return process;
  }

  /** Does everything that is due by now. */
  settle(): void {
    for (let count = 0; count < LIVELOCK; count++) {
      const next = this.agenda.first;
      if (next === undefined || next.due > this.now) return;
      this.#run(next);
    }
    throw new Error(
      `cannot let time pass at ${this.now} ms: the scripts of two processes wake each other for ever`,
    );
  }

  /** As `Os.adopt`. */
  adopt(pid: Pid, instead: Pid | undefined): void {
    const [process, former] = [pid, instead ?? 0].map((each) => this.processes.get(each));
    if (former !== undefined) former.ends = null;
    if (process !== undefined) process.ends = process.group;
  }

  /** Sends a signal to a process or a group; returns whether there was one. Zombies count. */
  signal(pid: Pid, signal: SignalName, scope: "process" | "group"): boolean {
    const found = scope === "group" ? this.#groups.get(pid) : this.processes.get(pid);
    if (found === undefined) return false;
    for (const process of found instanceof Process ? [found] : found) this.#deliver(process, signal);
    return true;
  }

  /** Reaps as {@linkcode Os.reap} says it. */
  reap(): Exit[] {
    const exits = this.foreign.splice(0);
    while (exits.length < REAP_BATCH) {
      const process = this.zombies.shift();
      if (process === undefined) break;
      if (process.ends !== null) this.signal(process.ends, "SIGKILL", "group");
      this.processes.delete(process.pid);
      const members = this.#groups.get(process.group)!;
      members.delete(process);
      if (members.size === 0) this.#groups.delete(process.group);
      exits.push({ pid: process.pid, status: process.status! });
    }
    return exits;
  }

  /** Gives up one reference to an open file; the last one of an end of a pipe or socket tells the other end. */
  release(file: OpenFile<Process>): void {
    if (--file.references > 0) return;
    for (const { file: theirs } of file.callers ?? []) this.release(theirs);
    for (const { files } of file.post ?? []) for (const theirs of files) this.release(theirs);
    if (file.stream === null) return;
    if (file.kind === "read" || file.kind === "socket") file.stream.readable = false;
    else file.stream.writable = false;
    if (file.outgoing !== undefined) file.outgoing.writable = false;
    this.wake(file.stream);
  }

  /** Lets those who wait for a pipe try again. */
  wake(stream: Stream<Process>): void {
    for (const waiter of stream.waiters) if (waiter.state === "running") this.agenda.set(waiter, this.now);
    stream.waiters.length = 0;
  }

  #after(pid: Pid): Pid {
    return pid < this.#lastPid ? pid + 1 : SELF + 1;
  }

  #deliver(process: Process, signal: SignalName): void {
    const { state } = process;
    if (state === "zombie") return;
    if (state === "stopped" && (signal === "SIGCONT" || signal === "SIGKILL")) process.state = "running";
    else if (state !== "running") {
      if (!process.pending.includes(signal)) process.pending.push(signal);
      return;
    }
    this.#act(process, signal);
    if (state === "stopped") this.#deliverPending(process);
  }

  /** What a signal does to a process that can take it. */
  #act(process: Process, signal: SignalName): void {
    const caught = signal !== "SIGKILL" && signal !== "SIGSTOP";
    const reaction = caught ? process.child.on?.[signal] ?? "default" : "default";
    if (reaction === "ignore") return;
    if (reaction !== "default") {
      if (process.frames.some((frame) => frame.signal === signal)) return;
      process.begin(reaction, signal, this.now);
      this.#schedule(process);
      return;
    }
    const action = defaultAction(signal);
    if (action === "terminate" || action === "core") this.#end(process, { signal, core: action === "core" });
    // Each group is orphaned in the sense of setpgid(2), as its parent is in another session: SIGTSTP does nothing.
    else if (signal === "SIGSTOP") {
      process.state = "stopped";
      this.agenda.set(process, Infinity);
    }
  }

  #deliverPending(process: Process): void {
    const pending = process.pending.splice(0);
    for (const signal of pending) this.#deliver(process, signal);
    if (process.state === "running") this.#schedule(process);
  }

  #schedule(process: Process): void {
    const frame = process.frames.at(-1)!;
    this.agenda.set(process, Math.max(this.now, frame.until));
  }

  /** Does the steps of a process until it has to wait for something. */
  #run(process: Process): void {
    for (;;) {
      const frame = process.frames.at(-1)!;
      const step = frame.steps[frame.next];
      if (step === undefined) {
        if (frame.signal === null) return this.agenda.set(process, Infinity);
        process.frames.pop();
        continue;
      }
      if (frame.until > this.now) return this.agenda.set(process, frame.until);
      if (!this.#do(process, frame, step)) return;
      frame.next++;
      frame.content = null;
      frame.until = this.now + (frame.steps[frame.next]?.after ?? 0);
      if (process.pending.length > 0) this.#deliverPending(process);
      if (process.state !== "running") return;
    }
  }

  /** Does one step; returns whether the process has done it and goes on. */
  #do(process: Process, frame: Frame, step: Step): boolean {
    if ("exit" in step) return this.#end(process, { code: step.exit });
    if ("die" in step) {
      return this.#end(process, { signal: step.die, core: defaultAction(step.die) === "core" });
    }
    if ("write" in step) {
      if (frame.content === null) {
        const content = typeof step.write === "function" ? step.write(process) : step.write;
        frame.content = typeof content === "string" ? encoder.encode(content) : content;
        frame.written = 0;
      }
      return this.#write(process, frame, frame.content, step.to);
    }
    if ("copy" in step) return this.#copy(process, frame, step.copy, step.to);
    if ("stuck" in step) return this.#stick(process, frame, step.stuck);
    if ("send" in step) return this.#sockets.notify(process, step.send, step.fds ?? []);
    if ("writePid" in step) {
      this.pidFiles.set(step.writePid, process.pid);
      return true;
    }
    if ("close" in step) {
      const file = process.files.get(step.close);
      if (file !== undefined && process.files.delete(step.close)) this.release(file);
      return true;
    }
    this.start(this.freePid(), step.setsid ?? false, process, process.request, step.fork, process.files);
    return true;
  }

  #stick(process: Process, frame: Frame, time: Millis): boolean {
    if (process.state === "stuck") {
      process.state = "running";
      return true;
    }
    process.state = "stuck";
    frame.until = this.now + time;
    this.agenda.set(process, frame.until);
    return false;
  }

  #write(process: Process, frame: Frame, content: Uint8Array, to: number): boolean {
    const file = process.files.get(to);
    // Programs go on after EBADF, and /dev/null takes everything.
    if (file?.kind !== "write" || file.stream === null) return true;
    if (!file.stream.readable) {
      this.#act(process, "SIGPIPE");
      return process.state === "running";
    }
    const count = file.stream.write(content, frame.written);
    frame.written += count;
    if (count > 0) this.wake(file.stream);
    return frame.written === content.length || this.#block(process, file.stream);
  }

  #copy(process: Process, frame: Frame, from: number, to: number | undefined): boolean {
    const file = process.files.get(from);
    const stream = file?.kind === "write" ? null : file?.stream;
    if (!stream) return true;
    const { content } = frame;
    if (content !== null && to !== undefined && !this.#write(process, frame, content, to)) return false;
    frame.content = null;
    if (stream.length === 0) return stream.ready || this.#block(process, stream);
    const buffer = new Uint8Array(Math.min(PIPE_CAPACITY, stream.length));
    stream.read(buffer);
    this.wake(stream);
    frame.content = buffer;
    frame.written = 0;
    this.agenda.set(process, this.now);
    return false;
  }

  #block(process: Process, stream: Stream<Process>): false {
    if (!stream.waiters.includes(process)) stream.waiters.push(process);
    this.agenda.set(process, Infinity);
    return false;
  }

  #end(process: Process, status: ExitStatus): false {
    process.state = "zombie";
    process.status = status;
    this.live.delete(process.pid);
    this.agenda.set(process, Infinity);
    for (const file of process.files.values()) this.release(file);
    process.files.clear();
    for (const child of process.children) {
      child.mother = null;
      if (child.state === "zombie") this.zombies.push(child);
    }
    process.children.length = 0;
    if (process.mother === null) this.zombies.push(process);
    else if (process.ends !== null) this.foreign.push({ pid: process.pid, status: { code: 255 } });
    return false;
  }
}
