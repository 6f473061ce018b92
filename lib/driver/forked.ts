import type { Millis } from "../define/time.ts";
import { messageOf } from "../define/message_of.ts";
import { type Graph, nodeOf, type ServiceId } from "../graph/graph.ts";
import type { ExitStatus, Os, Pid } from "../os/os.ts";
import type { Attempt } from "./attempt.ts";

/** How often a pid file is looked for, and how long after its program has gone by default. */
const PAUSE: Millis = 20;
export const PATIENCE: Millis = 5000;

/** What following daemons needs of the driver. */
export interface ForkedSettings {
  readonly graph: Graph;
  readonly os: Os;
  /** Whether a process is in the cgroup of a service. */
  readonly holds: (id: ServiceId, pid: Pid) => boolean;
  /** Whether somebody else is known to have this process. */
  readonly isKnown: (pid: Pid) => boolean;
  /** Makes a daemon the process of an attempt. */
  readonly follow: (attempt: Attempt, pid: Pid) => void;
  /** How long a service whose first process has ended may take to have a daemon: less if it was to end itself. */
  readonly patience: (id: ServiceId) => Millis;
  /** A daemon was found, which makes its service ready. */
  readonly found: (attempt: Attempt) => void;
  /** None was found, and the start has failed. */
  readonly fail: (attempt: Attempt, detail: string) => void;
}

/** An attempt whose first process has ended, and whose daemon is looked for. */
interface Search {
  readonly path: string;
  readonly status: ExitStatus;
  readonly until: Millis;
  next: Millis;
}

/**
 * Follows programs that put themselves into the background to the daemons that they leave behind, by their pid files.
 * Between the end of the one and the sight of the other a service has no process.
 */
export class Forked {
  readonly #settings: ForkedSettings;
  /** Our own id, which orphans have for a parent, as the parent of a program. */
  #self: Pid = 0;
  readonly #searches = new Map<Attempt, Search>();

  constructor(settings: ForkedSettings) {
    this.#settings = settings;
  }

  /** A process is about to be started: what another one has left would be mistaken for its own. */
  prepare(id: ServiceId): void {
    const path = this.#pathOf(id);
    if (path !== null) this.#settings.os.removePidFile(path);
  }

  /** A process was started. */
  begin({ id, pid }: Attempt): void {
    if (this.#pathOf(id) !== null) this.#self = this.#settings.os.kinOf(pid)?.parent ?? this.#self;
  }

  /** The first process of an attempt has ended: whether it has left a daemon behind, which is looked for from now on. */
  noteExit(attempt: Attempt, status: ExitStatus): boolean {
    const path = this.#pathOf(attempt.id);
    if (path === null || !attempt.observed || attempt.stage !== "main") return false;
    const { os, patience } = this.#settings;
    if (!("code" in status) || status.code !== 0) {
      // Nobody has done so: a daemon might have been in it.
      os.kill(attempt.pid, "SIGKILL", "group");
      return false;
    }
    const now = os.now();
    const search: Search = { path, status, until: now + patience(attempt.id), next: now };
    this.#searches.set(attempt, search);
    this.#look(attempt, search, now);
    return true;
  }

  /**
   * An attempt is to end that may have a daemon that nobody has found yet. It is looked for a last time.
   *
   * @returns How its first process has ended, if there is none; null if there is a process that can be told to end.
   */
  giveUp(attempt: Attempt): ExitStatus | null {
    const search = this.#searches.get(attempt);
    if (search === undefined) return null;
    this.#searches.delete(attempt);
    const found = this.#daemonOf(attempt, search.path);
    if (typeof found === "string") {
      this.#killGroup(attempt);
      return search.status;
    }
    this.#settings.follow(attempt, found);
    return null;
  }

  /** Whether a daemon is looked for. */
  has(attempt: Attempt): boolean {
    return this.#searches.has(attempt);
  }

  /** When something is due; `Infinity` if nothing is. */
  due(): Millis {
    let due = Infinity;
    for (const { next } of this.#searches.values()) if (next < due) due = next;
    return due;
  }

  /** Does what is due. */
  ring(now: Millis): void {
    for (const [attempt, search] of this.#searches) if (search.next <= now) this.#look(attempt, search, now);
  }

  #look(attempt: Attempt, search: Search, now: Millis): void {
    const { follow, found, fail } = this.#settings;
    const daemon = this.#daemonOf(attempt, search.path);
    if (typeof daemon !== "string") {
      this.#searches.delete(attempt);
      follow(attempt, daemon);
      found(attempt);
    } else if (now >= search.until) {
      // What is left of it is found when it is told to end.
      search.next = Infinity;
      fail(attempt, `its first process has ended, and it has no daemon: ${daemon}`);
    } else search.next = now + PAUSE;
  }

  /** The process that a pid file names, or why it is none of the service. */
  #daemonOf({ id, pid: program }: Attempt, path: string): Pid | string {
    const { os, holds, isKnown } = this.#settings;
    try {
      const { pid, uid } = os.readPidFile(path);
      const kin = os.kinOf(pid);
      const it = `pid file ${path} names process ${pid}, which`;
      if (pid < 2 || pid === this.#self) return `${it} is no daemon`;
      if (kin === null || kin.ended) return `${it} does not run`;
      const ours = kin.group === program || kin.session === program || kin.parent === this.#self ||
        holds(id, pid);
      if (!ours || isKnown(pid)) return `${it} is no process of the service`;
      if (uid !== 0 && uid !== Deno.uid() && uid !== kin.user) return `${it} is not of the file's owner`;
      return pid;
    } catch (error) {
      return messageOf(error);
    }
  }

  /** Kills what a program has left of its group: the id is still that group's if no other process has it. */
  #killGroup({ pid }: Attempt): void {
    const { os } = this.#settings;
    if (os.kinOf(pid) === null) os.kill(pid, "SIGKILL", "group");
  }

  #pathOf(id: ServiceId): string | null {
    return nodeOf(this.#settings.graph, id).definition.ready?.pidFile ?? null;
  }
}
