import type { Command } from "./command.ts";
import type { Json } from "./json.ts";
import type { Millis } from "./time.ts";

/**
 * One look at whether a service is ready, carried out by the driver.
 *
 * - `tcp`, `unix`: a connection is accepted.
 * - `http`: a GET request is answered with one of `status`, or, for null, with 200 to 399.
 * - `file`: something exists at the path.
 * - `command`: it ends with exit code 0.
 *
 * @example
 * ```ts
 * import { type Probe, tcpProbe } from "denit";
 *
 * const probe: Probe | null = tcpProbe({ port: 80 }).probe;
 * if (probe?.type !== "tcp" || probe.host !== "127.0.0.1") throw new Error("the host has a default");
 * ```
 */
export type Probe =
  | { readonly type: "tcp"; readonly host: string; readonly port: number }
  | { readonly type: "unix"; readonly path: string }
  | { readonly type: "http"; readonly url: string; readonly status: readonly number[] | null }
  | { readonly type: "file"; readonly path: string }
  | { readonly type: "command"; readonly command: Command };

/** What a probe looks at, for people: `tcp 127.0.0.1:80`. */
export function probeLabel(probe: Probe): string {
  switch (probe.type) {
    case "tcp":
      return `tcp ${probe.host}:${probe.port}`;
    case "http":
      return `http ${probe.url}`;
    case "unix":
    case "file":
      return `${probe.type} ${probe.path}`;
    case "command":
      return `command ${probe.command.argv.join(" ")}`;
  }
}

/**
 * Something the driver saw of a process that is starting.
 *
 * - `spawned`: the program has been executed; the first observation of each attempt.
 * - `bytes`: what it wrote to the notification fd, or to its log, in whatever pieces they arrived; or one message that
 *   came to its mailbox.
 * - `forked`: the daemon that it has left behind was found by its pid file.
 * - `probed`: how a probe that a verdict asked for has ended.
 * - `tick`: the time that a verdict waited for has come.
 */
export type Observation =
  | { readonly type: "spawned" }
  | { readonly type: "bytes"; readonly bytes: Uint8Array }
  | { readonly type: "forked" }
  | { readonly type: "probed"; readonly ok: true }
  | { readonly type: "probed"; readonly ok: false; readonly detail: string }
  | { readonly type: "tick" };

/**
 * What a protocol makes of an observation.
 *
 * - `wait`: for something to be seen, or, with `until`, for that point on the clock.
 * - `probe`: look, for at most `timeout` milliseconds, and tell.
 * - `ready`: it is up, with this output. Nothing more is observed.
 * - `failed`: the start has failed; `detail` is shown to the operator.
 */
export type Verdict =
  | { readonly type: "wait"; readonly until: Millis | null }
  | { readonly type: "probe"; readonly probe: Probe; readonly timeout: Millis }
  | { readonly type: "ready"; readonly output: Json }
  | { readonly type: "failed"; readonly detail: string };

/** What a service may say at the socket that `NOTIFY_SOCKET` names in its environment: sd_notify(3). */
export interface Mailbox {
  /** Who is heard: every process of the service, or its main process only. */
  readonly access: "all" | "main";
  /** How often it has to say `WATCHDOG=1`; null if it need not. */
  readonly watchdog: Millis | null;
  /** By how much, in all, it may prolong its start or its stop; null for the default. */
  readonly extend: Millis | null;
  /** How many descriptors are kept for it. */
  readonly keep: number;
  /** Whether they are kept while it is down as well. */
  readonly keepWhenDown: boolean;
  /** Whether it tells when it has read its configuration anew. */
  readonly reloads: boolean;
}

declare const yielded: unique symbol;

/**
 * How a longrun tells that it is ready, as one object: what it needs from the
 * supervisor, and a pure reducer from observations to a verdict. The protocols
 * of lib/readiness make these, and so can a unit.
 *
 * @example A protocol of one's own: ready after the third newline
 * ```ts
 * import { defineService, type Readiness, seconds } from "denit";
 *
 * const thirdLine: Readiness<{ lines: number }> = {
 *   label: "third line on fd 3",
 *   timeout: seconds(10),
 *   fd: 3,
 *   probe: null,
 *   observe: (state, seen) => {
 *     const before = typeof state === "number" ? state : 0;
 *     const lines = before + (seen.type === "bytes" ? seen.bytes.filter((byte) => byte === 10).length : 0);
 *     return [lines, lines < 3 ? { type: "wait", until: null } : { type: "ready", output: { lines } }];
 *   },
 * };
 * export const agent = defineService({ run: () => ({ argv: ["/usr/bin/agent"] }), ready: thirdLine });
 * ```
 */
export interface Readiness<out O = unknown> {
  /** For people and for `dryrun`: `notification fd 3`, `tcp 127.0.0.1:80`. */
  readonly label: string;
  /** Longest time, in milliseconds, from the start of the process until it must be ready; finite. */
  readonly timeout: Millis;
  /** The descriptor, 3 or more, that the process writes its notification to, or null if the protocol has none. */
  readonly fd: number | null;
  /** An example of what the process prints, if the protocol looks at that: it sees it as bytes. Default: it does not. */
  readonly log?: { readonly example: string };
  /** Where the process writes the id of the daemon that it leaves behind when it ends, if it does. Default: it stays. */
  readonly pidFile?: string;
  /** Where the process may send messages, if the protocol has that. Default: nowhere. */
  readonly mailbox?: Mailbox;
  /** What the protocol looks at from outside, or null; `check` takes it for a claim of the service. */
  readonly probe: Probe | null;
  /** Takes what was seen; `state` is what the call before returned, null at first. It must be pure and not throw. */
  readonly observe: (state: Json, seen: Observation, now: Millis) => readonly [Json, Verdict];
  readonly [yielded]?: O;
}

/**
 * A {@linkcode Readiness} that looks from outside: its probe can be looked at later, too.
 *
 * @example
 * ```ts
 * import { defineService, type ProbeReadiness, seconds, unixProbe } from "denit";
 *
 * const ready: ProbeReadiness<{ path: string }> = unixProbe({ path: "/run/database.sock" });
 * export const database = defineService({
 *   run: () => ({ argv: ["/usr/bin/database"] }),
 *   ready,
 *   alive: { probe: ready.probe, every: seconds(5) },
 * });
 * ```
 */
export interface ProbeReadiness<out O = unknown> extends Readiness<O> {
  /** What it looks at. */
  readonly probe: Probe;
}
