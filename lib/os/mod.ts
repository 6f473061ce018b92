/**
 * The border to the operating system: the interface {@linkcode Os}, its error, and the tables of errors and signals.
 * The two implementations have modules of their own, so that whoever needs only the interface loads no FFI:
 * `lib/os/linux/mod.ts` is the kernel, `lib/os/fake/mod.ts` is a virtual one with virtual time.
 *
 * May import: `lib/define/json.ts`, `lib/define/kernel_names.ts`, `lib/define/kernel_task.ts`,
 * `lib/define/time.ts`.
 *
 * @example
 * ```ts
 * import type { Os } from "../os/mod.ts";
 *
 * function isAlive(os: Os, pid: number): boolean {
 *   return os.kill(pid, "SIGCONT", "process");
 * }
 * ```
 *
 * @module
 */
export * from "./attributes.ts";
export * from "./error.ts";
export * from "./errno.ts";
export * from "./os.ts";
export * from "./service_files.ts";
export * from "./signals.ts";
export * from "./write_all.ts";
