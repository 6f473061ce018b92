/** The life of processes: their start, pidfd_open(2) and waitid(2). */
import { osError } from "../errno.ts";
import type { Exit, ExitStatus, Fd, Pid, SpawnRequest } from "../os.ts";
import { signalName } from "../signals.ts";
import { OsError } from "../error.ts";
import { execError, findProgram, spawnError } from "./exec_failure.ts";
import { kinOf } from "./kin.ts";
import { cstring, errno, libc } from "./libc.ts";
import type { Poller } from "./poll.ts";
import { type Launch, PosixSpawn } from "./posix_spawn.ts";
import { SpawnEngine } from "./spawn_engine.ts";
import { SpawnSources } from "./spawn_sources.ts";
import { StringVector } from "./string_vector.ts";

/** From <sys/wait.h>. */
const P_ALL = 0, P_PID = 1, WNOHANG = 1, WEXITED = 4, WNOWAIT = 0x0100_0000, __WALL = 0x4000_0000;
/** Also processes that a signal has ended before their exec: see spawn_engine.ts. */
const ENDED = WEXITED | WNOHANG | __WALL;
/** From <bits/siginfo-consts.h>: values of si_code for SIGCHLD. */
const CLD_EXITED = 1, CLD_DUMPED = 3;
/** Words of siginfo_t, which has 128 bytes: si_code at 8, si_pid at 16, si_status at 24. */
export const SI_CODE = 2, SI_PID = 4, SI_STATUS = 6, SIGINFO_WORDS = 32;
/** From <sys/syscall.h>, <signal.h> and <errno.h>. */
const SYS_pidfd_open = 434, SIGKILL = 9, EAGAIN = 11, ENOMEM = 12, ECHILD = 10, ENOSYS = 38;

/** The most processes that one call of {@linkcode Processes.reap} takes, so that a storm of orphans starves nobody. */
export const REAP_BATCH = 256;

/** Starts processes and reaps them. The instance keeps all buffers: a spawn allocates next to nothing. */
export class Processes {
  readonly #poller: Poller;
  /** A pidfd for each process that we started and have not reaped; -1 where the kernel has none. */
  readonly #started = new Map<Pid, Fd>();
  /** The group that ends with a process, where that is not the one that it leads; 0 for none. */
  readonly #groups = new Map<Pid, Pid>();
  /** Processes that a pidfd has reported as ended: these can be reaped without a search. */
  #ended: Pid[] = [];
  #pidfds = true;
  readonly #sources = new SpawnSources();
  /** Why there is none, where it is refused; null before the first spawn. */
  #engine: SpawnEngine | OsError | null = null;
  #posix: PosixSpawn | null = null;
  readonly #argv = new StringVector();
  readonly #envp = new StringVector();
  #envKeys: string[] | null = null;
  #envValues: string[] = [];
  readonly #siginfo = new Int32Array(SIGINFO_WORDS);

  constructor(poller: Poller, starter: "clone3" | "posix_spawn") {
    this.#poller = poller;
    if (starter === "posix_spawn") this.#engine = osError("clone3", "ENOSYS", "", "it is not to be used");
  }

  /** Whether the kernel tells us of ended processes by pidfd; without, only SIGCHLD does. */
  get pidfds(): boolean {
    return this.#pidfds;
  }

  /** As `Os.spawn`. */
  spawn(request: SpawnRequest): Pid {
    const { argv, env, cwd, fds, attributes, ownPid } = request;
    const program = argv[0];
    this.#argv.fill(argv);
    if (ownPid === undefined) this.#fillEnvironment(env);
    else this.#fillEnvironment(withRoomFor(ownPid, env));
    const path = program.includes("/") ? program : findProgram(program, env.PATH, cwd, attributes?.root);
    const sources = this.#sources.collect(fds);
    const launch = {
      request,
      path,
      argv: this.#argv,
      envp: this.#envp,
      ownPid: ownPid === undefined ? null : this.#roomForPid(),
      sources,
    };
    const engine = this.#engine ?? SpawnEngine.open(this.#sources);
    if (engine instanceof OsError) {
      // Where there is no room for a process now, there may be later.
      if (engine.errno === EAGAIN || engine.errno === ENOMEM) throw spawnError(path, cwd, fds, engine.errno);
      this.#engine = engine;
      return this.#spawnPlain(launch, engine);
    }
    this.#engine = engine;
    const { pid, pidfd } = engine.spawn(launch);
    this.#started.set(pid, this.#watch(pid, pidfd));
    if (request.leavesGroup === true) this.#groups.set(pid, 0);
    return pid;
  }

  /** As `Os.adopt`. */
  adopt(pid: Pid, instead?: Pid): void {
    this.#started.set(pid, this.#openPidfd(pid));
    // A group that it has not left is its own now, and ends with it.
    this.#groups.set(pid, kinOf(pid)?.group ?? pid);
    if (instead !== undefined && this.#started.has(instead)) this.#groups.set(instead, 0);
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
    if (this.#engine instanceof SpawnEngine) this.#engine.close();
    this.#sources.close();
  }

  #spawnPlain(launch: Launch, why: OsError): Pid {
    if (launch.request.attributes !== undefined) {
      throw osError("give attributes to", why.errno, launch.path, `this machine refuses it: ${why.message}`);
    }
    const { ownPid, argv } = launch.request;
    // Nobody can tell it before its exec, so a shell finds it out: through an exec it stays the same.
    if (ownPid !== undefined) {
      this.#argv.fill([
        "/bin/sh",
        "-c",
        `export ${ownPid}="$$"; exec "$@"`,
        "sh",
        launch.path,
        ...argv.slice(1),
      ]);
    }
    const path = ownPid === undefined ? launch.path : "/bin/sh";
    const pid = (this.#posix ??= new PosixSpawn()).spawn({ ...launch, path });
    this.#started.set(pid, this.#openPidfd(pid));
    if (launch.request.leavesGroup === true) this.#groups.set(pid, 0);
    return pid;
  }

  #reapOne(pid: Pid): Exit | null {
    const pidfd = this.#started.get(pid);
    const info = this.#siginfo;
    const adopted = pidfd !== undefined && this.#groups.has(pid);
    // Another one's child: that one is told how it ended, and shall have the time to hear it.
    const foreign = adopted && libc.waitid(P_PID, pid, info, ENDED | WNOWAIT) === -1 && errno() === ECHILD;
    // The zombie still holds the group's id here; once it is reaped, the id may become a stranger's.
    const group = this.#groups.get(pid) ?? pid;
    if (pidfd !== undefined && group > 1 && !foreign) libc.kill(-group, SIGKILL);
    info[SI_PID] = 0;
    const failed = libc.waitid(P_PID, pid, info, ENDED) === -1 || info[SI_PID] === 0;
    if (failed && !foreign) return null;
    if (pidfd !== undefined) {
      this.#started.delete(pid);
      this.#groups.delete(pid);
      if (pidfd !== -1) libc.close(pidfd);
    }
    return { pid, status: foreign ? { code: 255 } : decode(info[SI_CODE]!, info[SI_STATUS]!) };
  }

  /** The id of an ended process, which stays a zombie; 0 if there is none. */
  #peek(): Pid {
    this.#siginfo[SI_PID] = 0;
    const result = libc.waitid(P_ALL, 0, this.#siginfo, ENDED | WNOWAIT);
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
    return this.#watch(pid, pidfd);
  }

  #watch(pid: Pid, pidfd: Fd): Fd {
    if (pidfd === -1) return -1;
    try {
      this.#poller.watchProcess(pidfd, pid);
    } catch {
      // The set of epoll is full or out of memory. The process runs, so that this is no failure to start it.
      libc.close(pidfd);
      return -1;
    }
    return pidfd;
  }

  /** The room that {@linkcode withRoomFor} has made. What is written there makes it another environment. */
  #roomForPid(): Uint8Array {
    this.#envKeys = null;
    const end = this.#envp.length - 1;
    return this.#envp.bytes.subarray(end - PID_ROOM.length, end + 1);
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

/** Room for a pid and a zero byte: the largest is 2^22, and thus shorter. */
const PID_ROOM = "00000000";

/** An environment whose last variable has room for the digits of a pid. */
function withRoomFor(name: string, env: Readonly<Record<string, string>>): Record<string, string> {
  const { [name]: _, ...others } = env;
  return { ...others, [name]: PID_ROOM };
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
