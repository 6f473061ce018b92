import type { Command } from "../define/command.ts";
import type { ServiceId } from "../graph/graph.ts";
import type { ExitStatus, Os, Pid } from "../os/os.ts";
import type { Attempt } from "./attempt.ts";
import type { Spawner } from "./spawner.ts";
import type { Streams } from "./streams.ts";

/** A process beside that of a service, and who is told of its end. */
interface Companion {
  readonly attempt: Attempt;
  readonly onEnd: (status: ExitStatus) => void;
}

/** Processes beside those of services: the supervisor knows nothing of them, and they print into the same logs. */
export class Beside {
  readonly #os: Os;
  readonly #spawner: Spawner;
  readonly #streams: Streams;
  readonly #companions = new Map<Pid, Companion>();

  constructor(os: Os, spawner: Spawner, streams: Streams) {
    this.#os = os;
    this.#spawner = spawner;
    this.#streams = streams;
  }

  /**
   * Starts one.
   *
   * @param onEnd Told how it ended.
   * @throws {OsError} As `Os.spawn`.
   */
  run(id: ServiceId, command: Command, onEnd: (status: ExitStatus) => void): Pid {
    const attempt = this.#spawner.spawnBeside(id, command, "beside");
    this.#companions.set(attempt.pid, { attempt, onEnd });
    this.#streams.watch(attempt);
    return attempt.pid;
  }

  /** Kills what runs beside a service. @param spared The one that may go on. */
  kill(id: ServiceId, spared: Pid | null = null): void {
    for (const [pid, { attempt }] of this.#companions) {
      if (attempt.id === id && pid !== spared) this.#os.kill(pid, "SIGKILL", "group");
    }
  }

  /** Whether a process is one. */
  has(pid: Pid): boolean {
    return this.#companions.has(pid);
  }

  /** Takes note of the end of one; false if the process was none. */
  noteExit(pid: Pid, status: ExitStatus): boolean {
    const companion = this.#companions.get(pid);
    if (companion === undefined) return false;
    this.#companions.delete(pid);
    this.#streams.drain(companion.attempt.log);
    companion.onEnd(status);
    return true;
  }
}
