import type { Command } from "../define/command.ts";
import type { Observation, Probe, Verdict } from "../define/readiness.ts";
import type { Millis } from "../define/time.ts";
import { type Graph, nodeOf } from "../graph/graph.ts";
import type { ExitStatus, Fd, Os, Pid } from "../os/os.ts";
import type { Event } from "../supervisor/mod.ts";
import type { Attempt } from "./attempt.ts";
import type { Look, Prober } from "./prober.ts";
import { messageOf } from "../define/message_of.ts";

/** What watching readiness needs of the driver. */
export interface WatchSettings {
  readonly graph: Graph;
  readonly os: Os;
  readonly prober: Prober;
  readonly spawn: (command: Command) => Pid;
  /** Closes a descriptor that is watched. */
  readonly forget: (fd: Fd) => void;
  /** Tells the supervisor; the driver is at work, so nobody need be woken. */
  readonly report: (event: Event) => void;
  readonly onFault: (error: unknown) => void;
}

/** How long a process that has closed its notification descriptor may still take to end. */
const HANG_UP_GRACE: Millis = 200;

/** A probe that is a process. */
interface CommandLook {
  readonly attempt: Attempt;
  readonly timeout: Millis;
  /** When its patience ends; null once it was killed. */
  until: Millis | null;
  cancelled: boolean;
}

/** Finds out when processes are ready: feeds their readiness protocols with what is seen of them, and obeys these. */
export class ReadinessWatch {
  readonly #settings: WatchSettings;
  /** What probes have seen since the last turn. */
  readonly #seen: [Attempt, Observation][] = [];
  /** Attempts whose protocol wants to be asked again at some time. */
  readonly #alarmed = new Set<Attempt>();
  /** Processes of command probes by pid. */
  readonly #looks = new Map<Pid, CommandLook>();

  constructor(settings: WatchSettings) {
    this.#settings = settings;
  }

  /** Passes on what probes have seen. */
  turn(): void {
    for (const [attempt, seen] of this.#seen.splice(0)) this.observe(attempt, seen);
  }

  /** When something is due; `Infinity` if nothing is. */
  due(): Millis {
    let due = Infinity;
    for (const { alarm } of this.#alarmed) if (alarm !== null && alarm < due) due = alarm;
    for (const { until } of this.#looks.values()) if (until !== null && until < due) due = until;
    return due;
  }

  /** Does what is due. */
  ring(now: Millis): void {
    for (const attempt of this.#alarmed) {
      if (attempt.alarm === null || attempt.alarm > now) continue;
      this.#setAlarm(attempt, null);
      if (attempt.hungUp) this.#giveUpOn(attempt);
      else this.observe(attempt, { type: "tick" });
    }
    for (const [pid, look] of this.#looks) {
      if (look.until === null || look.until > now) continue;
      look.until = null;
      this.#settings.os.kill(pid, "SIGKILL", "group");
    }
  }

  /** Lets the readiness protocol of an attempt know what was seen, and does what it makes of that. */
  observe(attempt: Attempt, seen: Observation): void {
    const { graph, os } = this.#settings;
    const { ready } = nodeOf(graph, attempt.id).definition;
    if (!attempt.observed || ready === null) return;
    const [readiness, verdict] = ready.observe(attempt.readiness, seen, os.now());
    attempt.readiness = readiness;
    this.#obey(attempt, verdict);
  }

  /** Its notification pipe has ended. Most often the process is just ending too, and its exit says more. */
  noteHangUp(attempt: Attempt): void {
    attempt.notification = null;
    if (!attempt.observed) return;
    attempt.hungUp = true;
    this.#setAlarm(attempt, this.#settings.os.now() + HANG_UP_GRACE);
  }

  /** The readiness of an attempt is known, or does not matter any more. */
  end(attempt: Attempt): void {
    attempt.observed = false;
    this.#setAlarm(attempt, null);
    attempt.cancelProbe?.();
    attempt.cancelProbe = null;
    if (attempt.notification !== null) this.#settings.forget(attempt.notification);
    attempt.notification = null;
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
    this.observe(look.attempt, observation(missing));
    return true;
  }

  #obey(attempt: Attempt, verdict: Verdict): void {
    const { id, attempt: number } = attempt;
    this.#setAlarm(attempt, verdict.type === "wait" ? verdict.until : null);
    switch (verdict.type) {
      case "wait":
        return;
      case "probe":
        return this.#probe(attempt, verdict.probe, verdict.timeout);
      case "ready":
        this.end(attempt);
        return this.#settings.report({ type: "ready", id, attempt: number, output: verdict.output });
      case "failed":
        this.end(attempt);
        return this.#settings.report({ type: "readyFailed", id, attempt: number, detail: verdict.detail });
    }
  }

  /** It cannot tell any more that it is ready, as nobody has the descriptor to tell it by. */
  #giveUpOn(attempt: Attempt): void {
    const { id, attempt: number } = attempt;
    const { ready } = nodeOf(this.#settings.graph, id).definition;
    this.end(attempt);
    const detail = `it closed ${ready?.label ?? "its notification fd"} without a newline`;
    this.#settings.report({ type: "readyFailed", id, attempt: number, detail });
  }

  #probe(attempt: Attempt, probe: Probe, timeout: Millis): void {
    if (probe.type === "command") return this.#probeByCommand(attempt, probe.command, timeout);
    const { prober, os, onFault } = this.#settings;
    const abort = new AbortController();
    attempt.cancelProbe = () => abort.abort();
    prober(probe, timeout, abort.signal).then((missing) => {
      if (abort.signal.aborted) return;
      this.#seen.push([attempt, observation(missing)]);
      os.interrupt();
    }).catch(onFault);
  }

  #probeByCommand(attempt: Attempt, command: Command, timeout: Millis): void {
    const { os, spawn } = this.#settings;
    try {
      const pid = spawn(command);
      const look: CommandLook = { attempt, timeout, until: os.now() + timeout, cancelled: false };
      this.#looks.set(pid, look);
      attempt.cancelProbe = () => {
        look.cancelled = true;
        look.until = null;
        if (this.#looks.get(pid) === look) os.kill(pid, "SIGKILL", "group");
      };
    } catch (error) {
      this.observe(attempt, observation(messageOf(error)));
    }
  }

  #setAlarm(attempt: Attempt, alarm: Millis | null): void {
    attempt.alarm = alarm;
    if (alarm === null) this.#alarmed.delete(attempt);
    else this.#alarmed.add(attempt);
  }
}

function observation(missing: Look): Observation {
  return missing === null ? { type: "probed", ok: true } : { type: "probed", ok: false, detail: missing };
}
