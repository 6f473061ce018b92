/** What a test sees of a virtual machine, beyond what a supervisor sees of it. */
import type { Millis } from "../../define/time.ts";
import type { KernelTask } from "../../define/kernel_task.ts";
import type { Fd, Os, Pid, SignalName, SpawnRequest, Wakeup } from "../os.ts";
import type { Child, SignalRecord, SpawnRecord, VirtualProcess } from "./child.ts";
import type { Credentials } from "./sockets.ts";
import type { VirtualTask } from "./tasks.ts";

/** What a virtual machine is made of. */
export interface FakeOptions {
  /**
   * Says what a child does, or throws the {@linkcode OsError} with which its spawn fails.
   *
   * @param pid The id that the child will have.
   */
  readonly behave: (request: SpawnRequest, pid: Pid) => Child;
  /** Says how a task of ours goes, or throws the {@linkcode OsError} with which it fails. By default it takes 1 ms. */
  readonly perform?: (task: KernelTask) => VirtualTask;
  /** The time at which it begins; 0 by default. */
  readonly start?: Millis;
  /** What the clock on the wall shows at first, in milliseconds since 1970: the beginning of 2026 by default. */
  readonly wall?: Millis;
  /** The highest pid, after which the count begins again: small in tests of ids that are used twice. 32,767 by default. */
  readonly lastPid?: Pid;
  /** How many descriptors we may have, our 0, 1 and 2 included: RLIMIT_NOFILE. 1,024 by default. */
  readonly descriptors?: number;
}

/** An {@linkcode Os} in memory. Time moves only while somebody waits, and by {@linkcode FakeOs.advance}. */
export interface FakeOs extends Os {
  /** As `wait`, but at once; null where `wait` would never end, as nothing is going to happen. */
  waitNow(timeout: Millis | null): Wakeup | null;
  /** Sets the clock on the wall. */
  setClock(to: Millis): void;
  /** Lets time pass without looking. */
  advance(by: Millis): void;
  /**
   * Sends a signal to us. One that we do not listen to does nothing, as for PID 1.
   *
   * @throws {OsError} EINVAL for SIGKILL and SIGSTOP, which PID 1 never gets.
   */
  signalSelf(signal: SignalName): void;
  /**
   * Connects to a listening socket, by its path or as `tcp 127.0.0.1:80`, as somebody, by default as ourselves and root; the descriptor is one of ours.
   *
   * @throws {OsError} ENOENT if nobody listens there.
   */
  connect(path: string, who?: Partial<Credentials>): Fd;
  /** Sends a letter to a mailbox as somebody, by default as ourselves and root. @throws {OsError} ENOENT if there is none. */
  post(path: string, text: string | Uint8Array, who?: Partial<Credentials>): void;
  /** Every process that has not ended. */
  readonly live: ReadonlyMap<Pid, VirtualProcess>;
  /** Every successful spawn, oldest first. */
  readonly spawns: readonly SpawnRecord[];
  /** Every signal that `kill` sent, oldest first. */
  readonly signals: readonly SignalRecord[];
  /** Our open descriptors without 0, 1 and 2: what is left at the end of a test is a leak. */
  openFds(): Fd[];
}
