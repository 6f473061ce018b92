import type { Cgroups } from "../driver/mod.ts";
import { messageOf } from "../define/message_of.ts";
import { cgroupOf, isPopulated, killCgroup, makeCgroup, removeCgroup } from "../os/linux/mod.ts";
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
      kill: (name) => killCgroup(folder(name)),
      holds: (name, pid) => `${cgroupOf(pid) ?? ""}/`.startsWith(`${folder(name)}/`),
      isPopulated: (name) => isPopulated(folder(name)),
      remove: (name) => quietly(folder(name)),
      close: () => quietly(base),
    };
  } catch (error) {
    return messageOf(error);
  }
}

/** An empty cgroup that stays harms nobody. */
function quietly(cgroup: string): void {
  try {
    removeCgroup(cgroup);
  } catch {
    // Somebody is in it who hangs in the kernel.
  }
}
