import type { Millis } from "../define/time.ts";
import type { Phase, Why } from "../supervisor/mod.ts";

/** A service entered a phase. */
export interface Step {
  readonly at: Millis;
  readonly service: string;
  readonly phase: Phase["phase"];
  /** Why it is not up, if there is a reason. */
  readonly why: Why | null;
}

/** What a scenario has shown. */
export interface Outcome {
  /** The boot watchdog's verdict; null without a watchdog, or if the scenario ended before. */
  readonly verdict: "ok" | "failed" | null;
  /** Whom the boot watchdog awaited when it gave its verdict. */
  readonly awaited: readonly string[];
  /** Everything that happened, oldest first. */
  readonly steps: readonly Step[];
  /** Services in the order of their starts; a restart counts again. */
  readonly started: readonly string[];
  /** Services in the order in which they were told to stop. */
  readonly stopped: readonly string[];
  /** How often a service was started. */
  starts(service: string): number;
  /** How many processes a service had, but for those that took it down: how often a timer has run. */
  runs(service: string): number;
  /** When a service first was ready; null if it never was. */
  readyAt(service: string): Millis | null;
  /** Processes that outlived the shutdown: none, unless a process is stuck. */
  readonly left: number;
}

/** Sums up what happened. */
export function outcomeOf(
  steps: readonly Step[],
  { verdict, awaited }: Pick<Outcome, "verdict" | "awaited">,
  left: number,
  runs: ReadonlyMap<string, number>,
): Outcome {
  const those = (phase: Step["phase"]) => steps.filter((step) => step.phase === phase);
  return {
    verdict,
    awaited,
    steps,
    left,
    started: those("starting").map(({ service }) => service),
    stopped: those("stopping").map(({ service }) => service),
    starts: (service) => those("starting").filter((step) => step.service === service).length,
    runs: (service) => runs.get(service) ?? 0,
    readyAt: (service) => those("up").find((step) => step.service === service)?.at ?? null,
  };
}
