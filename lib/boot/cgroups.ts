import type { Cgroups } from "../driver/mod.ts";
import { messageOf } from "../define/message_of.ts";
import type { DiskPace, Resources } from "../define/resources.ts";
import { bytesOf, type Size } from "../define/size.ts";
import {
  type CgroupControl,
  cgroupOf,
  controlCgroup,
  controllersOf,
  isPopulated,
  killCgroup,
  makeCgroup,
  removeCgroup,
  usageOf,
} from "../os/linux/mod.ts";
import type { Place } from "./places.ts";

/** The cgroups of a supervisor, below the one that it is in itself. */
export interface OwnCgroups extends Cgroups {
  /** The folder of all of them. */
  readonly base: string;
  /** Removes what is empty, as the end has come. */
  close(): void;
}

/**
 * Prepares the cgroups of services: CGROUP/denit/NAME/NUMBER on a machine of our own, where CGROUP is the one that we are in.
 * Elsewhere others may have the same, so the PID namespace and the pid are in the name: both stay through a switch.
 *
 * @returns Or why there can be none.
 */
export function openCgroups(place: Place): OwnCgroups | string {
  const own = cgroupOf("self");
  if (own === null) return "no hierarchy of version 2 is mounted";
  try {
    const namespace = Deno.readLinkSync("/proc/self/ns/pid").replace(/\D/g, "");
    const base = `${own}/${place === "machine" ? "denit" : `denit-${namespace}-${Deno.pid}`}`;
    makeCgroup(base);
    const enableAll = (controller: string) => [own, base].forEach((parent) => enable(parent, controller));
    const folder = (name: string) => `${base}/${name}`;
    try {
      Deno.statSync(folder("cgroup.kill"));
    } catch {
      removeCgroup(base);
      return `${base} has no cgroup.kill: it is of Linux 5.14`;
    }
    // On a machine of our own nobody is in the way; elsewhere only limits that were asked for are worth the trouble.
    if (place === "machine") { for (const controller of COUNTERS) tryTo(() => enableAll(controller)); }
    let made = Date.now();
    return {
      base,
      make(name) {
        makeCgroup(folder(name));
        const cgroup = folder(`${name}/${++made}`);
        makeCgroup(cgroup);
        return cgroup;
      },
      limit: (name, resources) =>
        wanted(resources).flatMap(([setting, control, make]) => {
          try {
            enableAll(control.split(".")[0]!);
            controlCgroup(folder(name), control, make());
            return [];
          } catch (error) {
            return [`${setting}: ${messageOf(error)}`];
          }
        }),
      usage: (name) => usageOf(folder(name)),
      kill: (name) => killCgroup(folder(name)),
      holds: (name, pid) => `${cgroupOf(pid) ?? ""}/`.startsWith(`${folder(name)}/`),
      oomKills: (name) => usageOf(folder(name)).oomKills ?? 0,
      isPopulated: (name) => isPopulated(folder(name)),
      remove: (name) => tryTo(() => removeCgroup(folder(name))),
      close: () => tryTo(() => removeCgroup(base)),
    };
  } catch (error) {
    return messageOf(error);
  }
}

/** Controllers without which nobody counts what services use. */
const COUNTERS = ["memory", "pids"] as const;

/** The settings of limits, each with the file of a cgroup that it is for and what that is told. */
function wanted(
  resources: Resources,
): (readonly [setting: string, control: CgroupControl, make: () => string])[] {
  const { memoryMax, memoryHigh, pidsMax, cpuMax, cpuWeight, ioWeight, ioMax = {} } = resources;
  const simple = [
    ["memoryMax", "memory.max", sized(memoryMax)],
    ["memoryHigh", "memory.high", sized(memoryHigh)],
    ["pidsMax", "pids.max", pidsMax],
    // A tenth of a second is the period that the kernel has unless told.
    ["cpuMax", "cpu.max", cpuMax === undefined ? undefined : `${Math.round(cpuMax * 100_000)} 100000`],
    ["cpuWeight", "cpu.weight", cpuWeight],
    ["ioWeight", "io.weight", ioWeight],
  ] as const;
  const paces = Object.entries(ioMax).map(([device, pace]) =>
    [`ioMax ${device}`, "io.max", () => `${numberOf(device)} ${paceText(pace)}`] as const
  );
  return [
    ...simple.flatMap(([setting, control, value]) =>
      value === undefined ? [] : [[setting, control, () => String(value)] as const]
    ),
    ...paces,
  ];
}

/** The number of a device as the kernel writes it, major and minor: makedev(3). */
function numberOf(device: string): string {
  const { rdev, isBlockDevice } = Deno.statSync(device);
  if (isBlockDevice !== true || rdev === null) throw new Error(`${device} is no block device`);
  const major = (rdev >>> 8) & 0xfff, minor = (rdev & 0xff) | ((rdev >>> 12) & 0xfff00);
  return `${major}:${minor}`;
}

function paceText({ readBytes, writeBytes, readOperations, writeOperations }: DiskPace): string {
  const parts = {
    rbps: sized(readBytes),
    wbps: sized(writeBytes),
    riops: readOperations,
    wiops: writeOperations,
  };
  return Object.entries(parts).flatMap(([key, value]) => value === undefined ? [] : `${key}=${value}`).join(
    " ",
  );
}

function sized(size: Size | undefined): number | undefined {
  return size === undefined ? undefined : bytesOf(size);
}

/** Lets the children of a cgroup have a controller. */
function enable(parent: string, controller: string): void {
  if (!controllersOf(parent).includes(controller)) {
    throw new Error(`${parent} has no controller ${controller}`);
  }
  controlCgroup(parent, "cgroup.subtree_control", `+${controller}`);
}

/** An empty cgroup that stays, as somebody is in it who hangs in the kernel, harms nobody; nor does what nobody counts. */
function tryTo(action: () => void): void {
  try {
    action();
  } catch {
    // It is as it was.
  }
}
