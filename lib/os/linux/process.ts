/** posix_spawn(3), pidfd_open(2) and waitid(2): the life of processes. */
import { osError } from "../errno.ts";
import type { Exit, ExitStatus, Fd, Pid, SpawnRequest } from "../os.ts";
import { signalName } from "../signals.ts";
import { execError, findProgram, spawnError } from "./exec_failure.ts";
import { FileActions } from "./file_actions.ts";
import { cstring, errno, libc } from "./libc.ts";
import type { Poller } from "./poll.ts";
import { StringVector } from "./string_vector.ts";

/** From <spawn.h>. */
const POSIX_SPAWN_SETSIGDEF = 0x04, POSIX_SPAWN_SETSIGMASK = 0x08, POSIX_SPAWN_SETSID = 0x80;
/** Sizes of opaque types on x86-64 glibc: posix_spawnattr_t and sigset_t. */
export const SIZEOF_SPAWNATTR = 336, SIZEOF_SIGSET = 128;
/** From <sys/wait.h>. */
const P_ALL = 0, P_PID = 1, WNOHANG = 1, WEXITED = 4, WNOWAIT = 0x0100_0000;
/** From <bits/siginfo-consts.h>: values of si_code for SIGCHLD. */
const CLD_EXITED = 1, CLD_DUMPED = 3;
/** Words of siginfo_t, which has 128 bytes: si_code at 8, si_pid at 16, si_status at 24. */
export const SI_CODE = 2, SI_PID = 4, SI_STATUS = 6, SIGINFO_WORDS = 32;
/** From <sys/syscall.h>, <signal.h> and <errno.h>. */
const SYS_pidfd_open = 434, SIGKILL = 9, ENOSYS = 38;

/** The most processes that one call of {@linkcode Processes.reap} takes, so that a storm of orphans starves nobody. */
export const REAP_BATCH = 256;

/** Starts processes and reaps them. The instance keeps all buffers: a spawn allocates next to nothing. */
export class Processes {
  readonly #poller: Poller;
  /** A pidfd for each process that we started and have not reaped; -1 where the kernel has none. */
  readonly #started = new Map<Pid, Fd>();
  /** Processes that a pidfd has reported as ended: these can be reaped without a search. */
  #ended: Pid[] = [];
  #pidfds = true;
  readonly #actions = new FileActions();
  readonly #attributes = new Uint8Array(SIZEOF_SPAWNATTR);
  readonly #argv = new StringVector();
  readonly #envp = new StringVector();
  #envKeys: string[] | null = null;
  #envValues: string[] = [];
  readonly #pid = new Int32Array(1);
  readonly #siginfo = new Int32Array(SIGINFO_WORDS);

  constructor(poller: Poller) {
    this.#poller = poller;
    libc.posix_spawnattr_init(this.#attributes);
    libc.posix_spawnattr_setflags(
      this.#attributes,
      POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK,
    );
    libc.posix_spawnattr_setsigdefault(this.#attributes, new Uint8Array(SIZEOF_SIGSET).fill(0xff));
    libc.posix_spawnattr_setsigmask(this.#attributes, new Uint8Array(SIZEOF_SIGSET));
  }

  /** Whether the kernel tells us of ended processes by pidfd; without, only SIGCHLD does. */
  get pidfds(): boolean {
    return this.#pidfds;
  }

  /** As `Os.spawn`. */
  spawn(request: SpawnRequest): Pid {
    const { argv, env, cwd, fds } = request;
    const program = argv[0];
    this.#argv.fill(argv);
    this.#fillEnvironment(env);
    const found = program.includes("/") ? program : findProgram(program, env.PATH, cwd);
    const path = found === program ? this.#argv.bytes : cstring(found);
    const actions = this.#actions.fill(fds, cwd);
    let error: number;
    try {
      error = libc.posix_spawn(
        this.#pid,
        path,
        actions,
        this.#attributes,
        this.#argv.pointers,
        this.#envp.pointers,
      );
    } finally {
      this.#actions.clear();
    }
    if (error !== 0) throw spawnError(found, cwd, fds, error);
    const pid = this.#pid[0]!;
    this.#started.set(pid, this.#openPidfd(pid));
    return pid;
  }

  /** As `Os.adopt`. */
  adopt(pid: Pid): void {
    this.#started.set(pid, this.#openPidfd(pid));
  }

  /**
   * Takes note of the processes that the pidfds report now. A pidfd goes on reporting until its process is reaped, so
   * the new list replaces the old one: a pid that stayed in it twice could be that of a new service when it is used.
   */
  noteEnded(pids: Pid[]): void {
    this.#ended = pids;
  }

  /** Whether there is an ended process to reap. */
  anyEnded(): boolean {
    return this.#peek() !== 0;
  }

  /**
   * Reaps up to {@linkcode REAP_BATCH} processes.
   *
   * @returns The exits, and whether there may be more.
   */
  reap(): { exits: Exit[]; more: boolean } {
    const exits: Exit[] = [];
    // waitid(P_ALL) searches all children one by one; those known by their pidfd need no search.
    while (exits.length < REAP_BATCH) {
      const pid = this.#ended.pop() ?? this.#peek();
      if (pid === 0) return { exits, more: false };
      const exit = this.#reapOne(pid);
      if (exit !== null) exits.push(exit);
    }
    return { exits, more: true };
  }

  /** Closes the pidfds. */
  close(): void {
    for (const pidfd of this.#started.values()) if (pidfd !== -1) libc.close(pidfd);
    this.#started.clear();
    this.#actions.close();
  }

  #reapOne(pid: Pid): Exit | null {
    const pidfd = this.#started.get(pid);
    // The zombie of the leader still holds the group's id here; once it is reaped, the id may become a stranger's.
    if (pidfd !== undefined) libc.kill(-pid, SIGKILL);
    const info = this.#siginfo;
    info[SI_PID] = 0;
    if (libc.waitid(P_PID, pid, info, WEXITED | WNOHANG) === -1 || info[SI_PID] === 0) return null;
    if (pidfd !== undefined) {
      this.#started.delete(pid);
      if (pidfd !== -1) libc.close(pidfd);
    }
    return { pid, status: decode(info[SI_CODE]!, info[SI_STATUS]!) };
  }

  /** The id of an ended process, which stays a zombie; 0 if there is none. */
  #peek(): Pid {
    this.#siginfo[SI_PID] = 0;
    const result = libc.waitid(P_ALL, 0, this.#siginfo, WEXITED | WNOHANG | WNOWAIT);
    return result === -1 ? 0 : this.#siginfo[SI_PID]!;
  }

  #openPidfd(pid: Pid): Fd {
    if (!this.#pidfds) return -1;
    const pidfd = libc.pidfd_open(SYS_pidfd_open, pid, 0);
    if (pidfd === -1) {
      // Old kernels and some sandboxes have no such call; SIGCHLD then serves alone. The process runs in any case.
      if (errno() === ENOSYS || errno() === 1) this.#pidfds = false;
      return -1;
    }
    try {
      this.#poller.watchProcess(pidfd, pid);
    } catch {
      // The set of epoll is full or out of memory. The process runs, so that this is no failure to start it.
      libc.close(pidfd);
      return -1;
    }
    return pidfd;
  }

  /** Encodes the environment, unless it equals the last one: comparing costs less, and services share most of it. */
  #fillEnvironment(env: Readonly<Record<string, string>>): void {
    if (this.#isLastEnvironment(env)) return;
    this.#envKeys = null;
    const keys = Object.keys(env);
    const values = new Array<string>(keys.length);
    const entries = new Array<string>(keys.length);
    for (let at = 0; at < keys.length; at++) {
      const key = keys[at]!;
      if (key === "" || key.includes("=")) {
        throw osError("pass", "EINVAL", JSON.stringify(key), "it cannot name an environment variable");
      }
      values[at] = env[key]!;
      entries[at] = key + "=" + values[at];
    }
    this.#envp.fill(entries);
    this.#envKeys = keys;
    this.#envValues = values;
  }

  #isLastEnvironment(env: Readonly<Record<string, string>>): boolean {
    const keys = this.#envKeys;
    if (keys === null) return false;
    let at = 0;
    for (const key in env) {
      if (keys[at] !== key || this.#envValues[at] !== env[key]) return false;
      at++;
    }
    return at === keys.length;
  }
}

/**
 * Makes this process another program: execve(2). Descriptors that are not close-on-exec, the pid and all children
 * stay; other threads, listeners and the state of JavaScript are gone.
 *
 * @param path The program; unlike in `spawn`, PATH is not searched.
 * @throws {OsError} `exec`, if the kernel refuses. Past some point it no longer can: check the file first.
 */
export function execve(path: string, argv: readonly string[], env: Readonly<Record<string, string>>): never {
  const argvVector = new StringVector(), envVector = new StringVector();
  argvVector.fill(argv);
  envVector.fill(Object.entries(env).map(([key, value]) => `${key}=${value}`));
  libc.execve(cstring(path), argvVector.pointers, envVector.pointers);
  throw execError(path, undefined, errno());
}

/** siginfo_t of waitid(2): si_status is an exit code or a signal, and si_code says which. */
export function decode(code: number, status: number): ExitStatus {
  if (code === CLD_EXITED) return { code: status };
  return { signal: signalName(status), core: code === CLD_DUMPED };
}
