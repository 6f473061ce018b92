/** The kernel as an {@linkcode Os}: the parts of this folder put together. */
import type { Millis } from "../../define/time.ts";
import { osError } from "../errno.ts";
import type {
  Exit,
  Fd,
  Kin,
  Letter,
  Os,
  Peer,
  Pid,
  Pipe,
  SignalName,
  SocketSpec,
  SpawnRequest,
  Wakeup,
} from "../os.ts";
import { monotonic, wallClock, watchClock } from "./clock.ts";
import { isSame, kinOf } from "./kin.ts";
import { mailboxAt, Postman } from "./mailbox.ts";
import { openSocket } from "./open_socket.ts";
import { perform } from "./perform.ts";
import { readPidFile, removePidFile } from "./pid_file.ts";
import { closeFd, makeBlob, makeNonBlocking, makePipe, readSome } from "./pipe.ts";
import { Poller } from "./poll.ts";
import { Processes } from "./process.ts";
import { kill, Signals } from "./signal.ts";
import { acceptAt, listenAt, removeSocket, sendSome } from "./socket.ts";

/** After so many waits that had not to sleep, one goes through the event loop: Deno's timers and sockets need a turn. */
const TURN_EVERY = 16;

/**
 * Opens the kernel.
 *
 * One instance at a time: it reaps every child of this process, also those of `Deno.Command` and of another instance.
 *
 * @param starter How processes are started; by posix_spawn(3) they can have no attributes. What the kernel refuses is
 *   found out, so this is for tests and measurements.
 * @throws {OsError} EOPNOTSUPP on another machine than x86-64 Linux; EMFILE or ENFILE if there are no descriptors left.
 */
export function linuxOs(starter: "clone3" | "posix_spawn" = "clone3"): Os {
  if (Deno.build.os !== "linux" || Deno.build.arch !== "x86_64") {
    throw osError(
      "use",
      "EOPNOTSUPP",
      Deno.build.target,
      "the layouts of structures are those of x86-64 Linux",
    );
  }
  return new LinuxOs(starter);
}

/** How long a wait keeps JavaScript from going on, in milliseconds, before it sleeps in another thread. */
const SHORT: Millis = 1;

class LinuxOs implements Os {
  readonly #poller = new Poller();
  readonly #processes: Processes;
  readonly #signals = new Signals(() => this.#poller.wake());
  /** Null before the first letter: most supervisors get none. */
  #postman: Postman | null = null;
  /** Descriptors that we made for the caller and nobody has closed. */
  readonly #made = new Set<Fd>();
  /** Where our listening sockets are. */
  readonly #paths = new Map<Fd, string>();
  /** Reading ends of pipes of which we do not know yet whether they are for us or for a process. */
  readonly #blocking = new Set<Fd>();
  /** Whether there may be ended processes of which no pidfd tells: orphans, or the rest of a large batch. */
  #unreaped = false;
  #interrupted = false;
  #waiting = false;
  #disposed = false;
  #waitsWithoutTurn = 0;

  readonly now: () => Millis = monotonic;
  readonly wallClock: () => Millis = wallClock;
  readonly kinOf: (pid: Pid) => Kin | null = kinOf;
  readonly readPidFile: Os["readPidFile"] = readPidFile;
  readonly removePidFile: Os["removePidFile"] = removePidFile;
  readonly kill: (pid: Pid, signal: SignalName, scope: "process" | "group") => boolean = kill;

  constructor(starter: "clone3" | "posix_spawn") {
    this.#processes = new Processes(this.#poller, starter);
    // Children that we started have pidfds, so this is for orphans; looking first spares waits that end in vain.
    this.#signals.on("SIGCHLD", () => {
      if (this.#unreaped || !this.#processes.anyEnded()) return;
      this.#unreaped = true;
      this.#poller.wake();
    });
  }

  spawn(request: SpawnRequest): Pid {
    return this.#processes.spawn(request);
  }

  adopt(pid: Pid, instead?: Pid): void {
    this.#processes.adopt(pid, instead);
  }

  perform(...[task, done]: Parameters<Os["perform"]>): void {
    perform(task).then((outcome) => this.#disposed || done(outcome));
  }

  reap(): readonly Exit[] {
    const { exits, more } = this.#processes.reap();
    this.#unreaped = more;
    return exits;
  }

  pipe(): Pipe {
    const pipe = makePipe();
    this.#made.add(pipe.read).add(pipe.write);
    this.#blocking.add(pipe.read);
    return pipe;
  }

  blob(bytes: Uint8Array): Fd {
    const fd = makeBlob(bytes);
    this.#made.add(fd);
    return fd;
  }

  read(fd: Fd, into: Uint8Array): number {
    if (this.#blocking.delete(fd)) makeNonBlocking(fd);
    return readSome(fd, into);
  }

  listenAt(path: string, mode: number): Fd {
    const fd = listenAt(path, mode);
    this.#made.add(fd);
    this.#paths.set(fd, path);
    return fd;
  }

  accept(listener: Fd): Peer | null {
    const peer = acceptAt(listener);
    if (peer !== null) this.#made.add(peer.fd);
    return peer;
  }

  mailboxAt(path: string, mode: number): Fd {
    const fd = mailboxAt(path, mode);
    this.#made.add(fd);
    this.#paths.set(fd, path);
    return fd;
  }

  openSocket(socket: SocketSpec): Fd {
    const fd = openSocket(socket);
    this.#made.add(fd);
    if ("path" in socket) this.#paths.set(fd, socket.path);
    return fd;
  }

  watchClock(): Fd {
    const fd = watchClock();
    this.#made.add(fd);
    return fd;
  }

  ownPath(fd: Fd, path: string): void {
    this.#made.add(fd);
    this.#paths.set(fd, path);
  }

  receive(mailbox: Fd): Letter | null {
    const letter = (this.#postman ??= new Postman()).receive(mailbox);
    for (const fd of letter?.fds ?? []) this.#made.add(fd);
    return letter;
  }

  write(fd: Fd, bytes: Uint8Array): number {
    return sendSome(fd, bytes);
  }

  isSame(one: Fd, other: Fd): boolean {
    return isSame(one, other);
  }

  close(fd: Fd): void {
    this.#poller.unwatch(fd);
    this.#blocking.delete(fd);
    this.#made.delete(fd);
    this.#giveUpPath(fd);
    closeFd(fd);
  }

  watch(fd: Fd): void {
    if (this.#blocking.delete(fd)) makeNonBlocking(fd);
    this.#poller.watch(fd);
  }

  watchEnd(fd: Fd): void {
    this.#poller.watchEnd(fd);
  }

  unwatch(fd: Fd): void {
    this.#poller.unwatch(fd);
  }

  watchWrite(fd: Fd, on: boolean): void {
    this.#poller.watchWrite(fd, on);
  }

  listen(signals: readonly SignalName[]): void {
    for (const signal of signals) this.#signals.listen(signal);
  }

  poll(): Wakeup | null {
    return this.#look(0);
  }

  #look(timeout: Millis): Wakeup | null {
    if (this.#disposed) return NOTHING;
    const known = this.#unreaped || this.#interrupted || this.#signals.any;
    const { readable, writable, ended } = this.#poller.look(known ? 0 : timeout);
    const signals = this.#signals.take();
    // Without pidfds a look at the children has to do, as the listener runs only when JavaScript is at rest.
    if (!this.#processes.pidfds) this.#unreaped ||= this.#processes.anyEnded();
    const children = this.#unreaped || ended.length > 0;
    if (
      !children && !this.#interrupted && readable.length === 0 && writable.length === 0 &&
      signals.length === 0
    ) return null;
    this.#processes.noteEnded(ended);
    this.#interrupted = false;
    return { readable, writable, children, signals };
  }

  async wait(timeout: Millis | null): Promise<Wakeup> {
    if (this.#disposed) return NOTHING;
    if (this.#waiting) throw osError("wait", "EBUSY", "", "another wait is pending");
    const until = timeout === null ? Infinity : monotonic() + timeout;
    this.#waiting = true;
    try {
      let pause = ++this.#waitsWithoutTurn >= TURN_EVERY ? 0 : null;
      for (;;) {
        if (pause !== null) {
          await this.#poller.sleep(pause);
          this.#waitsWithoutTurn = 0;
        }
        // Most often the next thing is not far, and a sleep in another thread costs more than to wait for it here.
        const wakeup = this.#look(pause === null && until - monotonic() > SHORT ? SHORT : 0);
        if (wakeup !== null) return wakeup;
        const left = until - monotonic();
        if (left <= 0) return NOTHING;
        pause = left;
      }
    } finally {
      this.#waiting = false;
      if (this.#disposed) this.#closeAll();
    }
  }

  interrupt(): void {
    this.#interrupted = true;
    this.#poller.wake();
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    // A descriptor that is closed while a thread sleeps on it would never wake that thread.
    if (this.#waiting) this.#poller.wake();
    else this.#closeAll();
  }

  #giveUpPath(fd: Fd): void {
    const path = this.#paths.get(fd);
    if (path !== undefined && this.#paths.delete(fd)) removeSocket(path);
  }

  #closeAll(): void {
    this.#signals.close();
    for (const fd of this.#made) {
      this.#giveUpPath(fd);
      closeFd(fd);
    }
    this.#made.clear();
    this.#processes.close();
    this.#poller.close();
  }
}

const NOTHING: Wakeup = { readable: [], writable: [], children: false, signals: [] };
