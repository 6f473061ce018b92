import type { Millis } from "../define/time.ts";
import type { Resources } from "../define/resources.ts";
import { type Graph, nodeOf, type ServiceId } from "../graph/graph.ts";
import { OsError } from "../os/error.ts";
import type { Os, Pid } from "../os/os.ts";
import type { Attempt } from "./attempt.ts";

/** What the processes of a service use; null where the kernel does not tell. */
export interface Usage {
  /** Bytes of memory now, and at most so far. */
  readonly memory: number | null;
  readonly memoryPeak: number | null;
  /** The time of processors, in microseconds. */
  readonly cpuMicros: number | null;
  readonly processes: number | null;
  /** The part of the last ten seconds, in percent, in which one of them had to wait. */
  readonly pressure: { readonly [Resource in "cpu" | "memory" | "io"]: number | null };
}

/** Places for processes out of which nobody gets by a session, a group or another parent: cgroups(7). */
export interface Cgroups {
  /**
   * Makes a new one inside that of a name, and tells its folder. One in which somebody was killed serves nobody else:
   * Linux 6.18 kills whoever is born there, as it takes them for a fork of the killed.
   *
   * @throws {OsError} If there can be none.
   */
  make(name: string): string;
  /** Limits what those of a name may use together; tells which limits are not in force, and why. */
  limit(name: string, resources: Resources): readonly string[];
  /** Kills all that is in one. @throws {OsError} */
  kill(name: string): void;
  /** Whether somebody is in one. */
  isPopulated(name: string): boolean;
  /** Whether a process is in one. */
  holds(name: string, pid: Pid): boolean;
  /** How many processes the kernel has killed there for want of memory. */
  oomKills(name: string): number;
  /** What those of a name use together. */
  usage(name: string): Usage;
  /** Removes those of a name, if nobody is in them. */
  remove(name: string): void;
}

/** What is in a cgroup of its own: the processes of attempts, or what runs beside them, which may outlive these. */
export type Part = "main" | "beside";

/** How long those who were killed are waited for. Longer takes only who hangs in the kernel. */
const LONGEST: Millis = 5000;
/** Time between two looks, at first and at most. */
const SHORTEST_PAUSE: Millis = 1, LONGEST_PAUSE: Millis = 8;

/** Somebody waits until nobody is left in a cgroup. */
interface Wait {
  readonly id: ServiceId;
  readonly name: string;
  /** The attempt that is over then; null if the cgroup itself is to go. */
  readonly attempt: Attempt | null;
  readonly until: Millis;
  next: Millis;
  pause: Millis;
  readonly done: () => void;
}

/** What containment needs of the driver. */
export interface ContainmentSettings {
  readonly graph: Graph;
  readonly os: Os;
  /** Null where there are none: a service then is its process group, and whoever leaves that is not found again. */
  readonly cgroups: Cgroups | null;
  /** Writes into the journal. */
  readonly note: (id: ServiceId, event: string, details: Readonly<Record<string, string>>) => void;
}

/**
 * Sees to it that nothing of an attempt is left when it is over, whatever its processes have forked. A cgroup has the
 * name of its service, so that the driver of another generation finds it again.
 */
export class Containment {
  readonly #settings: ContainmentSettings;
  /** Services that the kernel did not start in their cgroup. */
  readonly #outside = new Set<ServiceId>();
  readonly #waits = new Set<Wait>();
  /** Limits of services that are not in force. */
  readonly #unenforced = new Map<ServiceId, readonly string[]>();
  /** The names of which there are cgroups. */
  readonly #made = new Set<string>();

  constructor(settings: ContainmentSettings) {
    this.#settings = settings;
  }

  /** What a service cannot leave. */
  of(id: ServiceId): "cgroup" | "group" {
    const { scope } = nodeOf(this.#settings.graph, id).definition.stop;
    return this.#settings.cgroups === null || scope === "group" || this.#outside.has(id) ? "group" : "cgroup";
  }

  /** The limits of a service that are not in force, each with the reason. */
  unenforced(id: ServiceId): readonly string[] {
    return this.#unenforced.get(id) ?? [];
  }

  /** What a service uses; null if nobody counts. */
  usage(id: ServiceId): Usage | null {
    const { cgroups, graph } = this.#settings;
    const name = nameOf(graph, id, "main");
    return this.of(id) === "group" || !this.#made.has(name) ? null : cgroups?.usage(name) ?? null;
  }

  /**
   * Starts a process in the cgroup of its service. Where the kernel refuses that, it is started without, and that is noted.
   *
   * @throws {OsError} As `start`.
   */
  start(id: ServiceId, part: Part, start: (cgroup: string | null) => Pid): Pid {
    const { cgroups, graph, note } = this.#settings;
    this.#outside.delete(id);
    if (cgroups === null || this.of(id) === "group") {
      this.#limit(id, null);
      return start(null);
    }
    const name = nameOf(graph, id, part);
    // Those who were there before have been killed already, and this one shall not be.
    for (const wait of this.#waits) if (wait.name === name && wait.attempt === null) this.#waits.delete(wait);
    try {
      this.#made.add(name);
      const cgroup = cgroups.make(name);
      if (part === "main") this.#limit(id, name);
      return start(cgroup);
    } catch (error) {
      if (!(error instanceof OsError) || !isOfCgroup(error)) throw error;
      const pid = start(null);
      this.#outside.add(id);
      this.#limit(id, null);
      note(id, "uncontained", { detail: error.message });
      return pid;
    }
  }

  /** The main process of an attempt has ended: kills whoever it has left behind, and tells when nobody is left. */
  empty(attempt: Attempt, done: () => void): void {
    this.#empty(attempt.id, "main", attempt, done);
  }

  /** Whether a process is in the cgroup of a service. */
  holds(id: ServiceId, pid: Pid): boolean {
    const { cgroups, graph } = this.#settings;
    return cgroups?.holds(nameOf(graph, id, "main"), pid) ?? false;
  }

  /** Whether the kernel has killed a process of the attempt of a service that has just ended, for want of memory. */
  ranOutOfMemory(id: ServiceId): boolean {
    const { cgroups, graph } = this.#settings;
    return (cgroups?.oomKills(nameOf(graph, id, "main")) ?? 0) > 0;
  }

  /** Kills all of a service. */
  kill(id: ServiceId): void {
    for (const part of ["main", "beside"] as const) this.#kill(id, nameOf(this.#settings.graph, id, part));
  }

  /** Kills what is left of an attempt that was over, and tells when nobody is left. */
  clearThen(id: ServiceId, done: () => void): void {
    this.#empty(id, "main", null, done);
  }

  /** Kills what is left of a service that is down, or beside one. */
  clear(id: ServiceId, parts: readonly Part[] = ["main", "beside"]): void {
    for (const part of parts) this.#empty(id, part, null, () => {});
  }

  /** The attempts that are over but for those whom they have left behind. */
  pending(): Attempt[] {
    return [...this.#waits].flatMap(({ attempt }) => attempt ?? []);
  }

  /** A process that another driver has left is where that one has started it. */
  take({ id }: Attempt): void {
    const { cgroups, graph } = this.#settings;
    if (cgroups === null) return;
    for (const part of ["main", "beside"] as const) this.#made.add(nameOf(graph, id, part));
    if (!cgroups.isPopulated(nameOf(graph, id, "main"))) this.#outside.add(id);
  }

  /** When to look again. */
  due(): Millis {
    let due = Infinity;
    for (const { next } of this.#waits) if (next < due) due = next;
    return due;
  }

  /** Looks whether somebody is left, and kills them again: by now there may be others. */
  ring(now: Millis): void {
    const { cgroups, note } = this.#settings;
    for (const wait of [...this.#waits]) {
      if (wait.next > now || cgroups === null) continue;
      const { id, name, done } = wait;
      if (cgroups.isPopulated(name)) {
        if (now < wait.until) {
          wait.pause = Math.min(2 * wait.pause, LONGEST_PAUSE);
          wait.next = now + wait.pause;
          this.#kill(id, name);
          continue;
        }
        note(id, "leftBehind", { detail: `processes in ${name} do not end by SIGKILL` });
      }
      this.#waits.delete(wait);
      this.#made.delete(name);
      cgroups.remove(name);
      done();
    }
  }

  /** Limits a service, or takes note that it is not, as there is no cgroup. */
  #limit(id: ServiceId, name: string | null): void {
    const { cgroups, graph, note } = this.#settings;
    const { resources } = nodeOf(graph, id).definition;
    if (resources === undefined) return;
    const faults = name === null || cgroups === null
      ? Object.keys(resources).map((limit) => `${limit}: the service has no cgroup`)
      : cgroups.limit(name, resources);
    // Once is enough: it is told of every process.
    if (faults.join() !== this.unenforced(id).join() && faults.length > 0) {
      note(id, "unenforced", { detail: faults.join("; ") });
    }
    this.#unenforced.set(id, faults);
  }

  #empty(id: ServiceId, part: Part, attempt: Attempt | null, done: () => void): void {
    const { cgroups, graph, os } = this.#settings;
    const name = nameOf(graph, id, part);
    if (cgroups === null || !this.#made.has(name)) return done();
    if (!cgroups.isPopulated(name)) {
      this.#made.delete(name);
      cgroups.remove(name);
      return done();
    }
    this.#kill(id, name);
    const now = os.now();
    const pause = SHORTEST_PAUSE;
    this.#waits.add({ id, name, attempt, until: now + LONGEST, next: now + pause, pause, done });
  }

  #kill(id: ServiceId, name: string): void {
    const { cgroups, note } = this.#settings;
    if (cgroups?.isPopulated(name) !== true) return;
    try {
      cgroups.kill(name);
    } catch (error) {
      note(id, "leftBehind", { detail: String(error instanceof Error ? error.message : error) });
    }
  }
}

/** No service has a colon in its name. */
function nameOf(graph: Graph, id: ServiceId, part: Part): string {
  const { name } = nodeOf(graph, id);
  return part === "main" ? name : `${name}:beside`;
}

/** Whether it is the cgroup that keeps a process from being started, or that a machine gives no attributes at all. */
function isOfCgroup({ call, code }: OsError): boolean {
  return call === "make cgroup" || call === "enter cgroup" ||
    call === "give attributes to" && code === "ENOSYS";
}
