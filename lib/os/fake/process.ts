/** One process of the virtual kernel: what others may see of it, and what only the kernel may change. */
import type { Millis } from "../../define/time.ts";
import type { ExitStatus, Kin, Pid, SignalName, SpawnRequest } from "../os.ts";
import type { Entry } from "./agenda.ts";
import type { Child, ProcessState, Step, VirtualProcess } from "./child.ts";
import type { OpenFile } from "./open_file.ts";

/** The pid that the owner of the virtual kernel has: it is the parent of orphans, as PID 1 and subreapers are. */
export const SELF: Pid = 1;

/** A list of steps under way: the program, or a signal handler that interrupts it. */
export interface Frame {
  readonly steps: readonly Step[];
  /** The step that is due or under way. */
  next: number;
  /** When it is due. */
  until: Millis;
  /** What a write or copy still has to write, and how much of it is written. */
  content: Uint8Array | null;
  written: number;
  /** The signal whose handler this is; null for the program. */
  readonly signal: SignalName | null;
}

/** A process as the kernel keeps it. */
export class Process implements VirtualProcess, Entry {
  due = Infinity;
  turn = 0;
  place = -1;
  state: ProcessState = "running";
  status: ExitStatus | null = null;
  /** The group that ends when it is reaped; null for those that we have not started. */
  ends: Pid | null;
  /** Null for those whose parent we are. */
  mother: Process | null = null;
  readonly children: Process[] = [];
  readonly files = new Map<number, OpenFile<Process>>();
  readonly frames: Frame[] = [];
  /** Signals that wait until the process is no longer stopped or stuck. */
  readonly pending: SignalName[] = [];

  /**
   * @param spawned Whether we started it, so that its group ends with it.
   * @param group The id of its group; its own pid if it leads one.
   */
  constructor(
    readonly pid: Pid,
    readonly group: Pid,
    spawned: boolean,
    readonly request: SpawnRequest,
    readonly child: Child,
  ) {
    this.ends = spawned ? group : null;
  }

  get parent(): Pid {
    return this.mother?.pid ?? SELF;
  }

  get kin(): Kin {
    return {
      parent: this.parent,
      group: this.group,
      session: this.group,
      user: 0,
      ended: this.state === "zombie",
    };
  }

  get argv(): readonly string[] {
    return this.request.argv;
  }

  get env(): Readonly<Record<string, string>> {
    return this.request.env;
  }

  get cwd(): string | undefined {
    return this.request.cwd;
  }

  get fds(): readonly number[] {
    return [...this.files.keys()].sort((a, b) => a - b);
  }

  /** Begins a list of steps, on top of what is under way. */
  begin(steps: readonly Step[], signal: SignalName | null, now: Millis): void {
    const until = now + (steps[0]?.after ?? 0);
    this.frames.push({ steps, next: 0, until, content: null, written: 0, signal });
  }
}
