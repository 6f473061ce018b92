import type { CapabilityName, LimitName, NamespaceName, SecureBit } from "./kernel_names.ts";
import type { Directories, EnvironmentFile, Secret } from "./own_files.ts";
import type { Size } from "./size.ts";

/** A limit of setrlimit(2): bytes, seconds (cpu), microseconds (rttime) or a count. */
export type LimitValue = Size | "unlimited";

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
   * What changes for whoever is root, or becomes it, by the names of capabilities(7): with `noroot` root has no rights
   * for being root. It needs CAP_SETPCAP. Default: as the supervisor has them, none as a rule.
   *
   * @example `["noroot", "noroot-locked"]`
   */
  readonly securebits?: readonly SecureBit[];
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
  /**
   * Files and folders, absolute paths, that it does not see: a folder is empty, and nobody may enter it; a file is empty.
   *
   * @example `["/root", "/etc/shadow"]`
   */
  readonly hiddenPaths?: readonly string[];
  /**
   * Folders that are made for it, with all that is above them, before it is started.
   *
   * @example `{ runtime: "/run/web", state: { path: "/var/lib/web", mode: 0o700 } }`
   */
  readonly directories?: Directories;
  /**
   * Files with variables, read each time before it is started, in this order. A variable in a later one replaces that of
   * an earlier one; those in `env` replace all of them.
   *
   * @example `["/etc/default/web", { path: "/etc/default/web.local", optional: true }]`
   */
  readonly envFiles?: readonly EnvironmentFile[];
  /**
   * Secrets by their names: each is read by the supervisor, and only this process and what it starts get to see it. No
   * environment, log or journal has any of it. A path alone, of a file that the supervisor can read, becomes the file
   * `$CREDENTIALS_DIRECTORY/NAME` in memory, which nobody outside sees, and which takes CAP_SYS_ADMIN; with an `fd`
   * it is what that descriptor reads, which takes no rights.
   *
   * @example `{ "tls.key": "/persist/secrets/web.key", token: { path: "/persist/secrets/token", fd: 5 } }`
   */
  readonly secrets?: Readonly<Record<string, Secret>>;
}
