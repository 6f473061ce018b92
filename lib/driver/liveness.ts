import type { Alive } from "../define/hooks.ts";
import { probeLabel } from "../define/readiness.ts";
import type { Millis } from "../define/time.ts";
import { type Graph, nodeOf, type ServiceId } from "../graph/graph.ts";
import type { Os } from "../os/os.ts";
import type { Event, Phase } from "../supervisor/mod.ts";
import type { Looker } from "./looker.ts";
import type { Look } from "./prober.ts";

/** A service that is looked after. */
interface Patient {
  readonly id: ServiceId;
  readonly attempt: number;
  readonly alive: Alive;
  /** Looks in a row that have failed. */
  failed: number;
  /** When the next look is due; null while one is under way. */
  next: Millis | null;
  cancel: () => void;
}

/** Looks after services that are up, and tells the supervisor which of them do not work any more. */
export class Liveness {
  readonly #graph: Graph;
  readonly #os: Os;
  readonly #looker: Looker;
  readonly #report: (event: Event) => void;
  readonly #patients = new Map<ServiceId, Patient>();

  constructor(graph: Graph, os: Os, looker: Looker, report: (event: Event) => void) {
    this.#graph = graph;
    this.#os = os;
    this.#looker = looker;
    this.#report = report;
  }

  /** A service has entered a phase: it is looked after as long as it is up. */
  note(id: ServiceId, phase: Phase): void {
    this.#patients.get(id)?.cancel();
    this.#patients.delete(id);
    const { alive } = nodeOf(this.#graph, id).definition.hooks;
    if (alive === null || phase.phase !== "up") return;
    const next = this.#os.now() + alive.every;
    this.#patients.set(id, { id, attempt: phase.attempt, alive, failed: 0, next, cancel() {} });
  }

  /** When the next look is due; `Infinity` if none is. */
  due(): Millis {
    let due = Infinity;
    for (const { next } of this.#patients.values()) if (next !== null && next < due) due = next;
    return due;
  }

  /** Takes the looks that are due. */
  ring(now: Millis): void {
    for (const patient of this.#patients.values()) {
      if (patient.next === null || patient.next > now) continue;
      const { probe, timeout = 1000 } = patient.alive;
      patient.next = null;
      patient.cancel = this.#looker.look(probe, timeout, (missing) => this.#judge(patient, missing));
    }
  }

  #judge(patient: Patient, missing: Look): void {
    const { id, attempt, alive } = patient;
    const { every, failures = 3, probe } = alive;
    patient.next = this.#os.now() + every;
    patient.failed = missing === null ? 0 : patient.failed + 1;
    if (missing === null || patient.failed < failures) return;
    this.#patients.delete(id);
    const times = failures === 1 ? "once" : `${failures} times in a row`;
    const detail = `not alive: ${probeLabel(probe)}: ${missing}; looked ${times}`;
    this.#report({ type: "failed", id, attempt, failure: { type: "unhealthy", detail } });
  }
}
