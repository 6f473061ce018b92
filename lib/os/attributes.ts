/** What a process is allowed and how it is run, as the kernel knows it: numbers and paths, no names of users. */

import type { CapabilityName, LimitName, NamespaceName } from "../define/kernel_names.ts";

export { CAPABILITIES, type CapabilityName, type LimitName, LIMITS } from "../define/kernel_names.ts";

/** A soft and a hard limit: bytes, seconds (cpu), microseconds (rttime) or a count, as setrlimit(2) has them. */
export interface Limit {
  readonly soft: number | "unlimited";
  readonly hard: number | "unlimited";
}

/** Something that is mounted for a process alone: mount(2). Paths at which it appears are those that the process sees. */
export type ProcessMount =
  /**
   * A part of our tree, with all that is mounted below it. `bind` and `at` may be the same, to make it read-only, or,
   * with `false`, writable although what it is in is not. Default: as it is.
   */
  | { readonly bind: string; readonly at: string; readonly readOnly?: boolean }
  /** A file system of its own. Flags are `MS_*` of mount(2), or-ed; options are those of the file system. */
  | {
    readonly type: string;
    readonly at: string;
    readonly source?: string;
    readonly flags?: number;
    readonly options?: string;
  }
  /** A folder in memory with files, which nobody but their owner may read. */
  | {
    readonly at: string;
    readonly contents: Readonly<Record<string, Uint8Array<ArrayBuffer>>>;
    readonly uid?: number;
    readonly gid?: number;
  }
  /** A folder that becomes an empty one which nobody may enter, or a file that reads as empty. */
  | { readonly hide: string };

/** What {@linkcode SpawnRequest} may say of a process beyond its program. What is not named stays as it is with us. */
export interface SpawnAttributes {
  /** Real, effective and saved: setresuid(2). Capabilities go with it, except `capabilities.ambient`. */
  readonly uid?: number;
  /** Real, effective and saved: setresgid(2). */
  readonly gid?: number;
  /** Supplementary groups: setgroups(2). None if there is a `uid` or `gid`: ours are not for somebody else. */
  readonly groups?: readonly number[];
  /** umask(2). */
  readonly umask?: number;
  /**
   * The folder that the process has as its `/`: pivot_root(2) where it has its own `mount` namespace, so that nothing
   * else is left, and otherwise chroot(2), which is no wall for root. Both leave the process in `/`.
   */
  readonly root?: string;
  /** setrlimit(2). `nofile` is 1024 and the hard limit that we have unless named, whatever Deno made of ours. */
  readonly limits?: { readonly [Name in LimitName]?: Limit };
  /** -20 (most urgent) to 19: setpriority(2). */
  readonly nice?: number;
  /** ioprio_set(2), the level from 0 (most urgent) to 7. */
  readonly ioPriority?: { readonly class: "realtime" | "best-effort" | "idle"; readonly level?: number };
  /** sched_setscheduler(2); a priority from 1 to 99 (most urgent) belongs to `fifo` and `rr`, and only to them. */
  readonly scheduler?: {
    readonly policy: "other" | "batch" | "idle" | "fifo" | "rr";
    readonly priority?: number;
  };
  /** The numbers of the processors it may run on: sched_setaffinity(2). */
  readonly affinity?: readonly number[];
  /** -1000 (never killed for memory) to 1000: proc_pid_oom_score_adj(5). */
  readonly oomScoreAdj?: number;
  /** capabilities(7). */
  readonly capabilities?: {
    /** All that the process and its descendants can ever have; ours if undefined. */
    readonly bounding?: readonly CapabilityName[];
    /** What the program has although it is not root's. Each has to be in the bounding set. */
    readonly ambient?: readonly CapabilityName[];
  };
  /** PR_SET_NO_NEW_PRIVS of prctl(2): no set-user-ID program gives more than the process has. */
  readonly noNewPrivileges?: boolean;
  /** SECBIT_* of <linux/securebits.h>, or-ed: PR_SET_SECUREBITS of prctl(2), a bit for each of `SECUREBITS`. */
  readonly securebits?: number;
  /**
   * Namespaces of its own: namespaces(7). With `pid` it is PID 1 there: signals that it does not catch do not end it,
   * but for SIGKILL, and its end is that of all others inside. With `network` it has a loopback interface that is up.
   */
  readonly namespaces?: readonly NamespaceName[];
  /** In this order; they mean a `mount` namespace. Mounts that we make later appear there too, its own nowhere else. */
  readonly mounts?: readonly ProcessMount[];
  /** Whether the terminal on its descriptor 0 becomes its controlling one: TIOCSCTTY of ioctl_tty(2). */
  readonly controllingTerminal?: boolean;
  /** The folder of the cgroup, of version 2, that it is born in: CLONE_INTO_CGROUP of clone3(2). */
  readonly cgroup?: string;
}
