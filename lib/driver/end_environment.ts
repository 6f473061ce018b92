import type { ServiceState, Status } from "../supervisor/mod.ts";
import { isClean } from "../supervisor/policy.ts";

/**
 * What the process that runs after the end of a service's own is told about that end: `EXIT_CODE`, `EXIT_STATUS` and
 * `SERVICE_RESULT` of systemd.exec(5).
 *
 * @param service The service as the supervisor knew it when its process ended.
 */
export function endEnvironment(service: ServiceState, status: Status): Record<string, string> {
  const SERVICE_RESULT = resultOf(service, status);
  if ("code" in status) return { EXIT_CODE: "exited", EXIT_STATUS: String(status.code), SERVICE_RESULT };
  const EXIT_CODE = status.core === true ? "dumped" : "killed";
  return { EXIT_CODE, EXIT_STATUS: status.signal.replace(/^SIG/, ""), SERVICE_RESULT };
}

function resultOf({ phase, stopFault }: ServiceState, status: Status): string {
  // What it is stopped for says more than how it then ended.
  const failure = phase.phase === "stopping" ? phase.after ?? stopFault : null;
  switch (failure?.type) {
    case "timeout":
    case "lingering":
      return "timeout";
    case "readiness":
      return "protocol";
    case "unhealthy":
    case "watchdog":
      return "watchdog";
  }
  if ("code" in status && status.code !== 0) return "exit-code";
  if (isClean(status)) return phase.phase === "starting" ? "protocol" : "success";
  return "core" in status && status.core === true ? "core-dump" : "signal";
}
