import { libc } from "../os/linux/libc.ts";
import type { Fd } from "../os/mod.ts";

/** From <asm/unistd_64.h>. */
const SYS_pidfd_open = 434;

/**
 * A descriptor that becomes readable when the `deno task` that has started
 * this process is gone, or null where none has.
 *
 * Whoever kills the task wants the machine to end with it. A parent of another
 * kind may end on purpose, such as a shell that was told `nohup`.
 */
export function watchParent(): Fd | null {
  // Only deno task sets this variable, but for its grandchildren too.
  if (Deno.env.get("INIT_CWD") === undefined) return null;
  const parent = Deno.ppid;
  try {
    if (!Deno.readTextFileSync(`/proc/${parent}/comm`).startsWith("deno")) return null;
  } catch {
    return null;
  }
  const fd = libc.pidfd_open(SYS_pidfd_open, parent, 0);
  return fd === -1 ? null : fd;
}
