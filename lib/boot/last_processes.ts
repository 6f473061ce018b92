import type { Millis } from "../define/time.ts";
import { killAll, listMounts, namesIn, readKernelFile } from "../os/linux/mod.ts";
import type { Os, Pid } from "../os/os.ts";

/** From include/linux/sched.h: a thread of the kernel's own. */
const PF_KTHREAD = 0x0020_0000;
/** How long processes may take to obey SIGTERM, and the kernel to end them after SIGKILL. */
const GRACE: Millis = 2000;
/** Longest time between two looks: the end of a process that is not our child is not reported. */
const LOOK: Millis = 100;

/** A process that has not ended. */
export interface LastProcess {
  readonly pid: Pid;
  readonly name: string;
}

/** Every process but ourselves, those of the kernel and zombies: /proc/PID/stat of proc(5). */
export function lastProcesses(): readonly LastProcess[] {
  const found: LastProcess[] = [];
  for (const pid of namesIn("/proc").filter((name) => /^\d+$/.test(name)).map(Number)) {
    const stat = readKernelFile(`/proc/${pid}/stat`);
    // The name stands in parentheses, and may contain some itself.
    const end = stat.lastIndexOf(")");
    const [state = "", , , , , , flags] = stat.slice(end + 2).split(" ");
    if (pid === Deno.pid || "ZX".includes(state) || (Number(flags) & PF_KTHREAD) !== 0) continue;
    found.push({ pid, name: stat.slice(stat.indexOf("(") + 1, end) });
  }
  return found;
}

/** Ends all processes but ourselves. @param say Told of each that does not obey. */
export async function endProcesses(os: Os, say: (fault: string) => void): Promise<void> {
  // kill(2) of everybody says nothing about who there is: the kernel's own threads count as receivers.
  if (lastProcesses().length === 0) return;
  killAll("SIGTERM");
  // Whoever was stopped could not obey.
  killAll("SIGCONT");
  if (await allEnded(os)) return;
  for (const { pid, name } of lastProcesses()) say(`process ${pid} (${name}) is killed: it ignores SIGTERM`);
  killAll("SIGKILL");
  if (await allEnded(os)) return;
  for (const { pid, name } of lastProcesses()) say(`cannot end process ${pid} (${name}): it ignores SIGKILL`);
}

async function allEnded(os: Os): Promise<boolean> {
  for (const until = os.now() + GRACE;;) {
    os.reap();
    if (lastProcesses().length === 0) return true;
    const left = until - os.now();
    if (left <= 0) return false;
    await os.wait(Math.min(left, LOOK));
  }
}

/** Who uses a mount, and what in it, in words to follow its name; nothing if nobody is known. */
export function usersOf(point: string): string {
  const points = listMounts().map((mount) => mount.point);
  const lies = (path: string, at: string) => path === at || path.startsWith(at === "/" ? at : `${at}/`);
  const users = [...lastProcesses(), { pid: Deno.pid, name: "init" }].flatMap(({ pid, name }) => {
    const links = [...namesIn(`/proc/${pid}/fd`).map((fd) => `fd/${fd}`), "cwd", "root", "exe"];
    const used = links.map((link) => targetOf(`/proc/${pid}/${link}`)).find((path) =>
      // What lies in a mount inside of it is in use there.
      lies(path, point) && !points.some((other) => lies(path, other) && other.length > point.length)
    );
    return used === undefined ? [] : [`process ${pid} (${name}: ${used})`];
  });
  return users.length === 0 ? "" : `, used by ${users.join(", ")}`;
}

function targetOf(link: string): string {
  try {
    return Deno.readLinkSync(link);
  } catch {
    return "";
  }
}
