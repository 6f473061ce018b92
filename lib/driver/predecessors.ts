import type { ExitStatus, Os, Pid, SignalName } from "../os/os.ts";
import type { Attempt } from "./attempt.ts";

/**
 * Processes that were the main ones of their attempts until these named another one by MAINPID. Such a process may end
 * at any time, which means nothing; an attempt is over when its main process has ended and none of these lives.
 */
export class Predecessors {
  readonly #os: Os;
  /** Those that have not been reaped. */
  readonly #attempts = new Map<Pid, Attempt>();
  /** How main processes have ended that these have outlived. */
  readonly #ended = new Map<Attempt, ExitStatus>();
  readonly #finish: (attempt: Attempt, status: ExitStatus) => void;

  /** @param finish Told when the last one has ended of an attempt whose main process has ended before. */
  constructor(os: Os, finish: (attempt: Attempt, status: ExitStatus) => void) {
    this.#os = os;
    this.#finish = finish;
  }

  /** Makes another process the main one. */
  move(attempt: Attempt, pid: Pid): void {
    this.#attempts.set(attempt.pid, attempt);
    this.#os.adopt(pid, attempt.pid);
    attempt.pid = pid;
  }

  /** The attempt of which this was the main process. */
  attemptOf(pid: Pid): Attempt | undefined {
    return this.#attempts.get(pid);
  }

  /** Takes note of the end of one; false if the process was none. */
  noteExit(pid: Pid): boolean {
    const attempt = this.#attempts.get(pid);
    if (attempt === undefined) return false;
    this.#attempts.delete(pid);
    const status = this.#ended.get(attempt);
    if (status === undefined || this.#of(attempt).length > 0) return true;
    this.#ended.delete(attempt);
    this.#finish(attempt, status);
    return true;
  }

  /** Kills those of an attempt whose main process has ended; false if there are none. */
  outlive(attempt: Attempt, status: ExitStatus): boolean {
    const left = this.#of(attempt);
    if (left.length === 0) return false;
    this.#ended.set(attempt, status);
    for (const pid of left) this.#os.kill(pid, "SIGKILL", "group");
    return true;
  }

  /** Sends a signal to all of an attempt, to each process once. */
  kill(attempt: Attempt, signal: SignalName): void {
    const { pid } = attempt;
    const leaders = [pid, ...this.#of(attempt)];
    const group = leaders.length === 1 ? pid : this.#os.kinOf(pid)?.group ?? pid;
    // It may have stayed in the group of one of them, or have gone into none of its own.
    const reached = leaders.map((leader) => this.#os.kill(leader, signal, "group") && leader === group);
    if (!reached.includes(true)) this.#os.kill(pid, signal, "process");
  }

  #of(attempt: Attempt): Pid[] {
    return [...this.#attempts].filter(([, each]) => each === attempt).map(([pid]) => pid);
  }
}
