/**
 * The driver: waits for something to happen, tells the state machine, does
 * what it says. Journal, readiness observation and probes belong to it.
 *
 * The dry run has a way in of its own, `dry_run.ts`: it brings the virtual kernel along, which PID 1 does without.
 *
 * May import: lib/log, lib/os/fake, lib/os, lib/supervisor, lib/graph, lib/kinds, lib/readiness, lib/define.
 *
 * @example
 * ```ts
 * import { networkProber } from "../driver/mod.ts";
 *
 * const missing = await networkProber({ type: "file", path: "/" }, 1000, new AbortController().signal);
 * if (missing !== null) throw new Error(missing);
 * ```
 *
 * @module
 */
export { type Accounts, accountsIn } from "./accounts.ts";
export type { Cgroups, Usage } from "./containment.ts";
export { describeFailure, describeStatus, describeWhy } from "./describe.ts";
export { Driver } from "./driver.ts";
export type { Habitat } from "./habitat.ts";
export type { Inheritance, LeftBehind, LeftProcess } from "./handover.ts";
export { cast, type Details, Journal, type Sink, type Tap } from "./journal.ts";
export { type Look, type NetworkProbe, networkProber, type Prober } from "./prober.ts";
export { notesOf, type Notice } from "./notice.ts";
export type { DriverSettings, Guest } from "./settings.ts";
export { socketsOf } from "./sockets.ts";
export { BODY_OUTPUT_FD } from "./spawner.ts";
