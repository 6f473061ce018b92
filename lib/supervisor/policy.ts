import type { Millis } from "../define/time.ts";
import type { Policy } from "../graph/graph.ts";
import type { Failure, ServiceState, Status } from "./state.ts";

/** Signals that ask politely: a process that they end has not crashed. */
const polite: readonly string[] = ["SIGHUP", "SIGINT", "SIGPIPE", "SIGTERM"];

/** Attempts that were never ready are this far apart at least, as under s6-supervise. */
export const spacing: Millis = 1000;

/** What is to follow a failure: another try at a point in time, or none. */
export type Sentence =
  | {
    readonly again: true;
    readonly at: Millis;
    readonly streak: number;
    readonly failures: readonly Millis[];
  }
  | { readonly again: false; readonly final: "policy" | "permanent" | "gave-up" };

/** Whether an exit status is one that a program that works may have. */
export function isClean(status: Status): boolean {
  return "code" in status ? status.code === 0 : polite.includes(status.signal);
}

/**
 * What follows the end, unasked, of an attempt of a service that is wanted up.
 *
 * @param failure How it ended; a clean exit of a service that restarts `always` counts like a failure.
 */
export function sentence(service: ServiceState, policy: Policy, failure: Failure, now: Millis): Sentence {
  const { restart } = policy;
  const ended = failure.type === "exit" ? failure.status : null;
  if (ended !== null && "code" in ended && restart.permanent.includes(ended.code)) {
    return { again: false, final: "permanent" };
  }
  if (restart.on === "never") return { again: false, final: "policy" };
  if (restart.on === "on-failure" && failure.type === "exit" && failure.ready && isClean(failure.status)) {
    return { again: false, final: "policy" };
  }
  const { phase } = service;
  const wasReady = phase.phase === "up" || phase.phase === "stopping" && phase.wasUp === true;
  const healthy = phase.phase === "up" && now - service.since >= restart.reset;
  const streak = healthy ? 1 : service.streak + 1;
  const { giveUp } = restart;
  const within = giveUp?.within ?? null;
  const recent = within === null ? [] : [...service.failures, now].filter((time) => time > now - within);
  if (giveUp !== null && (within === null ? streak : recent.length) > giveUp.after) {
    return { again: false, final: "gave-up" };
  }
  const pause = streak === 1 ? 0 : Math.min(restart.max, restart.delay * growth(restart.backoff, streak - 2));
  const at = Math.max(now + pause, wasReady ? 0 : service.spawnedAt + spacing);
  return { again: true, at, streak, failures: recent };
}

/** Finite, as no delay at all has to stay none however often it grows. */
function growth(backoff: number, times: number): number {
  return Math.min(Number.MAX_VALUE, backoff ** times);
}
