/**
 * A folder of a service: its path, an absolute one, or that with permissions. It belongs to the process's user and
 * group.
 *
 * @example
 * ```ts
 * import type { Directory } from "denit";
 *
 * const state: Directory = { path: "/var/lib/web", mode: 0o700 };
 * if (state.mode !== 0o700) throw new Error("for its owner alone");
 * ```
 */
export type Directory = string | {
  /** An absolute path. */
  readonly path: string;
  /** Its permissions, whatever the umask is. Default: 0o755. */
  readonly mode?: number;
};

/**
 * Folders of a service by what they are for. Each is made unless it is there, and given its owner and its permissions,
 * with all that is above it, which is root's; what is in it stays as it is. Its path is also in the environment, under
 * the name that systemd.exec(5) has for it. No link in the way is followed that somebody else could have put there.
 * With a `root` it is in that. The process can write to them although `readOnlyPaths` names what they are in.
 *
 * @example
 * ```ts
 * import type { Command, Directories } from "denit";
 *
 * const directories: Directories = { runtime: "/run/web", state: { path: "/var/lib/web", mode: 0o700 } };
 * const web: Command = { argv: ["/usr/sbin/web"], user: "web", directories };
 * if (web.directories?.cache !== undefined) throw new Error("it has no cache");
 * ```
 */
export interface Directories {
  /**
   * For sockets and the like, `$RUNTIME_DIRECTORY`. It is removed, with all that is in it, when the service is down;
   * restarts leave it be.
   *
   * @example `"/run/web"`
   */
  readonly runtime?: Directory;
  /**
   * For what must last, `$STATE_DIRECTORY`.
   *
   * @example `{ path: "/var/lib/web", mode: 0o700 }`
   */
  readonly state?: Directory;
  /**
   * For what can be made again, `$CACHE_DIRECTORY`.
   *
   * @example `"/var/cache/web"`
   */
  readonly cache?: Directory;
  /**
   * For logs that it writes itself, `$LOGS_DIRECTORY`.
   *
   * @example `"/var/log/web"`
   */
  readonly logs?: Directory;
}

/**
 * A file with variables, a line each: `NAME=value`. Blank lines, and those that begin with `#` or `;`, mean nothing. A
 * value in single quotes is taken as it is; in double quotes `\"`, `\\`, `\$` and `` \` `` stand for the character, and
 * `\n` for a new line. Nothing is expanded. The supervisor reads it, and waits for that: it should be on a disk of this
 * machine, and has at most 1 MiB. An absolute path; a file that is not there is a failed start, unless it is
 * optional.
 *
 * @example
 * ```ts
 * import type { EnvironmentFile } from "denit";
 *
 * const local: EnvironmentFile = { path: "/etc/default/web.local", optional: true };
 * if (!local.optional) throw new Error("it may be missing");
 * ```
 */
export type EnvironmentFile = string | {
  /** An absolute path. */
  readonly path: string;
  /** Whether it may be missing. Default: false. */
  readonly optional?: boolean;
};

/**
 * A secret: the path of the file that it is in, an absolute one, of at most 1 MiB; or that with the number of the
 * descriptor, from 3 on, by which the process reads it.
 *
 * @example
 * ```ts
 * import type { Secret } from "denit";
 *
 * const token: Secret = { path: "/persist/secrets/token", fd: 5 };
 * if (token.fd !== 5) throw new Error("the process reads descriptor 5");
 * ```
 */
export type Secret = string | {
  /** An absolute path. */
  readonly path: string;
  /** Where the process reads it. */
  readonly fd: number;
};
