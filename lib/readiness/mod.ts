/**
 * Readiness protocols. Each is one object: what it needs from the supervisor
 * (a descriptor, a probe) and a pure reducer from what was seen to a verdict.
 * A new protocol is one new file here.
 *
 * May import: lib/define. Pure: no I/O, clock or randomness.
 *
 * @example
 * ```ts
 * import { notificationFd } from "denit";
 *
 * const ready = notificationFd(3);
 * const [, verdict] = ready.observe(null, { type: "bytes", bytes: new TextEncoder().encode("\n") }, 0);
 * if (verdict.type !== "ready") throw new Error("a newline means ready");
 * ```
 *
 * @module
 */
export { logLine, type LogLineSettings } from "./log_line.ts";
export { notificationFd, type NotificationFdSettings } from "./notification_fd.ts";
export { pidFile } from "./pid_file.ts";
export {
  commandProbe,
  fileProbe,
  httpProbe,
  type Pace,
  type TcpAddress,
  tcpProbe,
  unixProbe,
} from "./probe.ts";
export { readMessage, type SdMessage } from "./sd_message.ts";
export { sdNotify, type SdNotifySettings } from "./sd_notify.ts";
export { spawned } from "./spawned.ts";
