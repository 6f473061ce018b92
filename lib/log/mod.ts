/**
 * Where the output of services goes: each line with the time, into files that
 * are put aside when they are large or old.
 *
 * The driver reads the pipes, a bounded piece at a time, and the stamps are put
 * in at once: that takes some 0.2 ms for 64 KiB, so that whoever floods delays
 * nobody else by more. Only what may have to wait for a disk is done in
 * threads, by Deno's asynchronous file operations: one write at a time for each
 * log, while the next lines gather. A log that is behind is not read: its pipe
 * fills, and its service waits, not PID 1. So there is no process or worker that
 * writes logs and could die; a line is either in the pipe or on its way to the
 * file, never in both.
 *
 * May import: lib/define.
 *
 * @example
 * ```ts
 * import { settleLog } from "../define/log.ts";
 * import { openLogs } from "../log/mod.ts";
 *
 * const folder = Deno.makeTempDirSync();
 * const logs = openLogs({ folder, policyOf: () => settleLog({ stamp: "none" }), report: console.error });
 * logs.write("web", new TextEncoder().encode("listening\n"));
 * await logs.close();
 * if (Deno.readTextFileSync(`${folder}/web.log`) !== "listening\n") throw new Error("not written");
 * Deno.removeSync(folder, { recursive: true });
 * ```
 *
 * @module
 */
export { logPath } from "./log_file.ts";
export { type Logs, type LogsSettings, noLogs, openLogs } from "./logs.ts";
export { coarseClock, type Instant } from "./stamp.ts";
