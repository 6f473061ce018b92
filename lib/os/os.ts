/**
 * The supervisor's whole view of an operating system. `linux/` implements it
 * by FFI, `fake/` in memory with virtual time; `tests/contract/` holds both to
 * the same behaviour.
 *
 * Nothing here decides or logs: what a failure means is the driver's business.
 */
import type { Json } from "../define/json.ts";
import type { KernelTask } from "../define/kernel_task.ts";
import type { Millis } from "../define/time.ts";
import type { SpawnAttributes } from "./attributes.ts";
import type { OsError } from "./error.ts";
import type { SocketSpec } from "./socket_spec.ts";

export type { SocketSpec } from "./socket_spec.ts";

/** A process id. */
export type Pid = number;

/** A file descriptor of this process. */
export type Fd = number;

/** A signal by its name in signal(7), such as `SIGTERM`. */
export type SignalName = `SIG${string}`;

/** How a process ended, as waitid(2) tells it. */
export type ExitStatus =
  | { readonly code: number }
  | { readonly signal: SignalName; readonly core: boolean };

/** A child, or an orphan that was re-parented to us, that has ended and was reaped. */
export interface Exit {
  readonly pid: Pid;
  readonly status: ExitStatus;
}

/** One descriptor that a new process shall have: ours at `from` becomes its `to`. */
export interface FdMapping {
  readonly from: Fd;
  readonly to: number;
}

/** What {@linkcode Os.spawn} starts. */
export interface SpawnRequest {
  /** The program and its arguments. A program without a slash is looked up in `PATH` of `env`. */
  readonly argv: readonly [string, ...string[]];
  /** The whole environment of the new process. */
  readonly env: Readonly<Record<string, string>>;
  /** A variable whose value is to be the id that the process has for itself: nobody else knows that before it runs. */
  readonly ownPid?: string;
  /** The working directory; ours when undefined. */
  readonly cwd?: string;
  /** Every descriptor that the process gets; whatever is not named is closed. 0 is /dev/null unless named. */
  readonly fds: readonly FdMapping[];
  /** Whether what is left of its process group when it ends is let be. Default: it is killed. */
  readonly leavesGroup?: boolean;
  /** What the process is allowed and how it is run; as we are when undefined. */
  readonly attributes?: SpawnAttributes;
}

/**
 * Two ends of a pipe(2), both close-on-exec. Reading never blocks us; a process that is given the reading end waits for
 * data as programs expect it, as long as we have neither read nor watched it ourselves.
 */
export interface Pipe {
  readonly read: Fd;
  readonly write: Fd;
}

/** A client of a listening socket: its descriptor, and who connected, as the kernel tells it. */
export interface Peer {
  readonly fd: Fd;
  readonly pid: Pid;
  readonly uid: number;
  readonly gid: number;
}

/** A datagram that somebody has sent us, with who it was, as the kernel tells it. */
export interface Letter {
  readonly bytes: Uint8Array;
  /** Whether all of it has arrived: one of more than 64 KiB is cut off, and so are descriptors that we have no room for. */
  readonly whole: boolean;
  /** The sender; 0 for one that our PID namespace does not know. */
  readonly pid: Pid;
  readonly uid: number;
  readonly gid: number;
  /** Descriptors that came along, close-on-exec; they are the receiver's to close. */
  readonly fds: readonly Fd[];
}

/** Whose a process is. */
export interface Kin {
  readonly parent: Pid;
  /** Its process group and session, each named after its leader. */
  readonly group: Pid;
  readonly session: Pid;
  /** The user that it runs as. */
  readonly user: number;
  /** Whether it has ended, and only waits to be reaped. */
  readonly ended: boolean;
}

/** What ended a wait. All of it may be empty: then the time was up or {@linkcode Os.interrupt} was called. */
export interface Wakeup {
  /** Watched descriptors that have data, or have reached their end. */
  readonly readable: readonly Fd[];
  /** Descriptors, of those that {@linkcode Os.watchWrite} named, that take bytes. */
  readonly writable: readonly Fd[];
  /** Whether {@linkcode Os.reap} may find something. */
  readonly children: boolean;
  /** Signals sent to this process, oldest first. */
  readonly signals: readonly SignalName[];
}

/** What a supervisor asks of its operating system. No method blocks. */
export interface Os {
  /** CLOCK_MONOTONIC. */
  now(): Millis;
  /** CLOCK_REALTIME, in milliseconds since 1970 in UTC: what the clocks show, which somebody may set. */
  wallClock(): Millis;
  /**
   * Makes a descriptor that is readable when somebody has set CLOCK_REALTIME, or the machine has been suspended, until
   * it is read; what is read means nothing, and may be an error.
   *
   * @throws {OsError} If there are no descriptors left.
   */
  watchClock(): Fd;
  /**
   * Starts a process in a session and process group of its own, with default
   * signal dispositions and an empty signal mask.
   *
   * @returns The id of the new process, which has already executed its program.
   * @throws {OsError} With `call` naming the stage that failed: `chdir` or `exec`, `setuid` or `mount` for attributes, or
   *   the call that ran out of something. ETIMEDOUT if the process did not get to its program within ten seconds.
   */
  spawn(request: SpawnRequest): Pid;
  /**
   * Takes care of a child that another program has {@linkcode spawn}ed in this very process, before it became this
   * one: its end is reported, and what is left of its group is killed then. One whose end somebody else has taken note
   * of seems to have ended with exit code 255.
   *
   * @param instead A process of which it takes the place: when that one ends, its group is let be.
   */
  adopt(pid: Pid, instead?: Pid): void;
  /**
   * Does something by system calls of our own. What may take long happens in another thread.
   *
   * @param done Told once, later, what it yields, or why it failed; never after {@linkcode dispose}.
   */
  perform(task: KernelTask, done: (outcome: Json | OsError) => void): void;
  /**
   * Sends a signal to a process, or to every process of the group that it leads.
   *
   * @returns Whether there was somebody to receive it.
   * @throws {OsError} If it exists and may not be signalled.
   */
  kill(pid: Pid, signal: SignalName, scope: "process" | "group"): boolean;
  /**
   * Reaps what has ended: children and, for PID 1 or a subreaper, orphans.
   * What is left in the process group of a process that {@linkcode spawn}
   * started is killed before its leader is reaped, while the leader's zombie
   * still keeps the group's id from being used again.
   *
   * One call takes a limited number; while there are more, {@linkcode wait} goes on saying `children`.
   */
  reap(): readonly Exit[];
  /** Whose a process is; null if there is none of this id. */
  kinOf(pid: Pid): Kin | null;
  /**
   * Reads the id that a daemon has written into a file, and whose the file is. No link at its end is followed.
   *
   * @throws {OsError} ENOENT; ELOOP for a link; EINVAL for what is no file with an id; EPERM if everybody may write to it.
   */
  readPidFile(path: string): { readonly pid: Pid; readonly uid: number };
  /** Removes such a file, if it is one. */
  removePidFile(path: string): void;
  /** @throws {OsError} If there are no descriptors left. */
  pipe(): Pipe;
  /**
   * Makes a close-on-exec descriptor that reads as exactly these bytes and then ends: a standard input of any size
   * that neither side waits for. Its reading position is shared with every process that gets it, so one serves once.
   *
   * @throws {OsError} If there are no descriptors or no memory left.
   */
  blob(bytes: Uint8Array): Fd;
  /**
   * Reads what is there.
   *
   * @returns The number of bytes, 0 at the end of the stream, -1 if nothing is there now.
   * @throws {OsError} If the descriptor cannot be read.
   */
  read(fd: Fd, into: Uint8Array): number;
  /**
   * Makes a stream socket at a path, and listens there: unix(7). One that is left over from somebody who is gone is
   * replaced; {@linkcode close} removes it. Watched, it is readable when somebody wants to be accepted.
   *
   * @param mode The permissions of the socket: whoever may write to it may connect.
   * @throws {OsError} EADDRINUSE if somebody answers there or something else is in the way, ENOENT, EACCES or EROFS
   *   of the folder, ENAMETOOLONG beyond 107 bytes.
   */
  listenAt(path: string, mode: number): Fd;
  /**
   * Accepts a client, whose descriptor is for {@linkcode read}, {@linkcode write} and {@linkcode watch}.
   *
   * @returns Null if nobody waits.
   * @throws {OsError} EMFILE or ENFILE if there are no descriptors left; the client goes on waiting then.
   */
  accept(listener: Fd): Peer | null;
  /**
   * Opens a socket, or a fifo, for a process that we start; close-on-exec. What is made in the file system never is
   * more open than `mode` says, whatever somebody else does in its folder; {@linkcode close} removes it. Watched, it
   * is readable when somebody wants to be accepted or has sent something.
   *
   * @throws {OsError} As socket(2), bind(2), mkfifo(3): EADDRINUSE if the address is taken, or somebody answers at the
   *   path, or something else is in the way there.
   */
  openSocket(socket: SocketSpec): Fd;
  /** From now on a descriptor that we have from somebody else is of what is at this path: {@linkcode close} removes it. */
  ownPath(fd: Fd, path: string): void;
  /**
   * Makes a datagram socket at a path: unix(7). One that is left over there is replaced; {@linkcode close} removes it.
   * Watched, it is readable when there is a letter.
   *
   * @param mode The permissions of the socket: whoever may write to it may send.
   * @throws {OsError} EADDRINUSE if something else is in the way, ENOENT, EACCES or EROFS of the folder, ENAMETOOLONG
   *   beyond 107 bytes.
   */
  mailboxAt(path: string, mode: number): Fd;
  /** Takes the next letter out of a mailbox; null if there is none. @throws {OsError} If the mailbox cannot be read. */
  receive(mailbox: Fd): Letter | null;
  /**
   * Writes to a socket what the other side has room for.
   *
   * @returns The number of bytes, -1 if there is no room now.
   * @throws {OsError} EPIPE or ECONNRESET if nobody reads any more, ENOTSOCK for anything but a socket.
   */
  write(fd: Fd, bytes: Uint8Array): number;
  /** Whether two descriptors are of one open file. */
  isSame(one: Fd, other: Fd): boolean;
  /** Closes a descriptor and forgets that it was watched. */
  close(fd: Fd): void;
  /**
   * Lets {@linkcode wait} report when `fd` is readable. Level-triggered.
   *
   * @throws {OsError} EBADF if it is not open, EPERM for a file or a {@linkcode blob}, which are always readable.
   */
  watch(fd: Fd): void;
  /**
   * Lets {@linkcode wait} report, as readable, when the other side of `fd` is gone, and nothing else of it.
   *
   * @throws {OsError} As {@linkcode watch}.
   */
  watchEnd(fd: Fd): void;
  /** Does not report `fd` any more, until it is watched again. */
  unwatch(fd: Fd): void;
  /**
   * Lets {@linkcode wait} report when a socket that is watched takes bytes, instead of when it is readable, or the
   * other way round again: whoever does not read is not heard either. Level-triggered. That the other side is gone is
   * reported, as readable, all the same.
   */
  watchWrite(fd: Fd, on: boolean): void;
  /**
   * From now on these signals are reported by {@linkcode wait} instead of having their default effect.
   *
   * @throws {OsError} EINVAL for a signal that does not exist or cannot be caught, and for real-time signals.
   */
  listen(signals: readonly SignalName[]): void;
  /** What a wait would report at this moment, or null where it would have to wait. */
  poll(): Wakeup | null;
  /**
   * Waits until something happens.
   *
   * @param timeout Longest wait from now; null waits without end.
   */
  wait(timeout: Millis | null): Promise<Wakeup>;
  /** Ends a pending {@linkcode wait}, or the next one. */
  interrupt(): void;
  /** Gives back all descriptors and listeners; children are left alone. */
  dispose(): void;
}
