/**
 * Kinds of service beyond longrun and oneshot, each lowered to one of those
 * two. A new kind is one new file here.
 *
 * May import: lib/readiness, lib/define. Pure: no I/O, clock or randomness.
 *
 * @example
 * ```ts
 * import { script } from "denit";
 *
 * const hello = script({ run: () => console.log("hello") });
 * if (hello.kind !== "oneshot") throw new Error("a script lowers to a oneshot");
 * ```
 *
 * @module
 */
export { type Getty, getty } from "./getty.ts";
export {
  type Hostname,
  hostname,
  type KernelModules,
  kernelModules,
  loopback,
  randomSeed,
  savedClock,
  type StateFile,
  type Told,
} from "./kernel.ts";
export { type Mount, mount, type Mounted } from "./mount.ts";
export { timer, type TimerAt, type TimerEvery, type TimerJob } from "./timer.ts";
export { type Script, script } from "./script.ts";
