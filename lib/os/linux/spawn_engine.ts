/**
 * How processes are started: clone3(2), and then a table of system calls that the new process makes by itself.
 *
 * posix_spawn(3) knows no users, capabilities, namespaces, limits or cgroups. To do all that between fork and exec,
 * code has to run in the child, and JavaScript cannot. So a few instructions of machine code go through a table, which
 * JavaScript has written before: they make one call after another, and the last one is execve(2). If a call fails,
 * they note which one, and end the child.
 *
 * The child shares our memory until its exec (CLONE_VM): it uses neither our stack nor the C library, and we wait until
 * it has left. The kernel tells that through a futex. With CLONE_VFORK, as posix_spawn has it, we could not look at
 * what keeps the child: as soon as it has another user, processes of that user may stop it, and it would stop PID 1.
 */
import { osError } from "../errno.ts";
import type { Millis } from "../../define/time.ts";
import { OsError } from "../error.ts";
import type { Fd, Pid } from "../os.ts";
import { monotonic } from "./clock.ts";
import { cstring, errno, failure, libc } from "./libc.ts";
import { loadCode } from "./machine_code.ts";
import type { Launch } from "./posix_spawn.ts";
import {
  actAs,
  becomeUser,
  enterNamespaces,
  lendScore,
  limitOpenFiles,
  restrict,
} from "./spawn_attributes.ts";
import { SPAWN_CODE } from "./spawn_code.ts";
import { SpawnDescriptors } from "./spawn_descriptors.ts";
import { cloneError, type Kept, keptError, stepError } from "./spawn_failure.ts";
import type { SpawnSources } from "./spawn_sources.ts";
import { addressOf, SpawnTable, stageError } from "./spawn_table.ts";

/** From <linux/sched.h>. */
const CLONE_VM = 0x100, CLONE_FILES = 0x400, CLONE_PIDFD = 0x1000, CLONE_PARENT_SETTID = 0x10_0000;
const CLONE_CHILD_CLEARTID = 0x20_0000, CLONE_NEWPID = 0x2000_0000;
/** The upper halves of flags that do not fit into 32 bits. */
const CLONE_CLEAR_SIGHAND_HIGH = 1, CLONE_INTO_CGROUP_HIGH = 2;
/**
 * struct clone_args in words of 32 bits. Its exit_signal stays 0, so that nobody is told of a process that fails before
 * its exec, which makes the signal SIGCHLD. Whoever waits for such a process has to say so, by __WALL.
 */
const FLAGS = 0, PIDFD = 2, CHILD_TID = 4, PARENT_TID = 6, CGROUP = 20, CLONE_ARGS_WORDS = 22;
/** From <asm/unistd_64.h>. */
const SYS_rt_sigaction = 13, SYS_rt_sigprocmask = 14, SYS_execve = 59, SYS_exit = 60, SYS_chdir = 80;
const SYS_setsid = 112, SYS_futex = 202, SYS_close_range = 436, FUTEX_WAKE = 1;
/** From <signal.h>, <linux/futex.h>, <sys/wait.h>, <sys/prctl.h> and <fcntl.h>. */
const SIGKILL = 9, SIG_SETMASK = 2, FUTEX_WAIT = 0, P_PID = 1, WSTOPPED = 2, WEXITED = 4, WNOHANG = 1;
const WNOWAIT = 0x0100_0000, __WALL = 0x4000_0000, PR_GET_DUMPABLE = 3, PR_SET_DUMPABLE = 4;
const O_PATH = 0o10000000, O_DIRECTORY = 0o200000, O_CLOEXEC = 0o2000000;
/** From <errno.h>. */
const EINTR = 4, ENFILE = 23, EMFILE = 24;
/** How long a process may take until its exec, and how often we look what keeps it. */
const PATIENCE: Millis = 10_000, GLANCE: Millis = 10;
/** The size of a set of signals for the kernel, and that of its struct sigaction. */
const KERNEL_SIGSET = 8, KERNEL_SIGACTION = 32;

const DEFINITION = {
  parameters: ["buffer", "usize", "buffer"],
  result: "i32",
} as const satisfies Deno.ForeignFunction;

/** What {@linkcode SpawnEngine.spawn} has started; without a pidfd, -1, if there is no descriptor left for one. */
export interface Started {
  readonly pid: Pid;
  readonly pidfd: Fd;
}

/** Starts processes by {@linkcode SPAWN_CODE}. The instance keeps all memory: a plain spawn allocates next to nothing. */
export class SpawnEngine {
  readonly #call: Deno.UnsafeFnPointer<typeof DEFINITION>;
  readonly #descriptors: SpawnDescriptors;
  readonly #table = new SpawnTable();
  readonly #arguments = new Uint32Array(new ArrayBuffer(CLONE_ARGS_WORDS * 4));
  readonly #pidfd = new Uint32Array(new ArrayBuffer(8));
  /** The id of the process while it shares our memory; then the kernel writes 0. */
  readonly #sharer = new Uint32Array(new ArrayBuffer(8));
  /** Whether a process that waits to be told its own id has been. */
  readonly #told = new Uint32Array(new ArrayBuffer(8));
  readonly #mask = new Uint8Array(128);
  readonly #siginfo = new Int32Array(32);
  /** Signals that we ignore: CLONE_CLEAR_SIGHAND resets handlers only. */
  readonly #ignored = ignoredSignals();

  private constructor(sources: SpawnSources) {
    this.#call = new Deno.UnsafeFnPointer(loadCode<typeof DEFINITION>(SPAWN_CODE), DEFINITION);
    this.#descriptors = new SpawnDescriptors(sources);
    setAddress(this.#arguments, PIDFD, addressOf(this.#pidfd));
    setAddress(this.#arguments, CHILD_TID, addressOf(this.#sharer));
    setAddress(this.#arguments, PARENT_TID, addressOf(this.#sharer));
    this.#try();
  }

  /** Makes an engine and tries it on a process that ends at once; or tells why this machine has none. */
  static open(sources: SpawnSources): SpawnEngine | OsError {
    try {
      return new SpawnEngine(sources);
    } catch (error) {
      if (error instanceof OsError) return error;
      throw error;
    }
  }

  /** Starts a process. @throws {OsError} With the stage that failed as its `call`. */
  spawn(launch: Launch): Started {
    const { request: { attributes }, sources } = launch;
    const table = this.#table;
    table.clear();
    try {
      const shared = this.#descriptors.separate(table, sources);
      this.#prepare(launch);
      if (attributes === undefined) return this.#start(launch, shared ? CLONE_FILES : 0, -1);
      const namespace = attributes.namespaces?.includes("pid") ? CLONE_NEWPID : 0;
      const { oomScoreAdj } = attributes;
      const takeBack = oomScoreAdj === undefined ? null : lendScore(oomScoreAdj);
      // A process that changes its user makes the memory that it shares with us one that leaves no core.
      const dumpable = libc.prctl(PR_GET_DUMPABLE, 0n, 0n, 0n, 0n);
      let cgroup = -1;
      try {
        if (attributes.cgroup !== undefined) cgroup = openCgroup(attributes.cgroup);
        return this.#start(launch, (shared ? CLONE_FILES : 0) | namespace, cgroup);
      } finally {
        if (cgroup !== -1) libc.close(cgroup);
        takeBack?.();
        if (dumpable === 1) libc.prctl(PR_SET_DUMPABLE, 1n, 0n, 0n, 0n);
      }
    } finally {
      this.#descriptors.release();
    }
  }

  /** Gives back what is kept for all spawns. */
  close(): void {
    this.#descriptors.close();
  }

  /** Writes the table. The user changes last, right before the exec: who has it may send signals from then on. */
  #prepare(launch: Launch): void {
    const { request: { argv: [program], cwd, attributes = {} }, path, argv, envp, ownPid, sources } = launch;
    const table = this.#table;
    table.stage("reset signals");
    const byDefault = table.data(new Uint8Array(KERNEL_SIGACTION));
    for (const signal of this.#ignored) table.step(SYS_rt_sigaction, signal, byDefault, 0, KERNEL_SIGSET);
    table.stage("setsid");
    table.step(SYS_setsid);
    enterNamespaces(table, attributes);
    this.#descriptors.arrange(table, sources);
    limitOpenFiles(table, attributes);
    restrict(table, attributes);
    actAs(table, attributes);
    if (cwd !== undefined) {
      table.stage("chdir", cwd);
      table.step(SYS_chdir, table.text(cwd));
    }
    table.stage("unblock signals");
    table.step(SYS_rt_sigprocmask, SIG_SETMASK, table.data(new Uint8Array(KERNEL_SIGSET)), 0, KERNEL_SIGSET);
    if (ownPid !== null) {
      this.#told[0] = 0;
      // A wait may end for no reason; one that finds out that all is told does not begin.
      for (let tries = 0; tries < 2; tries++) table.attempt(SYS_futex, addressOf(this.#told), FUTEX_WAIT, 0);
    }
    becomeUser(table, attributes);
    table.stage("exec", path);
    table.step(
      SYS_execve,
      path === program ? argv.address : table.text(path),
      addressOf(argv.pointers),
      addressOf(envp.pointers),
    );
  }

  #start(launch: Launch, flags: number, cgroup: Fd): Started {
    let pid = this.#clone(flags | CLONE_PIDFD, cgroup);
    if (pid === -EMFILE || pid === -ENFILE) {
      pid = this.#clone(flags, cgroup);
      this.#pidfd[0] = 0xffff_ffff;
    }
    if (pid < 0) throw cloneError(launch, -pid);
    if (launch.ownPid !== null) this.#tell(launch.ownPid, flags & CLONE_NEWPID ? 1 : pid);
    const pidfd = this.#pidfd[0]! | 0;
    const kept = this.#awaitExec(pid);
    const failed = this.#table.failure();
    if (failed === null && kept === null) return { pid, pidfd };
    this.#bury(pid);
    if (pidfd !== -1) libc.close(pidfd);
    throw failed === null ? keptError(launch, kept!) : stepError(launch, failed.stage, failed.errno);
  }

  /** Writes its own id into the environment of a process that waits for that, and shares our memory until its exec. */
  #tell(place: Uint8Array, pid: Pid): void {
    new TextEncoder().encodeInto(`${pid}\0`, place);
    this.#told[0] = 1;
    libc.futex(SYS_futex, this.#told, FUTEX_WAKE, 1, null);
  }

  /** Waits until a process has left our memory, by its exec or its end; what takes too long is killed. */
  #awaitExec(pid: Pid): Kept | null {
    const until = monotonic() + PATIENCE;
    let kept: Kept | null = null;
    while (this.#sharer[0] !== 0) {
      libc.futex(SYS_futex, this.#sharer, FUTEX_WAIT, pid, GLANCE_TIMESPEC);
      if (kept !== null) continue;
      if (monotonic() > until) kept = "slow";
      if (this.#isStopped(pid) && this.#sharer[0] !== 0) kept = "stopped";
      if (kept !== null) libc.kill(pid, SIGKILL);
    }
    return kept;
  }

  #isStopped(pid: Pid): boolean {
    this.#siginfo[SI_PID] = 0;
    libc.waitid(P_PID, pid, this.#siginfo, WSTOPPED | WNOHANG | WNOWAIT | __WALL);
    return this.#siginfo[SI_PID] !== 0;
  }

  #clone(flags: number, cgroup: Fd): number {
    const args = this.#arguments;
    args[FLAGS] = flags | CLONE_VM | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
    args[FLAGS + 1] = CLONE_CLEAR_SIGHAND_HIGH | (cgroup === -1 ? 0 : CLONE_INTO_CGROUP_HIGH);
    args[CGROUP] = cgroup === -1 ? 0 : cgroup;
    // What reaches our group now, such as Ctrl-Z, waits until the process has a session of its own.
    libc.pthread_sigmask(SIG_SETMASK, ALL, this.#mask);
    const result = this.#call.call(args, BigInt(args.byteLength), this.#table.words);
    libc.pthread_sigmask(SIG_SETMASK, this.#mask, null);
    return result;
  }

  /** Starts a process that only ends, so that what is refused here comes to light now. */
  #try(): void {
    const table = this.#table;
    table.clear();
    table.stage("close_range");
    table.step(SYS_close_range, 0xffff_fffe, 0xffff_ffff);
    table.step(SYS_exit);
    const pid = this.#clone(0, -1);
    if (pid < 0) throw osError("clone3", -pid);
    this.#awaitExec(pid);
    this.#bury(pid);
    const failed = table.failure();
    if (failed !== null) throw stageError(failed.stage, failed.errno);
  }

  /** Reaps a process that has just ended, or is about to. */
  #bury(pid: Pid): void {
    while (libc.waitid(P_PID, pid, this.#siginfo, WEXITED | __WALL) === -1 && errno() === EINTR);
  }
}

const ALL = new Uint8Array(128).fill(0xff);
/** struct timespec: seconds and nanoseconds. */
const GLANCE_TIMESPEC = Uint32Array.of(0, 0, GLANCE * 1e6, 0);
/** The word of siginfo_t that has the id of a process. */
const SI_PID = 4;

function setAddress(words: Uint32Array, at: number, address: number): void {
  words[at] = address >>> 0;
  words[at + 1] = address / 0x1_0000_0000;
}

/** The signals that this process ignores, as proc_pid_status(5) tells it; without /proc, all of them. */
function ignoredSignals(): number[] {
  let mask = 2n ** 64n - 1n;
  try {
    const status = Deno.readTextFileSync("/proc/self/status");
    mask = BigInt(`0x${/^SigIgn:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "f".repeat(16)}`);
  } catch {
    // Resetting what is not ignored changes nothing.
  }
  const SIGKILL = 9, SIGSTOP = 19;
  return Array.from({ length: 64 }, (_, index) => index + 1)
    .filter((signal) => (mask >> BigInt(signal - 1) & 1n) === 1n && signal !== SIGKILL && signal !== SIGSTOP);
}

function openCgroup(path: string): Fd {
  const fd = libc.open(cstring(path), O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
  if (fd === -1) throw failure("enter cgroup", path);
  return fd;
}
