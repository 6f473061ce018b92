/**
 * The boot: early mounts, console, journal, the judge of the boot, the end of
 * the machine. It puts a driver to work for a whole system.
 *
 * May import: lib/control, lib/driver, lib/os/linux, lib/os, lib/supervisor, lib/graph, lib/log, lib/define.
 *
 * @example
 * ```ts
 * import { buildInfo } from "../boot/mod.ts";
 *
 * if (buildInfo().generation !== "dev") throw new Error("run from source, there is no generation");
 * ```
 *
 * @module
 */
export { type BuildInfo, buildInfo, buildPrelude } from "./build_info.ts";
export { type GenerationStatus, writeStatus } from "./status_file.ts";
export { EXIT, supervise, type SuperviseOptions } from "./supervise.ts";
export { surrender } from "./surrender.ts";
export { forbidExit, surviveErrors } from "./survive.ts";
