/** proc(5) and kcmp(2): whose a process is, and what is the same. */
import type { Fd, Kin, Pid } from "../os.ts";
import { libc } from "./libc.ts";

/** From <asm/unistd_64.h> and <linux/kcmp.h>. */
const SYS_kcmp = 312, KCMP_FILE = 0;

/** As `Os.isSame`. A kernel without kcmp(2) finds that nothing is. */
export function isSame(one: Fd, other: Fd): boolean {
  return libc.kcmp(SYS_kcmp, Deno.pid, Deno.pid, KCMP_FILE, one, other) === 0;
}

/** As `Os.kinOf`: parent, group and session stand behind the name, which is in parentheses and may hold anything. */
export function kinOf(pid: Pid): Kin | null {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    const [state, parent, group, session] = stat.slice(stat.lastIndexOf(")") + 2).split(" ", 4);
    return {
      parent: Number(parent),
      group: Number(group),
      session: Number(session),
      ended: state === "Z" || state === "X",
      // Of a process that may not be looked into the folder is root's, which is the right answer for its user, too.
      get user() {
        return Deno.statSync(`/proc/${pid}`).uid ?? 0;
      },
    };
  } catch {
    return null;
  }
}
