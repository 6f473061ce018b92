/**
 * The vocabulary in which a test says what a spawned child does. A script is plain data: steps one after another,
 * and what a signal does in between. Whatever a script does not say is as the kernel does it.
 */
import type { Millis } from "../../define/time.ts";
import type { Pid, SignalName } from "../os.ts";

/** What one child does. Without steps, or after the last one, it stays until a signal ends it. */
export interface Child {
  /** What it does by itself. */
  readonly steps?: readonly Step[];
  /** What signals do to it; those not named have their default action. */
  readonly on?: Readonly<Partial<Record<SignalName, Reaction>>>;
}

/**
 * One thing that a process does. `after` is the pause before it, from the end of the step before; 0 if not given.
 *
 * - `write` puts bytes into its descriptor `to`, and blocks while that pipe is full. A function is called at that
 *   moment, so that a child can tell what it sees of itself.
 * - `copy` reads its descriptor until the end, and writes what it reads into `to` if given, like `cat`.
 * - `send` sends a text to the socket that `NOTIFY_SOCKET` of its environment names, with its descriptors `fds`; to
 *   nobody if there is none.
 * - `writePid` writes its id into a file, as a daemon does.
 * - `close` closes one of its descriptors.
 * - `fork` makes a child of its own, in the same group and with the same descriptors. When the parent ends first,
 *   the orphan becomes our child. With `setsid` it gets a session and group of its own.
 * - `stuck` is a sleep that no signal ends, SIGKILL neither (state D of ps(1)); signals act afterwards.
 * - `exit` ends it with a code, `die` by a signal that it sends to itself and has not caught.
 */
export type Step =
  & { readonly after?: Millis }
  & (
    | { readonly write: Content; readonly to: number }
    | { readonly copy: number; readonly to?: number }
    | { readonly send: string; readonly fds?: readonly number[] }
    | { readonly writePid: string }
    | { readonly close: number }
    | { readonly fork: Child; readonly setsid?: boolean }
    | { readonly stuck: Millis }
    | { readonly exit: number }
    | { readonly die: SignalName }
  );

/** Bytes, or a text in UTF-8, or what makes one of them. */
export type Content = string | Uint8Array | ((self: VirtualProcess) => string | Uint8Array);

/**
 * What a signal does: its default action, nothing, or the steps of a handler. While a handler runs, its own signal is
 * ignored; if it does not end the process, then the process goes on where it was interrupted.
 */
export type Reaction = "default" | "ignore" | readonly Step[];

/** How a virtual process is doing, after the letters of ps(1): running or asleep, stopped, stuck, ended but not reaped. */
export type ProcessState = "running" | "stopped" | "stuck" | "zombie";

/** What a test may see of a process. */
export interface VirtualProcess {
  readonly pid: Pid;
  /** Its parent, 1 for those that we spawned and for orphans. */
  readonly parent: Pid;
  /** Its process group and session, both named after their leader. */
  readonly group: Pid;
  readonly state: ProcessState;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | undefined;
  /** Its open descriptors, lowest first. */
  readonly fds: readonly number[];
}

/** A spawn that succeeded. */
export interface SpawnRecord {
  readonly time: Millis;
  readonly pid: Pid;
  readonly argv: readonly string[];
}

/** A signal that {@linkcode Os.kill} sent. */
export interface SignalRecord {
  readonly time: Millis;
  readonly pid: Pid;
  readonly signal: SignalName;
  readonly scope: "process" | "group";
  /** What `kill` returned. */
  readonly received: boolean;
}
