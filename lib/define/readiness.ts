import type { Command } from "./command.ts";
import type { Json } from "./json.ts";
import type { Millis } from "./time.ts";

/** One look at whether a service is ready, carried out by the driver. */
export type Probe =
  | { readonly type: "tcp"; readonly host: string; readonly port: number }
  | { readonly type: "unix"; readonly path: string }
  | { readonly type: "http"; readonly url: string; readonly status: readonly number[] | null }
  | { readonly type: "file"; readonly path: string }
  | { readonly type: "command"; readonly command: Command };

/** Something the driver saw of a process that is starting. */
export type Observation =
  | { readonly type: "spawned" }
  | { readonly type: "bytes"; readonly bytes: Uint8Array }
  | { readonly type: "probed"; readonly ok: true }
  | { readonly type: "probed"; readonly ok: false; readonly detail: string }
  | { readonly type: "tick" };

/** What a protocol makes of an observation. */
export type Verdict =
  | { readonly type: "wait"; readonly until: Millis | null }
  | { readonly type: "probe"; readonly probe: Probe; readonly timeout: Millis }
  | { readonly type: "ready"; readonly output: Json }
  | { readonly type: "failed"; readonly detail: string };

declare const yielded: unique symbol;

/**
 * How a longrun tells that it is ready, as one object: what it needs from the
 * supervisor, and a pure reducer from observations to a verdict. The protocols
 * of lib/readiness make these.
 */
export interface Readiness<out O = unknown> {
  /** For people and for `dryrun`: `notification fd 3`, `tcp 127.0.0.1:80`. */
  readonly label: string;
  /** Longest time from the start of the process until it must be ready. */
  readonly timeout: Millis;
  /** The descriptor that the process writes its notification to, if the protocol has one. */
  readonly fd: number | null;
  /** What the protocol looks at from outside, if it does. */
  readonly probe: Probe | null;
  /** Takes what was seen; `state` is what the call before returned, null at first. */
  readonly observe: (state: Json, seen: Observation, now: Millis) => readonly [Json, Verdict];
  readonly [yielded]?: O;
}
