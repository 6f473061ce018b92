import { assertEquals } from "@std/assert";
import { type Failure, initialState, type Phase, type ServiceState, type Status } from "../supervisor/mod.ts";
import { endEnvironment } from "./end_environment.ts";

const up: Phase = { phase: "up", attempt: 1, pid: 7 };
const starting: Phase = { phase: "starting", attempt: 1, pid: 7, deadline: 0 };
const stopping = (after: Failure | null): Phase => ({
  phase: "stopping",
  attempt: 1,
  pid: 7,
  process: "run",
  sent: "stop",
  deadline: 0,
  after,
});

function told(phase: Phase, status: Status, stopFault: Failure | null = null): string {
  const service: ServiceState = { ...initialState(1).services[0]!, phase, stopFault };
  const { EXIT_CODE, EXIT_STATUS, SERVICE_RESULT } = endEnvironment(service, status);
  return `${EXIT_CODE} ${EXIT_STATUS} ${SERVICE_RESULT}`;
}

Deno.test("endEnvironment() tells of exit codes and signals as systemd.exec(5) has them", () => {
  assertEquals(told(up, { code: 0 }), "exited 0 success");
  assertEquals(told(up, { code: 3 }), "exited 3 exit-code");
  assertEquals(told(up, { signal: "SIGTERM", core: false }), "killed TERM success");
  assertEquals(told(up, { signal: "SIGKILL", core: false }), "killed KILL signal");
  assertEquals(told(up, { signal: "SIGSEGV", core: true }), "dumped SEGV core-dump");
  assertEquals(told(stopping(null), { code: 0 }), "exited 0 success");
});

Deno.test("endEnvironment() says what a process was stopped for", () => {
  const killed: Status = { signal: "SIGKILL", core: false };
  const timeout: Failure = { type: "timeout", after: 5 };
  assertEquals(told(stopping(timeout), killed), "killed KILL timeout", "it was not ready in time");
  assertEquals(told(stopping(null), killed, timeout), "killed KILL timeout", "it did not end in time");
  assertEquals(told(stopping({ type: "unhealthy", detail: "" }), { code: 0 }), "exited 0 watchdog");
  assertEquals(told(stopping({ type: "watchdog", after: 5 }), killed), "killed KILL watchdog");
  assertEquals(told(stopping({ type: "readiness", detail: "" }), { code: 0 }), "exited 0 protocol");
  assertEquals(told(starting, { code: 0 }), "exited 0 protocol", "it was never ready");
});
