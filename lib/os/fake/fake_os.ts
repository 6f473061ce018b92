/** A virtual machine as an {@linkcode Os}: our descriptors, what we wait for, and the border to its processes. */
import type { Millis } from "../../define/time.ts";
import { osError } from "../errno.ts";
import type { Exit, Fd, Os, Pid, Pipe, SignalName, SpawnRequest, Wakeup } from "../os.ts";
import { defaultAction, signalNumber, UNCATCHABLE } from "../signals.ts";
import type { Child, SignalRecord, SpawnRecord, VirtualProcess } from "./child.ts";
import { Descriptors } from "./descriptors.ts";
import { Kernel } from "./kernel.ts";
import { openBlob, openPipe } from "./open_file.ts";
import { type Process, SELF } from "./process.ts";
import { refuseImpossible } from "./refuse_impossible.ts";

/** What a virtual machine is made of. */
export interface FakeOptions {
  /**
   * Says what a child does, or throws the {@linkcode OsError} with which its spawn fails.
   *
   * @param pid The id that the child will have.
   */
  readonly behave: (request: SpawnRequest, pid: Pid) => Child;
  /** The time at which it begins; 0 by default. */
  readonly start?: Millis;
  /** The highest pid, after which the count begins again: small in tests of ids that are used twice. 32,767 by default. */
  readonly lastPid?: Pid;
  /** How many descriptors we may have, our 0, 1 and 2 included: RLIMIT_NOFILE. 1,024 by default. */
  readonly descriptors?: number;
}

/** An {@linkcode Os} in memory. Time moves only while somebody waits, and by {@linkcode FakeOs.advance}. */
export interface FakeOs extends Os {
  /** As `wait`, but at once; null where `wait` would never end, as nothing is going to happen. */
  waitNow(timeout: Millis | null): Wakeup | null;
  /** Lets time pass without looking. */
  advance(by: Millis): void;
  /**
   * Sends a signal to us. One that we do not listen to does nothing, as for PID 1.
   *
   * @throws {OsError} EINVAL for SIGKILL and SIGSTOP, which PID 1 never gets.
   */
  signalSelf(signal: SignalName): void;
  /** Every process that has not ended. */
  readonly live: ReadonlyMap<Pid, VirtualProcess>;
  /** Every successful spawn, oldest first. */
  readonly spawns: readonly SpawnRecord[];
  /** Every signal that `kill` sent, oldest first. */
  readonly signals: readonly SignalRecord[];
  /** Our open descriptors without 0, 1 and 2: what is left at the end of a test is a leak. */
  openFds(): Fd[];
}

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

const NOTHING: Wakeup = { readable: [], children: false, signals: [] };

class VirtualOs implements FakeOs {
  readonly spawns: SpawnRecord[] = [];
  readonly signals: SignalRecord[] = [];
  readonly live: ReadonlyMap<Pid, VirtualProcess>;
  readonly #behave: FakeOptions["behave"];
  readonly #kernel: Kernel;
  readonly #files: Descriptors<Process>;
  readonly #watched = new Set<Fd>();
  readonly #heard = new Set<SignalName>();
  #arrived: SignalName[] = [];
  #interrupted = false;
  #disposed = false;
  /** Ends the wait that is pending; null if there is none. */
  #resolve: ((wakeup: Wakeup) => void) | null = null;

  constructor({ behave, start = 0, lastPid = 32_767, descriptors = 1024 }: FakeOptions) {
    this.#behave = behave;
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
    if (file.stream === null) return 0;
    const count = file.stream.read(into);
    if (count > 0) this.#kernel.wake(file.stream);
    return count > 0 || into.length === 0 || !file.stream.writable ? count : -1;
  }

  close(fd: Fd): void {
    const file = this.#files.expect(fd, "close");
    this.#watched.delete(fd);
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
    const readable: Fd[] = [];
    for (const fd of this.#watched) {
      const file = this.#files.get(fd);
      // The writing end of a pipe never has anything to read.
      if (file?.kind === "read" && file.stream?.ready) readable.push(fd);
    }
    const children = this.#kernel.zombies.length > 0;
    const signals = this.#arrived;
    if (!children && !this.#interrupted && readable.length === 0 && signals.length === 0) return null;
    this.#interrupted = false;
    this.#arrived = [];
    return { readable, children, signals };
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
      const due = kernel.agenda.first?.due ?? Infinity;
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
