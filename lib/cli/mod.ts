/**
 * The commands: of the init binary, and of the tasks. What they print is
 * rendered here; what they do is done below.
 *
 * May import: lib/build/image, lib/build, lib/boot, lib/control, lib/driver, lib/os/linux, lib/os, lib/check, lib/graph, lib/define.
 *
 * @example
 * ```ts
 * import { EXIT_CODES } from "../cli/mod.ts";
 *
 * if (EXIT_CODES.usage !== 100) throw new Error("wrong usage ends with 100");
 * ```
 *
 * @module
 */
export { EXIT_CODES } from "./exit_codes.ts";
export { main, type Units } from "./main.ts";
export { ctlPage, type Edition, initPage } from "./manual_pages.ts";
export { type Documentation, unitsPage } from "./manual_units.ts";
