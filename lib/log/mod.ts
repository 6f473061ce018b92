/**
 * Where the output of services goes.
 *
 * May import: lib/define/time.ts.
 *
 * @example
 * ```ts
 * import { openLogs } from "../log/mod.ts";
 *
 * const folder = Deno.makeTempDirSync();
 * const logs = openLogs(folder, (fault) => console.error(fault));
 * logs.write("web", new TextEncoder().encode("listening\n"));
 * logs.close();
 * if (Deno.readTextFileSync(`${folder}/web.log`) !== "listening\n") throw new Error("not written");
 * Deno.removeSync(folder, { recursive: true });
 * ```
 *
 * @module
 */
export { type Logs, openLogs } from "./logs.ts";
