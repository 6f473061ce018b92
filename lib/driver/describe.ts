/** Failures and reasons in words: what the console, `status` and `why` show. */
import { type Graph, nodeOf, type ServiceId } from "../graph/graph.ts";
import type { Failure, Status, Why } from "../supervisor/mod.ts";

/** How a process ended: `exit code 1`, `killed by SIGSEGV (core dumped)`. */
export function describeStatus(status: Status): string {
  if ("code" in status) return `exit code ${status.code}`;
  return `killed by ${status.signal}${status.core === true ? " (core dumped)" : ""}`;
}

/** What went wrong with an attempt of a service. */
export function describeFailure(graph: Graph, id: ServiceId, failure: Failure): string {
  switch (failure.type) {
    case "spawn":
      return failure.message;
    case "exit": {
      const status = `${describeStatus(failure.status)}${failure.oom ? " as it was out of memory" : ""}`;
      if (failure.stage !== undefined) return `its ${failure.stage} command ended: ${status}`;
      if (failure.ready || nodeOf(graph, id).kind === "oneshot") return status;
      const clean = "code" in failure.status && failure.status.code === 0;
      return `${status} before it was ready${clean ? "; does it go to the background? It must not" : ""}`;
    }
    case "timeout":
      return `${failure.stage === undefined ? "" : `its ${failure.stage} command was `}not done after ${
        Math.round(failure.after) / 1000
      } s`;
    case "watchdog":
      if (failure.after === null) return "it said WATCHDOG=trigger";
      return `it said no WATCHDOG=1 for ${Math.round(failure.after) / 1000} s`;
    case "lingering":
      return `it said STOPPING=1, and had not ended ${Math.round(failure.after) / 1000} s later`;
    case "readiness":
    case "output":
    case "unhealthy":
      return failure.detail;
  }
}

/** Why a service is not up. */
export function describeWhy(graph: Graph, id: ServiceId, why: Why): string {
  switch (why.reason) {
    case "not-started":
      return "nobody has asked for it";
    case "stopped":
      return {
        operator: "stopped",
        release: "not needed any more",
        shutdown: "the system shuts down",
      }[why.by];
    case "pinned":
      return "pinned down";
    case "finished":
      return `finished: ${describeStatus(why.status)}`;
    case "failed":
      return `${describeFailure(graph, id, why.failure)}${
        { retry: "", policy: "", permanent: "; another try is pointless", "gave-up": "; given up" }[why.final]
      }`;
    case "dependency":
      return `${nodeOf(graph, why.on).name} is not there`;
    case "stuck":
      if (why.pid === 0) return "what init itself does for it does not end: it hangs in the kernel";
      return `process ${why.pid} does not end, not even by SIGKILL: it hangs in the kernel`;
  }
}
