/** Kinds that need no process: init itself does by system calls what they stand for, and gives up after 10 s. */
import type { Deps, NoDeps, Outputs } from "../define/dependency.ts";
import { noHooks } from "../define/hooks.ts";
import type { KernelTask, Performed } from "../define/kernel_task.ts";
import { makeService, type Service, type Settings, shared } from "../define/service.ts";
import { type Millis, seconds } from "../define/time.ts";

/** A setting, or a function from the outputs of `deps` that tells it: synchronous and without effects. */
export type Told<D extends Deps, T> = T | ((outputs: Outputs<D>) => T);

/** Settings of {@linkcode hostname}. */
export interface Hostname<D extends Deps> extends Settings<D> {
  /**
   * The name, 1 to 64 bytes.
   *
   * @example `({ identity }) => identity.name`
   */
  readonly name: Told<D, string>;
}

/**
 * Defines a oneshot that names the machine: sethostname(2). As an ordinary process, and in a container that shares
 * the name of the machine around it, it is left out.
 *
 * @example
 * ```ts
 * import { hostname } from "denit";
 *
 * export const name = hostname("fortros-7");
 * if (name.kind !== "oneshot") throw new Error("naming is a oneshot");
 * ```
 *
 * @typeParam D The dependencies; inferred from `deps`.
 * @param settings The name, or the name and settings.
 * @returns A oneshot service that yields the name.
 * @throws {RangeError} If the name is empty, or longer than 64 bytes.
 */
export function hostname<D extends Deps = NoDeps>(
  settings: string | Hostname<D>,
): Service<Performed<{ name: string }>> {
  const { name, ...rest }: Hostname<D> = typeof settings === "string" ? { name: settings } : settings;
  if (name === "") throw new RangeError("cannot name the machine: the name is empty");
  if (typeof name === "string" && new TextEncoder().encode(name).length > 64) {
    throw new RangeError(`cannot name the machine ${name}: the kernel takes at most 64 bytes`);
  }
  return inInit(rest, (outputs) => ({ kernel: "hostname", name: tell(name, outputs) }));
}

/**
 * Defines a oneshot that switches the loopback interface on, so that programs of this machine reach each other by
 * 127.0.0.1 and ::1: netdevice(7). As an ordinary process it is left out.
 *
 * @example
 * ```ts
 * import { defineService, loopback, tcpProbe } from "denit";
 *
 * export const lo = loopback();
 * export const dns = defineService({
 *   deps: { lo },
 *   run: () => ({ argv: ["/usr/sbin/unbound", "-d"] }),
 *   ready: tcpProbe({ port: 53 }),
 * });
 * ```
 *
 * @typeParam D The dependencies; inferred from `deps`.
 * @returns A oneshot service that yields the name of the interface.
 */
export function loopback<D extends Deps = NoDeps>(
  settings: Settings<D> = {},
): Service<Performed<{ interface: string }>> {
  return inInit(settings, () => ({ kernel: "loopback" }));
}

/** Settings of {@linkcode kernelModules}. */
export interface KernelModules<D extends Deps> extends Settings<D> {
  /**
   * Names of modules, without a path; `-` and `_` are the same.
   *
   * @example `["dm_crypt", "wireguard"]`
   */
  readonly names: readonly string[];
  /**
   * Longest time that loading may take, with the search of drivers for their hardware. Default: 10 s.
   *
   * @example `minutes(1)`
   */
  readonly timeout?: Millis;
}

/**
 * Defines a oneshot that loads modules of the kernel, and what these need by `modules.dep` of
 * `/lib/modules/VERSION`, as modprobe(8) does: finit_module(2). What is loaded already, or built in, is fine; aliases,
 * parameters and modprobe.d(5) are not looked at. Compressed modules need a kernel with CONFIG_MODULE_DECOMPRESS.
 * It fails if a module is not there or cannot be loaded. They stay loaded when it goes down; as anything but PID 1
 * of a machine it is left out.
 *
 * @example
 * ```ts
 * import { kernelModules } from "denit";
 *
 * export const modules = kernelModules(["dm_crypt", "wireguard"]);
 * if (modules.kind !== "oneshot") throw new Error("loading is a oneshot");
 * ```
 *
 * @typeParam D The dependencies; inferred from `deps`.
 * @param settings The names, or the names and settings.
 * @returns A oneshot service that yields which modules it has loaded, in this order; others were there before.
 * @throws {RangeError} If a name is none: empty, or a path.
 */
export function kernelModules<D extends Deps = NoDeps>(
  settings: readonly string[] | KernelModules<D>,
): Service<Performed<{ loaded: readonly string[] }>> {
  const { names, timeout, ...rest }: KernelModules<D> = "names" in settings ? settings : { names: settings };
  for (const name of names) {
    if (!/^[^/\s.]+$/.test(name)) {
      throw new RangeError(`cannot load module ${name}: it is not a name, such as "loop"`);
    }
  }
  return inInit(rest, () => ({ kernel: "modules", names }), null, timeout);
}

/** Settings of {@linkcode randomSeed} and {@linkcode savedClock}. */
export interface StateFile<D extends Deps> extends Settings<D> {
  /**
   * The path of a file that outlives the boot; its folder must exist.
   *
   * @example `({ persist }) => `${persist.path}/random-seed``
   */
  readonly file: Told<D, string>;
}

/**
 * Defines a oneshot that carries randomness over from boot to boot. Coming up, it replaces the seed in the file, mode
 * 0600, so that no seed is used twice, not even after a power cut, and then gives the old one to the kernel, which
 * counts it in full: RNDADDENTROPY of random(4). Going down, it saves a fresh seed of 32 bytes. A file that is not
 * there yet is no failure. An image that is copied to many machines must not contain the file. As anything but PID 1
 * of a machine it is left out.
 *
 * @example
 * ```ts
 * import { mount, randomSeed } from "denit";
 *
 * export const persist = mount({ device: "LABEL=persist", path: "/persist" });
 * export const seed = randomSeed({ deps: { persist }, file: ({ persist }) => `${persist.path}/random-seed` });
 * if (seed.kind !== "oneshot") throw new Error("a seed is a oneshot");
 * ```
 *
 * @typeParam D The dependencies; inferred from `deps`.
 * @param settings Where the seed is kept.
 * @returns A oneshot service that yields how many bits the kernel was given.
 */
export function randomSeed<D extends Deps = NoDeps>(
  settings: StateFile<D>,
): Service<Performed<{ bits: number }>> {
  const { file } = settings;
  return inInit(
    settings,
    (outputs) => ({ kernel: "load-seed", file: tell(file, outputs) }),
    (outputs) => ({ kernel: "save-seed", file: tell(file, outputs) }),
  );
}

/**
 * Defines a oneshot for a machine whose clock has no battery. Coming up, it sets the clock forward to when the file
 * was written last, if the clock is behind that: clock_settime(2). Going down, it marks the file with the time. A
 * file that is not there yet is no failure. As anything but PID 1 of a machine it is left out.
 *
 * @example
 * ```ts
 * import { savedClock } from "denit";
 *
 * export const clock = savedClock({ file: "/var/lib/clock" });
 * if (clock.kind !== "oneshot") throw new Error("setting a clock is a oneshot");
 * ```
 *
 * @typeParam D The dependencies; inferred from `deps`.
 * @param settings Where the time is kept.
 * @returns A oneshot service that yields by how many milliseconds the clock was set forward, 0 if it was not.
 */
export function savedClock<D extends Deps = NoDeps>(
  settings: StateFile<D>,
): Service<Performed<{ movedBy: Millis }>> {
  const { file } = settings;
  return inInit(
    settings,
    (outputs) => ({ kernel: "set-clock", notBeforeFile: tell(file, outputs) }),
    (outputs) => ({ kernel: "keep-clock", file: tell(file, outputs) }),
  );
}

type Task = (outputs: Record<string, unknown>) => KernelTask;

function inInit<O>(
  settings: Settings<Deps>,
  run: Task,
  undo: Task | null = null,
  // A few system calls: what takes longer hangs in the kernel.
  timeout: Millis = seconds(10),
): Service<O> {
  return makeService({
    ...shared(settings),
    kind: "oneshot",
    run,
    undo,
    inInit: true,
    body: null,
    ready: null,
    hooks: noHooks,
    output: null,
    timeout,
    defined: new Error("defined here"),
  });
}

/** The record holds the outputs of these very deps; only the lowered type has forgotten it. */
function tell<D extends Deps>(told: Told<D, string>, outputs: Record<string, unknown>): string {
  return typeof told === "string" ? told : told(outputs as Outputs<D>);
}
