/**
 * Linux by FFI: the only code of Denit that loads a native library. One file per facility of the kernel, constants
 * under the names of their headers, no policy and no logging.
 *
 * May import: `lib/os`, `lib/define/json.ts`, `lib/define/kernel_names.ts`, `lib/define/kernel_task.ts`,
 * `lib/define/time.ts`.
 *
 * @example
 * ```ts
 * import { linuxOs } from "../linux/mod.ts";
 *
 * const os = linuxOs();
 * const pid = os.spawn({ argv: ["/bin/true"], env: {}, fds: [] });
 * while (!(await os.wait(null)).children);
 * console.log(os.reap(), pid); // [ { pid, status: { code: 0 } } ]
 * os.dispose();
 * ```
 *
 * @module
 */
export { within } from "./aside.ts";
export * from "./block.ts";
export * from "./cgroup.ts";
export { realtime } from "./clock.ts";
export * from "./input.ts";
export * from "./kernel_files.ts";
export * from "./linux_os.ts";
export * from "./loopback.ts";
export * from "./machine.ts";
export * from "./mount.ts";
export * from "./mountinfo.ts";
export * from "./power.ts";
export { DEFAULT_PATH } from "./exec_failure.ts";
export { writeAll } from "./pipe.ts";
export { execve } from "./process.ts";
export { kill, killAll } from "./signal.ts";
export * from "./service_files.ts";
export * from "./signal_record.ts";
export * from "./watchdog.ts";
