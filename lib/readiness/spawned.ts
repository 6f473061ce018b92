import type { Readiness } from "../define/readiness.ts";
import { type Millis, seconds } from "../define/time.ts";

/**
 * Ready as soon as the program has been executed: for programs that tell
 * nobody, and that nobody needs to wait for.
 *
 * @example
 * ```ts
 * import { defineService, spawned } from "denit";
 *
 * export const cron = defineService({ run: () => ({ argv: ["/usr/sbin/cron", "-f"] }), ready: spawned() });
 * ```
 *
 * @param settings How long it may take until then, which matters where something runs before it. Default: 1 s.
 * @returns A readiness without an output.
 */
export function spawned(settings: { readonly timeout?: Millis } = {}): Readiness<null> {
  return {
    label: "spawned",
    timeout: settings.timeout ?? seconds(1),
    fd: null,
    probe: null,
    observe: (state, seen) => [
      state,
      seen.type === "spawned" ? { type: "ready", output: null } : { type: "wait", until: null },
    ],
  };
}
