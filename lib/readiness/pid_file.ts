import type { Readiness } from "../define/readiness.ts";
import { type Millis, seconds } from "../define/time.ts";

/**
 * Ready when a program that puts itself into the background has done so: its first process has ended with exit code 0,
 * and the file has the id of the daemon that it has left behind. From then on that one is the service's process. If the
 * program can stay in the foreground, let it: nothing can be mistaken then.
 *
 * The file has to be a regular one that not everybody may write to, without a link at its end; the process has to be one
 * of the service, and where the file is not root's, nor init's, its user has to be the file's owner. A file that is left
 * over is removed before each start, and when the service is down.
 *
 * @example
 * ```ts
 * import { defineService, pidFile } from "denit";
 *
 * export const nginx = defineService({
 *   run: () => ({ argv: ["/usr/sbin/nginx"] }),
 *   ready: pidFile("/run/nginx.pid"),
 *   stop: { signal: "SIGQUIT" },
 * });
 * ```
 *
 * @param path Where the program writes the id of its daemon, an absolute path. It is claimed as a pid file.
 * @param settings How long it may take. Default: 60 s.
 * @returns A readiness without an output.
 */
export function pidFile(path: string, settings: { readonly timeout?: Millis } = {}): Readiness<null> {
  return {
    label: `pid file ${path}`,
    timeout: settings.timeout ?? seconds(60),
    fd: null,
    probe: null,
    pidFile: path,
    observe: (state, seen) => [
      state,
      seen.type === "forked" ? { type: "ready", output: null } : { type: "wait", until: null },
    ],
  };
}
