/** A virtual machine as an {@linkcode Os}: our descriptors, what we wait for, and the border to its processes. */
import type { Millis } from "../../define/time.ts";
import { osError } from "../errno.ts";
import type { Exit, Fd, Kin, Letter, Os, Peer, Pid, Pipe, SignalName } from "../os.ts";
import type { SpawnRequest, Wakeup } from "../os.ts";
import { signalNumber } from "../signals.ts";
import type { SignalRecord, SpawnRecord, VirtualProcess } from "./child.ts";
import { Descriptors } from "./descriptors.ts";
import type { FakeOptions, FakeOs } from "./fake_machine.ts";
import { Kernel } from "./kernel.ts";
import { pidIn } from "./pid_in.ts";
import { type Process, SELF } from "./process.ts";
import { refuseImpossible, refuseUncatchable } from "./refuse_impossible.ts";
import { type Credentials, Sockets } from "./sockets.ts";
import { Tasks } from "./tasks.ts";
import { Wall } from "./wall.ts";
import { Watches } from "./watches.ts";

/**
 * Makes a virtual machine. It needs no permission, has no timers, and does the same at every run.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { fakeOs, oneshot } from "../fake/mod.ts";
 *
 * const os = fakeOs({ behave: () => oneshot({ code: 3, after: 5000 }) });
 * const pid = os.spawn({ argv: ["/bin/fsck"], env: {}, fds: [] });
 * await os.wait(null);
 * assertEquals(os.now(), 5000);
 * assertEquals(os.reap(), [{ pid, status: { code: 3 } }]);
 * ```
 */
export function fakeOs(options: FakeOptions): FakeOs {
  return new VirtualOs(options);
}

const NOTHING: Wakeup = { readable: [], writable: [], children: false, signals: [] };

class VirtualOs implements FakeOs {
  readonly spawns: SpawnRecord[] = [];
  readonly signals: SignalRecord[] = [];
  readonly live: ReadonlyMap<Pid, VirtualProcess>;
  readonly #behave: FakeOptions["behave"];
  readonly #kernel: Kernel;
  readonly #tasks: Tasks;
  readonly #files: Descriptors<Process>;
  readonly #sockets: Sockets<Process>;
  readonly #watches: Watches<Process>;
  readonly #wall: Wall<Process>;
  readonly #heard = new Set<SignalName>();
  #arrived: SignalName[] = [];
  #interrupted = false;
  #waiting = false;
  #disposed = false;
  /** Ends the wait that is pending; null if there is none. */
  #resolve: ((wakeup: Wakeup) => void) | null = null;

  readonly listenAt: Os["listenAt"] = (path) => this.#sockets.listenAt(path);
  readonly mailboxAt: Os["mailboxAt"] = (path) => this.#sockets.mailboxAt(path);
  readonly openSocket: Os["openSocket"] = (socket) => this.#sockets.openSocket(socket);
  readonly accept: Os["accept"] = (listener): Peer | null => this.#sockets.accept(listener);
  readonly readPidFile: Os["readPidFile"] = (path) => pidIn(this.#kernel.pidFiles, path);
  readonly removePidFile: Os["removePidFile"] = (path) => void this.#kernel.pidFiles.delete(path);
  readonly now: Os["now"] = () => this.#kernel.now;
  readonly wallClock: Os["wallClock"] = () => this.#wall.now;
  readonly watchClock: Os["watchClock"] = () => this.#wall.watch();
  readonly adopt: Os["adopt"] = (pid, instead) => this.#kernel.adopt(pid, instead);
  readonly pipe: Os["pipe"] = (): Pipe => this.#files.pipe();
  readonly blob: Os["blob"] = (bytes) => this.#files.blob(bytes);
  /** Whoever was here before was another machine. */
  readonly ownPath: Os["ownPath"] = () => {};

  constructor(
    { behave, perform, start = 0, lastPid = 32_767, descriptors = 1024, wall }: FakeOptions,
  ) {
    this.#behave = behave;
    this.#tasks = new Tasks(perform);
    this.#files = new Descriptors(descriptors);
    this.#sockets = new Sockets(this.#files);
    this.#kernel = new Kernel(start, lastPid, this.#sockets);
    this.live = this.#kernel.live;
    this.#watches = new Watches(this.#files);
    this.#wall = new Wall(this.#files, this.now, wall);
  }

  spawn(request: SpawnRequest): Pid {
    const kernel = this.#kernel;
    kernel.settle();
    refuseImpossible(request);
    const files = this.#files.inherited(request.fds);
    const pid = kernel.freePid();
    const process = kernel.start(pid, true, null, request, this.#behave(request, pid), files);
    if (request.leavesGroup === true) process.ends = null;
    this.spawns.push({ time: kernel.now, pid, argv: request.argv });
    this.#somethingHappened();
    return pid;
  }

  kinOf(pid: Pid): Kin | null {
    this.#kernel.settle();
    return this.#kernel.processes.get(pid)?.kin ?? null;
  }

  perform(...[task, done]: Parameters<FakeOs["perform"]>): void {
    this.#tasks.begin(task, this.#kernel.now, (outcome) => this.#disposed || done(outcome));
    this.#somethingHappened();
  }

  kill(pid: Pid, signal: SignalName, scope: "process" | "group"): boolean {
    if (!(pid > (scope === "group" ? 1 : 0))) {
      throw osError("kill", "EINVAL", String(pid), `it is not the id of a ${scope}`);
    }
    signalNumber(signal);
    this.#kernel.settle();
    if (pid === SELF) {
      this.signalSelf(signal);
      return true;
    }
    const received = this.#kernel.signal(pid, signal, scope);
    this.signals.push({ time: this.#kernel.now, pid, signal, scope, received });
    this.#somethingHappened();
    return received;
  }

  reap(): readonly Exit[] {
    this.#kernel.settle();
    return this.#kernel.reap();
  }

  read(fd: Fd, into: Uint8Array): number {
    this.#kernel.settle();
    const file = this.#files.expect(fd, "read");
    if (file.kind === "write") throw osError("read", "EBADF", String(fd));
    if (file.kind === "listener") throw osError("read", "EINVAL", String(fd));
    if (file.stream === null) return 0;
    const count = file.stream.read(into);
    if (count > 0) this.#kernel.wake(file.stream);
    return count > 0 || into.length === 0 || !file.stream.writable ? count : -1;
  }

  connect(path: string, who?: Partial<Credentials>): Fd {
    const fd = this.#sockets.connect(path, who);
    this.#somethingHappened();
    return fd;
  }

  receive(mailbox: Fd): Letter | null {
    this.#kernel.settle();
    return this.#sockets.receive(mailbox);
  }

  post(path: string, text: string | Uint8Array, who?: Partial<Credentials>): void {
    this.#sockets.post(path, text, who);
    this.#somethingHappened();
  }

  write(fd: Fd, bytes: Uint8Array): number {
    const count = this.#sockets.write(fd, bytes);
    if (count > 0) this.#somethingHappened();
    return count;
  }

  watchWrite(fd: Fd, on: boolean): void {
    this.#watches.watchWrite(fd, on);
    this.#somethingHappened();
  }

  isSame(one: Fd, other: Fd): boolean {
    return this.#files.expect(one, "kcmp") === this.#files.expect(other, "kcmp");
  }

  close(fd: Fd): void {
    const file = this.#files.expect(fd, "close");
    if (file.kind === "listener" || file.kind === "mailbox") this.#sockets.forget(file);
    this.#watches.forget(fd);
    this.#files.remove(fd);
    this.#kernel.release(file);
    this.#somethingHappened();
  }

  watch(fd: Fd): void {
    this.#watches.watch(fd);
    this.#somethingHappened();
  }

  watchEnd(fd: Fd): void {
    this.#watches.watchEnd(fd);
    this.#somethingHappened();
  }

  unwatch(fd: Fd): void {
    this.#watches.unwatch(fd);
  }

  listen(signals: readonly SignalName[]): void {
    for (const signal of signals) {
      refuseUncatchable(signal);
      this.#heard.add(signal);
    }
  }

  poll(): Wakeup | null {
    if (this.#disposed) return NOTHING;
    this.#kernel.settle();
    this.#tasks.settle(this.#kernel.now);
    const [readable, writable] = [this.#watches.readable(), this.#watches.writable()];
    const children = this.#kernel.zombies.length + this.#kernel.foreign.length > 0;
    const signals = this.#arrived;
    const ready = readable.length + writable.length + signals.length > 0;
    if (!children && !this.#interrupted && !ready) return null;
    this.#interrupted = false;
    this.#arrived = [];
    return { readable, writable, children, signals };
  }

  async wait(timeout: Millis | null): Promise<Wakeup> {
    if (this.#waiting) throw osError("wait", "EBUSY", "", "another wait is pending");
    this.#waiting = true;
    try {
      const begun = this.#kernel.now;
      // Promises have their turn, as in a real wait: what they bring about takes no time.
      await null;
      const left = timeout === null ? null : timeout - (this.#kernel.now - begun);
      return this.waitNow(left) ?? await new Promise<Wakeup>((resolve) => this.#resolve = resolve);
    } finally {
      this.#waiting = false;
    }
  }

  waitNow(timeout: Millis | null): Wakeup | null {
    const kernel = this.#kernel;
    const until = timeout === null ? Infinity : kernel.now + Math.max(0, timeout);
    for (;;) {
      const wakeup = this.poll();
      if (wakeup !== null) return wakeup;
      const due = Math.min(this.#tasks.due, kernel.agenda.first?.due ?? Infinity);
      if (due <= until && due < Infinity) kernel.now = due;
      else if (until === Infinity) return null;
      else {
        kernel.now = until;
        return NOTHING;
      }
    }
  }

  interrupt(): void {
    this.#interrupted = true;
    this.#somethingHappened();
  }

  advance(by: Millis): void {
    const kernel = this.#kernel;
    const until = kernel.now + by;
    while ((kernel.agenda.first?.due ?? Infinity) <= until) {
      kernel.now = Math.max(kernel.now, kernel.agenda.first!.due);
      kernel.settle();
    }
    kernel.now = until;
    this.#somethingHappened();
  }

  setClock(to: Millis): void {
    this.#wall.set(to);
    this.#somethingHappened();
  }

  signalSelf(signal: SignalName): void {
    if (signal === "SIGSTOP" || signal === "SIGKILL") {
      throw osError("kill", "EINVAL", String(SELF), `PID 1 never gets ${signal}`);
    }
    if (!this.#heard.has(signal)) return;
    this.#arrived.push(signal);
    this.#somethingHappened();
  }

  openFds(): Fd[] {
    return this.#files.opened();
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const fd of this.openFds()) this.close(fd);
    this.#heard.clear();
    this.#somethingHappened();
  }

  /** A wait without end can be pending; it ends when JavaScript is at rest, as a real one does. */
  #somethingHappened(): void {
    if (this.#resolve === null) return;
    queueMicrotask(() => {
      const resolve = this.#resolve;
      const wakeup = resolve === null ? null : this.waitNow(null);
      if (resolve === null || wakeup === null) return;
      this.#resolve = null;
      resolve(wakeup);
    });
  }
}
