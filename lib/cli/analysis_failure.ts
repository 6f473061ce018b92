/** Failures that a journal holds, in words. A journal may be of another version: what is not known is shown as it is. */
import { type Fields, fields } from "./analysis_journal.ts";
import { trimmed } from "./analysis_time.ts";
import type { ServiceLine } from "./analysis_timeline.ts";

/** What went wrong, from the details of the phase that came of it; null if nothing did. */
export function failureIn(details: Fields, kind: ServiceLine["kind"]): string | null {
  const after = fields(details.after);
  if (after.type !== undefined) return failureText(after, kind);
  const why = fields(details.why);
  switch (why.reason) {
    case "failed":
      return failureText(fields(why.failure), kind);
    case "dependency":
      return `${why.on} is not there`;
    case "stuck":
      return "it does not end, not even by SIGKILL";
    case "finished":
      return statusText(fields(why.status));
    default:
      return null;
  }
}

function failureText(failure: Fields, kind: ServiceLine["kind"]): string {
  switch (failure.type) {
    case "exit":
      if (typeof failure.stage === "string") {
        return `its ${failure.stage} command ended: ${statusText(fields(failure.status))}`;
      }
      // A oneshot that ends well is ready by that: when it was not is no news.
      return `${statusText(fields(failure.status))}${
        kind === "oneshot" || failure.ready !== false ? "" : " before it was ready"
      }`;
    case "timeout":
      return typeof failure.after === "number"
        ? `not done after ${trimmed(failure.after / 1000, 3)} s`
        : "not done in time";
    case "spawn":
      return String(failure.message ?? "cannot be started");
    case "readiness":
    case "output":
    case "unhealthy":
      return String(failure.detail ?? failure.type);
    default:
      return `failed: ${JSON.stringify(failure)}`;
  }
}

function statusText(status: Fields): string {
  if (typeof status.code === "number") return `exit code ${status.code}`;
  if (typeof status.signal !== "string") return "it ended";
  return `killed by ${status.signal}${status.core === true ? " (core dumped)" : ""}`;
}
