import { isService, type Service } from "./service.ts";
import type { Millis } from "./time.ts";

const members = Symbol("denit.members");
const settings = Symbol("denit.settings");

/** A set of services with a name; it holds no process. */
export interface Bundle {
  readonly [members]: readonly (Service | Bundle)[];
}

/**
 * Defines a bundle: a set of services, and of other bundles, under the name
 * that it is exported under.
 *
 * @example
 * ```ts
 * import { defineBundle, defineService, spawned } from "denit";
 *
 * export const web = defineService({ run: () => ({ argv: ["/usr/bin/web"] }), ready: spawned() });
 * export const database = defineService({ run: () => ({ argv: ["/usr/bin/db"] }), ready: spawned() });
 * export const shop = defineBundle([web, database]);
 * ```
 *
 * @param contents The services, and bundles of services; what they need is started without being named.
 * @returns The bundle.
 */
export function defineBundle(contents: readonly (Service | Bundle)[]): Bundle {
  return { [members]: contents };
}

/** Whether a value is a bundle. */
export function isBundle(value: unknown): value is Bundle {
  return typeof value === "object" && value !== null && members in value;
}

/** What a bundle was defined with: whatever the unit wrote, which need not be what the types say. */
export function contentsOf(bundle: Bundle): readonly unknown[] {
  return bundle[members];
}

/** Every service of a bundle, in the order written, each once. */
export function membersOf(bundle: Bundle): readonly Service[] {
  const found = new Set<Service>();
  const seen = new Set<Bundle>();
  const visit = (item: Service | Bundle) => {
    if (isService(item)) found.add(item);
    else if (isBundle(item) && !seen.has(item)) {
      seen.add(item);
      item[members].forEach(visit);
    }
  };
  visit(bundle);
  return [...found];
}

/**
 * When a boot has succeeded, and what follows when it has not in time.
 *
 * @example
 * ```ts
 * import { defineService, seconds, spawned, type Watchdog } from "denit";
 *
 * export const agent = defineService({ run: () => ({ argv: ["/usr/bin/agent"] }), ready: spawned() });
 * const watchdog: Watchdog = {
 *   success: [agent],
 *   deadline: seconds(90),
 *   statusFile: (generation) => `/persist/generations/${generation}/status`,
 *   onFailure: "stay",
 * };
 * if (watchdog.deadline !== 90_000) throw new Error("lengths of time are milliseconds");
 * ```
 */
export interface Watchdog {
  /**
   * The boot has succeeded once all of these have been ready.
   *
   * @example `[fortrosMaintainer]`
   */
  readonly success: readonly Service[];
  /**
   * Longest time from the start of init until then. `check` proves that it
   * suffices if every start takes as long as it may: with all attempts of a
   * service that gives up, with the first attempt of one that never does.
   *
   * @example `seconds(90)`
   */
  readonly deadline: Millis;
  /**
   * The file that says `ok` or `failed` afterwards, an absolute path, or a
   * function of the generation's id that returns one. Where a service mounts
   * what it lies on, `success` must wait for that service. It is replaced as a
   * whole, never half written; the folder is made where it is missing.
   *
   * @example `(generation) => `/persist/generations/${generation}/status``
   */
  readonly statusFile: string | ((generation: string) => string);
  /**
   * What follows a missed deadline: after everything was taken down, the machine starts anew or is switched off; or
   * `"rescue"`, there is a shell on the console, and the machine starts anew when it is left; or nothing. In a
   * container or namespace, init ends with exit code 2 instead. Default: `"reboot"`.
   *
   * @example `"stay"`
   */
  readonly onFailure?: OnFailure;
}

/** What follows a boot that has missed its deadline. */
export type OnFailure = "reboot" | "poweroff" | "rescue" | "stay";

/**
 * The hardware watchdog of a machine, watchdog(4): it resets the machine when init, or the kernel, hangs.
 *
 * @example
 * ```ts
 * import { defineBundle, defineService, defineSystem, type HardwareWatchdog, seconds, spawned } from "denit";
 *
 * const hardwareWatchdog: HardwareWatchdog = { timeout: seconds(60) };
 * export const web = defineService({ run: () => ({ argv: ["/usr/bin/web"] }), ready: spawned() });
 * export default defineSystem({ boot: defineBundle([web]), hardwareWatchdog });
 * ```
 */
export interface HardwareWatchdog {
  /**
   * The device. The module of its driver may be loaded during the boot. Default: `"/dev/watchdog"`.
   *
   * @example `"/dev/watchdog1"`
   */
  readonly device?: string;
  /**
   * How long init may hang until the machine is reset, in whole seconds, at least 2.
   *
   * @example `seconds(60)`
   */
  readonly timeout: Millis;
}

/**
 * Who may talk to init at its socket, as `initctl` does. Root and the user that init runs as may always look and change.
 *
 * @example
 * ```ts
 * import { type Control, defineBundle, defineService, defineSystem, spawned } from "denit";
 *
 * const control: Control = { read: "everybody" };
 * export const web = defineService({ run: () => ({ argv: ["/usr/bin/web"] }), ready: spawned() });
 * export default defineSystem({ boot: defineBundle([web]), control });
 * ```
 */
export interface Control {
  /**
   * Who may look: with `"everybody"` every user of the machine sees how services stand, their outputs, what happens,
   * and what they print, and still changes nothing. Files of logs keep their own permissions. Default: `"owner"`, root
   * and the user that init runs as.
   *
   * @example `"everybody"`
   */
  readonly read?: "owner" | "everybody";
}

/** Settings of {@linkcode defineSystem}. */
export interface SystemSettings {
  /**
   * What is started at boot, with all that it needs.
   *
   * @example `defineBundle([web, sshd])`
   */
  readonly boot: Bundle;
  /**
   * Judges the boot. Default: nobody does.
   *
   * @example `{ success: [web], deadline: seconds(90), statusFile: "/persist/boot-status" }`
   */
  readonly watchdog?: Watchdog;
  /**
   * Who may look by `initctl`. Default: root and the user that init runs as.
   *
   * @example `{ read: "everybody" }`
   */
  readonly control?: Control;
  /**
   * The hardware watchdog that init pets, as PID 1 of a machine. Default: none is opened.
   *
   * @example `{ timeout: seconds(60) }`
   */
  readonly hardwareWatchdog?: HardwareWatchdog;
  /**
   * The services that a container is for, `init boot --container`; elsewhere they are like any other. The first of them
   * that has ended for good ends the container, in order, with its exit code, or 128 and the number of the signal that
   * killed it. A longrun has ended for good when its `restart` does not start it again; without `on` and `giveUp` in
   * there, it is not started again in a container. A oneshot has when it has failed, and also when its work is done.
   * Default: none; the container ends when it is told to.
   *
   * @example `[web]`
   */
  readonly essential?: readonly Service[];
}

/** A whole system, the default export of `units/mod.ts`. */
export interface System {
  readonly [settings]: SystemSettings;
}

/**
 * Defines the system: what is started at boot, and when that boot counts as good.
 *
 * @example
 * ```ts
 * import { defineBundle, defineService, defineSystem, seconds, tcpProbe } from "denit";
 *
 * export const web = defineService({
 *   run: () => ({ argv: ["/usr/sbin/nginx", "-g", "daemon off;"] }),
 *   ready: tcpProbe({ port: 80 }),
 * });
 * export default defineSystem({
 *   boot: defineBundle([web]),
 *   watchdog: { success: [web], deadline: seconds(90), statusFile: "/persist/boot-status" },
 * });
 * ```
 *
 * @param system What the system is made of.
 * @returns The system, to be the default export.
 */
export function defineSystem(system: SystemSettings): System {
  return { [settings]: system };
}

/** Whether a value is a system. */
export function isSystem(value: unknown): value is System {
  return typeof value === "object" && value !== null && settings in value;
}

/** What a system was defined with. */
export function settingsOf(system: System): SystemSettings {
  return system[settings];
}
