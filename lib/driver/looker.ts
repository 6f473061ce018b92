import type { Command } from "../define/command.ts";
import { messageOf } from "../define/message_of.ts";
import type { Probe } from "../define/readiness.ts";
import type { Millis } from "../define/time.ts";
import type { ExitStatus, Os, Pid } from "../os/os.ts";
import type { Look, Prober } from "./prober.ts";

/** What taking looks needs of the driver. */
export interface LookerSettings {
  readonly os: Os;
  readonly prober: Prober;
  readonly spawn: (command: Command) => Pid;
  readonly onFault: (error: unknown) => void;
}

/** Told what a look has shown. */
type Told = (missing: Look) => void;

/** A look that a process takes. */
interface CommandLook {
  readonly told: Told;
  readonly timeout: Millis;
  /** When its patience ends; null once it was killed. */
  until: Millis | null;
  cancelled: boolean;
}

/** Carries out probes: by a prober, or by processes. What they have shown is told in the driver's turns. */
export class Looker {
  readonly #settings: LookerSettings;
  /** What was seen since the last turn. */
  readonly #seen: (() => void)[] = [];
  /** Processes of command probes by pid. */
  readonly #looks = new Map<Pid, CommandLook>();

  constructor(settings: LookerSettings) {
    this.#settings = settings;
  }

  /**
   * Looks once.
   *
   * @param told Told what the look has shown, later, unless it was cancelled.
   * @returns Cancels the look.
   */
  look(probe: Probe, timeout: Millis, told: Told): () => void {
    if (probe.type === "command") return this.#lookByCommand(probe.command, timeout, told);
    const { prober, os, onFault } = this.#settings;
    const abort = new AbortController();
    prober(probe, timeout, abort.signal).then((missing) => {
      this.#seen.push(() => abort.signal.aborted || told(missing));
      os.interrupt();
    }).catch(onFault);
    return () => abort.abort();
  }

  /** Passes on what was seen. */
  turn(): void {
    for (const tell of this.#seen.splice(0)) tell();
  }

  /** When a look is out of time; `Infinity` if none is under way. */
  due(): Millis {
    let due = Infinity;
    for (const { until } of this.#looks.values()) if (until !== null && until < due) due = until;
    return due;
  }

  /** Ends looks that are out of time. */
  ring(now: Millis): void {
    for (const [pid, look] of this.#looks) {
      if (look.until === null || look.until > now) continue;
      look.until = null;
      this.#settings.os.kill(pid, "SIGKILL", "group");
    }
  }

  /** Whether a process is a command probe. */
  has(pid: Pid): boolean {
    return this.#looks.has(pid);
  }

  /** Takes the exit of a command probe; false if the process was none. */
  noteExit(pid: Pid, status: ExitStatus): boolean {
    const look = this.#looks.get(pid);
    if (look === undefined) return false;
    this.#looks.delete(pid);
    if (look.cancelled) return true;
    const late = look.until === null;
    const missing = late
      ? `no answer within ${look.timeout / 1000} s`
      : "code" in status
      ? status.code === 0 ? null : `exit code ${status.code}`
      : `killed by ${status.signal}`;
    look.told(missing);
    return true;
  }

  #lookByCommand(command: Command, timeout: Millis, told: Told): () => void {
    const { os, spawn } = this.#settings;
    const look: CommandLook = { told, timeout, until: os.now() + timeout, cancelled: false };
    try {
      const pid = spawn(command);
      this.#looks.set(pid, look);
      return () => {
        look.cancelled = true;
        look.until = null;
        if (this.#looks.get(pid) === look) os.kill(pid, "SIGKILL", "group");
      };
    } catch (error) {
      const missing = messageOf(error);
      this.#seen.push(() => look.cancelled || told(missing));
      os.interrupt();
      return () => look.cancelled = true;
    }
  }
}
