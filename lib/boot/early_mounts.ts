import { mount, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_STRICTATIME } from "../os/linux/mod.ts";
import { messageOf } from "../define/message_of.ts";

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

/**
 * Mounts what is missing of the file systems that services expect.
 *
 * @returns What could not be mounted and why; the boot goes on, as much of it may work all the same.
 */
export function mountEarly(): readonly string[] {
  const faults: string[] = [];
  for (const { type, target, flags, data } of EARLY_MOUNTS) {
    try {
      if (mountPoints().has(target)) continue;
      Deno.mkdirSync(target, { recursive: true });
      mount(type, target, type, flags, data);
    } catch (error) {
      faults.push(messageOf(error));
    }
  }
  return faults;
}

/** The mount points of this namespace: field 5 of proc_pid_mountinfo(5). None where /proc is not there yet. */
function mountPoints(): ReadonlySet<string> {
  try {
    const lines = Deno.readTextFileSync("/proc/self/mountinfo").split("\n");
    return new Set(lines.map((line) => line.split(" ")[4] ?? ""));
  } catch {
    return new Set();
  }
}
