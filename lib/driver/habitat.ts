import type { ServiceFiles } from "../os/service_files.ts";
import type { Accounts } from "./accounts.ts";

/** How processes are started in this place. */
export interface Habitat {
  /** The environment that every process gets, before its own settings. */
  readonly env: Readonly<Record<string, string>>;
  /** The working directory of a process that names none; null for that of the supervisor. */
  readonly cwd: string | null;
  /** Program and first arguments that start this binary again, for TypeScript bodies. */
  readonly self: readonly [string, ...string[]];
  /**
   * What is ours to do besides: all that a machine needs, what a namespace has of its own, or nothing. Default: `process`.
   */
  readonly place?: "machine" | "namespace" | "process";
  /** What is given to services in files. Default: nothing is, as on a virtual kernel. */
  readonly files?: ServiceFiles;
  /** Who there is. Default: nobody has a name, and processes are all of one user, as on a virtual kernel. */
  readonly accounts?: Accounts;
}
