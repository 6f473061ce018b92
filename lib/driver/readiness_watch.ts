import type { Observation, Probe, Verdict } from "../define/readiness.ts";
import type { Millis } from "../define/time.ts";
import { type Graph, nodeOf } from "../graph/graph.ts";
import type { Fd, Os } from "../os/os.ts";
import type { Event } from "../supervisor/mod.ts";
import type { Attempt } from "./attempt.ts";
import type { Looker } from "./looker.ts";
import type { Look } from "./prober.ts";

/** What watching readiness needs of the driver. */
export interface WatchSettings {
  readonly graph: Graph;
  readonly os: Os;
  readonly looker: Looker;
  /** Closes a descriptor that is watched. */
  readonly forget: (fd: Fd) => void;
  /** Tells the supervisor; the driver is at work, so nobody need be woken. */
  readonly report: (event: Event) => void;
}

/** How long a process that has closed its notification descriptor may still take to end. */
const HANG_UP_GRACE: Millis = 200;

/** Finds out when processes are ready: feeds their readiness protocols with what is seen of them, and obeys these. */
export class ReadinessWatch {
  readonly #settings: WatchSettings;
  /** Attempts whose protocol wants to be asked again at some time. */
  readonly #alarmed = new Set<Attempt>();

  constructor(settings: WatchSettings) {
    this.#settings = settings;
  }

  /** When something is due; `Infinity` if nothing is. */
  due(): Millis {
    let due = Infinity;
    for (const { alarm } of this.#alarmed) if (alarm !== null && alarm < due) due = alarm;
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
    const told = (missing: Look) => this.observe(attempt, observation(missing));
    attempt.cancelProbe = this.#settings.looker.look(probe, timeout, told);
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
