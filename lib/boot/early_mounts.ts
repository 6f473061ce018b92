import { listMounts, mount, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_STRICTATIME } from "../os/linux/mod.ts";
import { messageOf } from "../define/message_of.ts";
import { findPlace } from "./places.ts";

/** A file system that PID 1 mounts before anything else, unless it is there. */
interface EarlyMount {
  readonly type: string;
  readonly target: string;
  readonly flags: number;
  readonly data: string;
}

/** What every program may expect of a Linux machine; hier(7). */
const EARLY_MOUNTS: readonly EarlyMount[] = [
  { type: "proc", target: "/proc", flags: MS_NOSUID | MS_NODEV | MS_NOEXEC, data: "" },
  { type: "sysfs", target: "/sys", flags: MS_NOSUID | MS_NODEV | MS_NOEXEC, data: "" },
  { type: "devtmpfs", target: "/dev", flags: MS_NOSUID, data: "mode=0755" },
  { type: "devpts", target: "/dev/pts", flags: MS_NOSUID | MS_NOEXEC, data: "mode=0620,gid=5,ptmxmode=0666" },
  { type: "tmpfs", target: "/run", flags: MS_NOSUID | MS_NODEV | MS_STRICTATIME, data: "mode=0755,size=20%" },
  { type: "tmpfs", target: "/tmp", flags: MS_NOSUID | MS_NODEV | MS_STRICTATIME, data: "mode=1777,size=50%" },
];

/** What they may expect besides; whoever made a namespace has put there what it shall have of these. */
const MACHINE_MOUNTS: readonly EarlyMount[] = [
  { type: "tmpfs", target: "/dev/shm", flags: MS_NOSUID | MS_NODEV | MS_STRICTATIME, data: "mode=1777" },
  { type: "mqueue", target: "/dev/mqueue", flags: MS_NOSUID | MS_NODEV | MS_NOEXEC, data: "" },
  {
    type: "cgroup2",
    target: "/sys/fs/cgroup",
    flags: MS_NOSUID | MS_NODEV | MS_NOEXEC,
    data: "nsdelegate,memory_recursiveprot",
  },
];

/** Links that devtmpfs lacks and shells need, for <(...) and /dev/stderr. */
const LINKS = { fd: "", stdin: "/0", stdout: "/1", stderr: "/2" };

/**
 * Mounts what is missing of the file systems that services expect; on a machine of our own also what its users do.
 *
 * @returns What could not be mounted and why; the boot goes on, as much of it may work all the same.
 */
export function mountEarly(): readonly string[] {
  const faults = EARLY_MOUNTS.flatMap(mountMissing);
  if (findPlace() !== "machine") return faults;
  for (const [name, below] of Object.entries(LINKS)) {
    try {
      Deno.symlinkSync(`/proc/self/fd${below}`, `/dev/${name}`);
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) faults.push(messageOf(error));
    }
  }
  return [...faults, ...MACHINE_MOUNTS.flatMap(mountMissing)];
}

/** Mounts a file system unless something is mounted there. */
function mountMissing({ type, target, flags, data }: EarlyMount): readonly string[] {
  try {
    if (listMounts().some(({ point }) => point === target)) return [];
    Deno.mkdirSync(target, { recursive: true });
    mount(type, target, type, flags, data);
    return [];
  } catch (error) {
    return [messageOf(error)];
  }
}
