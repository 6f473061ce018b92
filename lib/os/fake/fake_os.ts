/** A virtual machine as an {@linkcode Os}: our descriptors, what we wait for, and the border to its processes. */
import type { Millis } from "../../define/time.ts";
import { osError } from "../errno.ts";
import type { Exit, Fd, Peer, Pid, Pipe, SignalName, SpawnRequest, Wakeup } from "../os.ts";
import { defaultAction, signalNumber, UNCATCHABLE } from "../signals.ts";
import type { SignalRecord, SpawnRecord, VirtualProcess } from "./child.ts";
import { Descriptors } from "./descriptors.ts";
import type { FakeOptions, FakeOs } from "./fake_machine.ts";
import { Kernel } from "./kernel.ts";
import { isReadable, isWritable, openBlob, openPipe } from "./open_file.ts";
import { type Process, SELF } from "./process.ts";
import { refuseImpossible } from "./refuse_impossible.ts";
import { type Credentials, Sockets } from "./sockets.ts";
import { Tasks } from "./tasks.ts";

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
  readonly #sockets = new Sockets<Process>();
  readonly #watched = new Set<Fd>();
  readonly #watchedForWriting = new Set<Fd>();
  readonly #heard = new Set<SignalName>();
  #arrived: SignalName[] = [];
  #interrupted = false;
  #disposed = false;
  /** Ends the wait that is pending; null if there is none. */
  #resolve: ((wakeup: Wakeup) => void) | null = null;

  constructor({ behave, perform, start = 0, lastPid = 32_767, descriptors = 1024 }: FakeOptions) {
    this.#behave = behave;
    this.#tasks = new Tasks(perform);
    this.#kernel = new Kernel(start, lastPid);
    this.live = this.#kernel.live;
    this.#files = new Descriptors(descriptors);
  }

  now(): Millis {
    return this.#kernel.now;
  }

  spawn(request: SpawnRequest): Pid {
    const kernel = this.#kernel;
    kernel.settle();
    refuseImpossible(request);
    const files = this.#files.inherited(request.fds);
    const pid = kernel.freePid();
    kernel.start(pid, true, null, request, this.#behave(request, pid), files);
    this.spawns.push({ time: kernel.now, pid, argv: request.argv });
    this.#somethingHappened();
    return pid;
  }

  adopt(_pid: Pid): void {
    // Whoever is alive here was spawned by this very object.
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

  pipe(): Pipe {
    this.#files.reserve(2, "pipe");
    const [input, output] = openPipe<Process>();
    return { read: this.#files.add(input), write: this.#files.add(output) };
  }

  blob(bytes: Uint8Array): Fd {
    this.#files.reserve(1, "memfd_create");
    return this.#files.add(openBlob(bytes));
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

  listenAt(path: string, _mode: number): Fd {
    this.#files.reserve(1, "socket");
    return this.#files.add(this.#sockets.listenAt(path));
  }

  connect(path: string, { pid = SELF, uid = 0, gid = 0 }: Partial<Credentials> = {}): Fd {
    this.#files.reserve(1, "socket");
    const fd = this.#files.add(this.#sockets.connect(path, { pid, uid, gid }));
    this.#somethingHappened();
    return fd;
  }

  accept(listener: Fd): Peer | null {
    const { callers } = this.#files.expect(listener, "accept");
    if (callers === undefined) throw osError("accept", "EINVAL", String(listener));
    if (callers.length > 0) this.#files.reserve(1, "accept");
    const caller = callers.shift();
    if (caller === undefined) return null;
    const { file, ...who } = caller;
    return { fd: this.#files.add(file), ...who };
  }

  write(fd: Fd, bytes: Uint8Array): number {
    const { outgoing } = this.#files.expect(fd, "write");
    if (outgoing === undefined) throw osError("write", "ENOTSOCK", String(fd));
    if (!outgoing.readable) throw osError("write", "EPIPE", String(fd));
    const count = outgoing.fill(bytes);
    if (count > 0) this.#somethingHappened();
    return count === 0 && bytes.length > 0 ? -1 : count;
  }

  watchWrite(fd: Fd, on: boolean): void {
    this.#files.expect(fd, "watch");
    if (!this.#watched.has(fd)) throw osError("watch", "ENOENT", String(fd));
    if (on) this.#watchedForWriting.add(fd);
    else this.#watchedForWriting.delete(fd);
    this.#somethingHappened();
  }

  close(fd: Fd): void {
    const file = this.#files.expect(fd, "close");
    if (file.kind === "listener") this.#sockets.forget(file);
    this.#watched.delete(fd);
    this.#watchedForWriting.delete(fd);
    this.#files.remove(fd);
    this.#kernel.release(file);
    this.#somethingHappened();
  }

  watch(fd: Fd): void {
    const { kind } = this.#files.expect(fd, "watch");
    if (kind === "blob" || kind === "null") throw osError("watch", "EPERM", String(fd));
    this.#watched.add(fd);
    this.#somethingHappened();
  }

  unwatch(fd: Fd): void {
    this.#watched.delete(fd);
  }

  listen(signals: readonly SignalName[]): void {
    for (const signal of signals) {
      signalNumber(signal);
      if (UNCATCHABLE.has(signal) || signal.startsWith("SIGRTMIN")) {
        throw osError("listen to", "EINVAL", signal, "it cannot be caught");
      }
      this.#heard.add(signal);
    }
  }

  poll(): Wakeup | null {
    if (this.#disposed) return NOTHING;
    this.#kernel.settle();
    this.#tasks.settle(this.#kernel.now);
    const readable: Fd[] = [];
    for (const fd of this.#watched) {
      const file = this.#files.get(fd);
      const heard = !this.#watchedForWriting.has(fd) || file?.stream?.writable === false;
      if (file !== undefined && heard && isReadable(file)) readable.push(fd);
    }
    const writable = [...this.#watchedForWriting].filter((fd) => isWritable(this.#files.expect(fd, "watch")));
    const children = this.#kernel.zombies.length > 0;
    const signals = this.#arrived;
    const ready = readable.length + writable.length + signals.length > 0;
    if (!children && !this.#interrupted && !ready) return null;
    this.#interrupted = false;
    this.#arrived = [];
    return { readable, writable, children, signals };
  }

  wait(timeout: Millis | null): Promise<Wakeup> {
    if (this.#resolve !== null) {
      return Promise.reject(osError("wait", "EBUSY", "", "another wait is pending"));
    }
    const wakeup = this.waitNow(timeout);
    if (wakeup !== null) return Promise.resolve(wakeup);
    return new Promise((resolve) => this.#resolve = resolve);
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
    for (
      let next = kernel.agenda.first;
      next !== undefined && next.due <= until;
      next = kernel.agenda.first
    ) {
      kernel.now = Math.max(kernel.now, next.due);
      kernel.settle();
    }
    kernel.now = until;
    this.#somethingHappened();
  }

  signalSelf(signal: SignalName): void {
    if (defaultAction(signal) === "stop" ? signal === "SIGSTOP" : signal === "SIGKILL") {
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
