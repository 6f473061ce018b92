/**
 * What a unit author sees, and nothing else: the module behind the bare
 * specifier `denit`.
 *
 * May import: nothing of Denit. This file alone, being the front door, also
 * opens onto lib/readiness and lib/kinds. Pure: no I/O, clock or randomness.
 *
 * @example The smallest system
 * ```ts
 * import { defineBundle, defineService, defineSystem, tcpProbe } from "denit";
 *
 * export const web = defineService({
 *   run: () => ({ argv: ["/usr/sbin/nginx", "-g", "daemon off;"] }),
 *   ready: tcpProbe({ port: 80 }),
 * });
 * export default defineSystem({ boot: defineBundle([web]) });
 * ```
 *
 * @module
 */
export {
  type Getty,
  getty,
  type Hostname,
  hostname,
  type KernelModules,
  kernelModules,
  loopback,
  type Mount,
  mount,
  type Mounted,
  randomSeed,
  savedClock,
  type Script,
  script,
  type StateFile,
  timer,
  type TimerAt,
  type TimerEvery,
  type TimerJob,
  type Told,
} from "../kinds/mod.ts";
export {
  commandProbe,
  fileProbe,
  httpProbe,
  logLine,
  type LogLineSettings,
  notificationFd,
  type NotificationFdSettings,
  type Pace,
  pidFile,
  sdNotify,
  type SdNotifySettings,
  spawned,
  type TcpAddress,
  tcpProbe,
  unixProbe,
} from "../readiness/mod.ts";
export type { Attributes, LimitValue } from "./attributes.ts";
export type { Command } from "./command.ts";
export {
  type After,
  after,
  type Deps,
  type Milestone,
  milestone,
  type NoDeps,
  type Optional,
  optional,
  type Outputs,
} from "./dependency.ts";
export type { Exact, NoSuchSetting } from "./exact.ts";
export type { Alive, LongrunHooks, LongrunStop } from "./hooks.ts";
export { type Json, json, type JsonOnly, lines, type NotJson, type Parser } from "./json.ts";
export type { CapabilityName, LimitName, NamespaceName, SecureBit } from "./kernel_names.ts";
export type { Performed } from "./kernel_task.ts";
export type { ConsoleLog, FileLog, Log, NoLog, PipedLog } from "./log.ts";
export type { Directories, Directory, EnvironmentFile, Secret } from "./own_files.ts";
export {
  type Claims,
  type Consequence,
  type GiveUp,
  never,
  type Port,
  type Restart,
  type Stop,
} from "./policy.ts";
export type { Mailbox, Observation, Probe, ProbeReadiness, Readiness, Verdict } from "./readiness.ts";
export type { DiskPace, Resources } from "./resources.ts";
export {
  defineService,
  type Kind,
  type Longrun,
  type Oneshot,
  type OneshotStop,
  type Service,
  type Settings,
} from "./service.ts";
export type { Size } from "./size.ts";
export type { Signal } from "./signal.ts";
export {
  type Bundle,
  type Control,
  defineBundle,
  defineSystem,
  type HardwareWatchdog,
  type OnFailure,
  type System,
  type SystemSettings,
  type Watchdog,
} from "./system.ts";
export type { Socket, Sockets, SocketSettings } from "./sockets.ts";
export { hours, type Millis, minutes, seconds } from "./time.ts";
