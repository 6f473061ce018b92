import type { CapabilityName, LimitName, NamespaceName } from "./kernel_names.ts";

/** A limit of setrlimit(2): bytes, seconds (cpu), microseconds (rttime) or a count. */
export type LimitValue = number | "unlimited";

/**
 * What a process is allowed, and how it is run. What is not named stays as it is for the supervisor, but for the limit
 * of open files, which is 1024 (soft) as programs expect it. Whoever may not give what is asked for fails to start the
 * service, with the call that was refused as the stage.
 *
 * @example
 * ```ts
 * import type { Command } from "denit";
 *
 * const web: Command = {
 *   argv: ["/usr/sbin/nginx", "-g", "daemon off;"],
 *   user: "nginx",
 *   limits: { nofile: 65_536, core: 0 },
 *   capabilities: { keep: ["net_bind_service"], ambient: ["net_bind_service"] },
 *   noNewPrivileges: true,
 * };
 * if (web.user !== "nginx") throw new Error("a name");
 * ```
 */
export interface Attributes {
  /**
   * Whom it runs as: a name in /etc/passwd, or a number. Group and supplementary groups are this user's unless named,
   * and `HOME`, `USER`, `LOGNAME` and `SHELL` too. A number that /etc/passwd does not know needs a `group`.
   *
   * @example `"nginx"`
   */
  readonly user?: string | number;
  /**
   * Its group: a name in /etc/group, or a number. Default: that of `user`.
   *
   * @example `"www-data"`
   */
  readonly group?: string | number;
  /**
   * Its supplementary groups, in the place of those that `user` has. Default: those, or with a `group` alone none.
   *
   * @example `["video", "render"]`
   */
  readonly groups?: readonly (string | number)[];
  /**
   * Permissions that files it makes do not get: umask(2).
   *
   * @example `0o027`
   */
  readonly umask?: number;
  /**
   * Limits by the names of prlimit(1), soft and hard alike or each: setrlimit(2).
   *
   * @example `{ nofile: { soft: 4096, hard: 65_536 }, core: "unlimited", memlock: 0 }`
   */
  readonly limits?: {
    readonly [Name in LimitName]?: LimitValue | { readonly soft: LimitValue; readonly hard: LimitValue };
  };
  /**
   * From -20, most urgent, to 19: setpriority(2).
   *
   * @example `10`
   */
  readonly nice?: number;
  /**
   * From -1000, never killed for want of memory, to 1000, killed first: proc_pid_oom_score_adj(5).
   *
   * @example `-500`
   */
  readonly oomScore?: number;
  /**
   * Whether no program that it starts may give it more rights than it has: PR_SET_NO_NEW_PRIVS of prctl(2). Default: false.
   *
   * @example `true`
   */
  readonly noNewPrivileges?: boolean;
  /**
   * Capabilities by their names in capabilities(7), in small letters: `keep` are all that it and its descendants can
   * ever have; `ambient` are those that it has although it is not root's. Default: all that the supervisor can have, and none.
   *
   * @example `{ keep: ["net_bind_service"], ambient: ["net_bind_service"] }`
   */
  readonly capabilities?: {
    readonly keep?: readonly CapabilityName[];
    readonly ambient?: readonly CapabilityName[];
  };
  /**
   * The folder that is its `/`, and where it starts; users are still those of our /etc. By pivot_root(2) if it has a
   * `mount` namespace, else by chroot(2), which is no wall for root.
   *
   * @example `"/srv/tftp"`
   */
  readonly root?: string;
  /**
   * How its turns at disks are given: ioprio_set(2). The level is from 0, most urgent, to 7; not for `idle`.
   *
   * @example `{ class: "idle" }`
   */
  readonly ioPriority?: { readonly class: "realtime" | "best-effort" | "idle"; readonly level?: number };
  /**
   * How its turns at processors are given: sched_setscheduler(2). `fifo` and `rr` need a priority from 1 to 99, most urgent.
   *
   * @example `{ policy: "fifo", priority: 50 }`
   */
  readonly scheduler?: {
    readonly policy: "other" | "batch" | "idle" | "fifo" | "rr";
    readonly priority?: number;
  };
  /**
   * The numbers of the processors that it may run on, at least one: sched_setaffinity(2).
   *
   * @example `[0, 1]`
   */
  readonly cpus?: readonly number[];
  /**
   * Namespaces of its own: namespaces(7). With `pid` it is PID 1 there; with `network` all it has is a loopback interface.
   *
   * @example `["network", "ipc"]`
   */
  readonly namespaces?: readonly NamespaceName[];
  /**
   * Whether it has a /tmp and a /var/tmp of its own, in memory, which end with it. Default: false.
   *
   * @example `true`
   */
  readonly privateTmp?: boolean;
  /**
   * Files and folders, absolute paths, that it cannot write to: mounted read-only for it alone.
   *
   * @example `["/usr", "/etc"]`
   */
  readonly readOnlyPaths?: readonly string[];
}
