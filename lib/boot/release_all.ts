import { messageOf } from "../define/message_of.ts";
import type { Millis } from "../define/time.ts";
import {
  detachLoopAside,
  listLoops,
  listMapped,
  listMounts,
  listSwaps,
  makeReadOnlyAside,
  type Mount,
  removeMappedAside,
  type StackedDevice,
  swapOffAside,
  unmountAside,
} from "../os/linux/mod.ts";
import { usersOf } from "./last_processes.ts";

/** Something to let go of before the machine ends. */
export interface Hold {
  readonly name: string;
  /** Lets go of it. @throws {OsError} */
  release(limit: Millis): Promise<unknown>;
  /** What is done about it instead if it stays. Null if that harms nobody, and then it is not told of either. */
  readonly settle: ((limit: Millis) => Promise<string>) | null;
}

/** Longest time for one release: a slow disk writes out its last in it, and a dead one does not delay much. */
const PATIENCE: Millis = 10_000;
/** What takes longer than this is told of. */
const SILENCE: Millis = 3000;

/** What is needed to the end, or is the kernel's own. */
const KEPT = /^(\/run|\/(proc|sys|dev)(\/.*)?)$/;
/** File systems in memory: nothing of them is to be saved. */
const IN_MEMORY: ReadonlySet<string> = new Set(["tmpfs", "ramfs", "rootfs", "devtmpfs", "autofs"]);
/** File systems that may wait for somebody who is gone. */
const REMOTE = /^(nfs|cifs|smb|ceph|9p|fuse|afs|glusterfs|virtiofs)/;

/**
 * All that is to be let go of, in that order. What was mounted last comes first, as it may lie on what was mounted
 * before; the root as the last of them, and only what may wait for a dead server after what is on disks. Mounts come
 * before swap areas, as what was swapped out of /tmp need not be read back then. Devices come last: nothing may use
 * them. Arrays of md(4) are not among them, as the kernel marks them clean itself when it ends.
 */
export function allHolds(): readonly Hold[] {
  const mounts = listMounts().filter(({ point }) => !KEPT.test(point)).toReversed();
  const used = new Set(mounts.map(({ device }) => device));
  const remote = mounts.filter(({ type }) => REMOTE.test(type));
  const device = ({ device, number, held }: StackedDevice, release: Hold["release"]): Hold => {
    // What stays on it keeps it busy, and that is told or is the root.
    return { name: `/dev/${device}`, release, settle: held || used.has(number) ? null : tell };
  };
  return [
    ...mounts.filter((mount) => !remote.includes(mount)).flatMap(holdsOfMount),
    ...remote.flatMap(holdsOfMount),
    ...listSwaps().map((name) => ({
      name,
      release: (limit: Millis) => swapOffAside(name, limit),
      settle: tell,
    })),
    ...listLoops().map((loop) => device(loop, (limit) => detachLoopAside(loop.device, limit))),
    ...listMapped().map((mapped) => device(mapped, (limit) => removeMappedAside(mapped.name, limit))),
  ];
}

/** There is nothing to be done about it but to tell of it. */
const tell = () => Promise.resolve("");

/** A mount as something to let go of. The root cannot be unmounted, but it need not take writes any more. */
export function holdsOfMount({ point, type, readOnly }: Mount): readonly Hold[] {
  const harmless = readOnly || IN_MEMORY.has(type);
  const protect = (limit: Millis) => makeReadOnlyAside(point, limit);
  if (point === "/") {
    return harmless || REMOTE.test(type) ? [] : [{ name: point, release: protect, settle: tell }];
  }
  const settle = async (limit: Millis) => {
    await protect(limit);
    return "; it is read-only now";
  };
  const release = (limit: Millis) => unmountAside(point, limit);
  return [{ name: point, release, settle: harmless ? null : REMOTE.test(type) ? tell : settle }];
}

/**
 * Lets go of everything, in rounds for as long as they make progress: a device can be detached once nothing on it is
 * mounted, and detaching it may free the file system that it lies in.
 *
 * @param list What is held now; asked before each round.
 * @param say Told of each that takes long or stays: why, and if possible who uses it.
 * @param left How much time is left for all of it.
 */
export async function releaseAll(
  list: () => readonly Hold[],
  say: (fault: string) => void,
  left: () => Millis,
): Promise<void> {
  const faults = new Map<string, string>();
  /** What has taken too long: it is not tried again. */
  const stuck = new Set<string>();
  const limit = () => Math.min(PATIENCE, left());
  const attempt = async (name: string, action: Hold["release"]) => {
    const told = setTimeout(() => say(`waits for ${name}`), SILENCE);
    try {
      return await action(limit());
    } catch (error) {
      if (messageOf(error).includes("ETIMEDOUT")) stuck.add(name);
      faults.set(name, messageOf(error));
      return null;
    } finally {
      clearTimeout(told);
    }
  };
  let holds = list();
  for (let before = Infinity; holds.length > 0 && holds.length < before && left() > 0; holds = list()) {
    before = holds.length;
    for (const { name, release } of holds) if (!stuck.has(name)) await attempt(name, release);
  }
  for (const { name, settle } of holds) {
    if (settle === null) continue;
    const why = (faults.get(name) ?? `cannot let go of ${name}`) + usersOf(name);
    const settled = stuck.has(name) ? "" : await attempt(name, settle);
    say(settled === null ? `${why}; ${faults.get(name)}` : why + settled);
  }
}
