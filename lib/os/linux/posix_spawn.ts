/** posix_spawn(3): how plain processes are started where the kernel or a sandbox refuses the way of spawn_engine.ts. */
import type { Fd, Pid, SpawnRequest } from "../os.ts";
import { spawnError } from "./exec_failure.ts";
import { FileActions } from "./file_actions.ts";
import { cstring, libc } from "./libc.ts";
import { NOFILE, usualOpenFiles } from "./spawn_attributes.ts";
import type { StringVector } from "./string_vector.ts";

/** From <spawn.h>. */
const POSIX_SPAWN_SETSIGDEF = 0x04, POSIX_SPAWN_SETSIGMASK = 0x08, POSIX_SPAWN_SETSID = 0x80;
/** Sizes of opaque types on x86-64 glibc: posix_spawnattr_t and sigset_t. */
export const SIZEOF_SPAWNATTR = 336, SIZEOF_SIGSET = 128;

/** A program that was found, with what it gets. */
export interface Launch {
  readonly request: SpawnRequest;
  readonly path: string;
  readonly argv: StringVector;
  readonly envp: StringVector;
  /** Where in `envp` the digits of the process's own id are wanted, with a zero byte behind them; null if they are not. */
  readonly ownPid: Uint8Array | null;
  /** As `SpawnSources.collect` returns it. */
  readonly sources: readonly Fd[];
}

/** Starts processes by the C library. The instance keeps all buffers. */
export class PosixSpawn {
  readonly #actions = new FileActions();
  readonly #attributes = new Uint8Array(SIZEOF_SPAWNATTR);
  readonly #pid = new Int32Array(1);

  constructor() {
    libc.posix_spawnattr_init(this.#attributes);
    libc.posix_spawnattr_setflags(
      this.#attributes,
      POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK,
    );
    libc.posix_spawnattr_setsigdefault(this.#attributes, new Uint8Array(SIZEOF_SIGSET).fill(0xff));
    libc.posix_spawnattr_setsigmask(this.#attributes, new Uint8Array(SIZEOF_SIGSET));
  }

  /** Starts a process. @throws {OsError} As `Os.spawn`. */
  spawn({ request: { cwd, fds }, path, argv, envp, sources }: Launch): Pid {
    const actions = this.#actions.fill(sources, cwd);
    let error: number;
    try {
      error = libc.posix_spawn(
        this.#pid,
        cstring(path),
        actions,
        this.#attributes,
        argv.pointers,
        envp.pointers,
      );
    } finally {
      this.#actions.clear();
    }
    if (error !== 0) throw spawnError(path, cwd, fds, error);
    const pid = this.#pid[0]!;
    libc.prlimit(pid, NOFILE, usualOpenFiles(), null);
    return pid;
  }
}
