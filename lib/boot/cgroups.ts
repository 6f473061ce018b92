import type { Cgroups } from "../driver/mod.ts";
import { messageOf } from "../define/message_of.ts";
import {
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
    const folder = (name: string) => `${base}/${name}`;
    try {
      Deno.statSync(folder("cgroup.kill"));
    } catch {
      removeCgroup(base);
      return `${base} has no cgroup.kill: it is of Linux 5.14`;
    }
    let made = Date.now();
    return {
      make(name) {
        makeCgroup(folder(name));
        const cgroup = folder(`${name}/${++made}`);
        makeCgroup(cgroup);
        return cgroup;
      },
      limit: (name, { memoryMax, pidsMax, cpuMax }) => {
        // A tenth of a second is the period that the kernel has unless told.
        const quota = cpuMax === undefined ? undefined : `${Math.round(cpuMax * 100_000)} 100000`;
        const wanted = [
          ["memoryMax", "memory", memoryMax],
          ["pidsMax", "pids", pidsMax],
          ["cpuMax", "cpu", quota],
        ] as const;
        return wanted.flatMap(([setting, controller, value]) => {
          if (value === undefined) return [];
          try {
            for (const parent of [own, base]) enable(parent, controller);
            controlCgroup(folder(name), `${controller}.max`, value);
            return [];
          } catch (error) {
            return [`${setting}: ${messageOf(error)}`];
          }
        });
      },
      kill: (name) => killCgroup(folder(name)),
      holds: (name, pid) => `${cgroupOf(pid) ?? ""}/`.startsWith(`${folder(name)}/`),
      oomKills: (name) => usageOf(folder(name)).oomKills ?? 0,
      isPopulated: (name) => isPopulated(folder(name)),
      remove: (name) => quietly(folder(name)),
      close: () => quietly(base),
    };
  } catch (error) {
    return messageOf(error);
  }
}

/** Lets the children of a cgroup have a controller. */
function enable(parent: string, controller: "memory" | "pids" | "cpu"): void {
  if (!controllersOf(parent).includes(controller)) {
    throw new Error(`${parent} has no controller ${controller}`);
  }
  controlCgroup(parent, "cgroup.subtree_control", `+${controller}`);
}

/** An empty cgroup that stays harms nobody. */
function quietly(cgroup: string): void {
  try {
    removeCgroup(cgroup);
  } catch {
    // Somebody is in it who hangs in the kernel.
  }
}
