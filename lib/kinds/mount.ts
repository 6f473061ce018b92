import type { Deps, NoDeps, Outputs } from "../define/dependency.ts";
import { noHooks } from "../define/hooks.ts";
import { makeService, type Service, type Settings, shared } from "../define/service.ts";
import type { Millis } from "../define/time.ts";

/** Settings of {@linkcode mount}. */
export interface Mount<D extends Deps> extends Settings<D> {
  /**
   * What is mounted: a device, a `LABEL=` or `UUID=`, or a word such as
   * `tmpfs`; or a function from the outputs of `deps` that tells it. Called in
   * PID 1: it must be synchronous and without effects.
   *
   * @example `({ luks }) => luks.device`
   */
  readonly device: string | ((outputs: Outputs<D>) => string);
  /**
   * Where it is mounted, an absolute path of a directory that exists. It is claimed as a mount point.
   *
   * @example `"/persist"`
   */
  readonly path: string;
  /**
   * The type of file system. Default: what mount(8) finds.
   *
   * @example `"ext4"`
   */
  readonly type?: string;
  /**
   * Options, as after `-o` of mount(8). Default: none.
   *
   * @example `["noatime", "nodev"]`
   */
  readonly options?: readonly string[];
  /**
   * Longest time that mounting, and unmounting, may take. Default: 60 s.
   *
   * @example `minutes(5)`
   */
  readonly timeout?: Millis;
}

/** The output of {@linkcode mount}. */
export interface Mounted {
  /** Where it is mounted. */
  readonly path: string;
}

/**
 * Defines a oneshot that mounts a file system with mount(8), and unmounts it
 * with umount(8) when it goes down. What is below the mount point should need it.
 *
 * @example
 * ```ts
 * import { defineService, mount, spawned } from "denit";
 *
 * export const persist = mount({ device: "LABEL=persist", path: "/persist", type: "ext4", options: ["noatime"] });
 * export const database = defineService({
 *   deps: { persist },
 *   run: ({ persist }) => ({ argv: ["/usr/bin/database", "--data", `${persist.path}/database`] }),
 *   ready: spawned(),
 * });
 * if (persist.kind !== "oneshot") throw new Error("a mount is a oneshot");
 * ```
 *
 * @typeParam D The dependencies; inferred from `deps`.
 * @param settings What is mounted where.
 * @returns A oneshot service whose output is where it is mounted.
 * @throws {RangeError} If the path is not absolute, or is the root itself: that is mounted before init starts.
 */
export function mount<D extends Deps = NoDeps>(settings: Mount<D>): Service<Mounted> {
  const { device, path, type, options = [], claims = {}, timeout } = settings;
  if (!path.startsWith("/")) throw new RangeError(`cannot mount on ${path}: it is not an absolute path`);
  if (/^\/+$/.test(path)) throw new RangeError("cannot mount on /: the root is mounted before init starts");
  return makeService({
    ...shared(settings),
    kind: "oneshot",
    run: (outputs) => {
      // The record holds the outputs of these very deps; only the lowered type has forgotten it.
      const source = typeof device === "string" ? device : device(outputs as Outputs<D>);
      const flags = [
        ...type === undefined ? [] : ["-t", type],
        ...options.length === 0 ? [] : ["-o", options.join(",")],
      ];
      // "--", as a device may come from another program and begin with a dash.
      return { argv: ["/bin/mount", ...flags, "--", source, path] };
    },
    undo: () => ({ argv: ["/bin/umount", "--", path] }),
    body: null,
    ready: null,
    hooks: noHooks,
    // mount(8) says nothing that would be worth reading: the output is known before.
    output: { expects: "nothing", parse: () => ({ path }) },
    timeout,
    claims: { ...claims, mountPoints: [path, ...claims.mountPoints ?? []] },
    defined: new Error("defined here"),
  });
}
