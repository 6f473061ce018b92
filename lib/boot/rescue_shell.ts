import { messageOf } from "../define/message_of.ts";
import { DEFAULT_PATH, readKernelFile } from "../os/linux/mod.ts";
import type { Os, Pid } from "../os/os.ts";
import type { Alarm } from "./alarms.ts";

/** Why there is a shell, in words for whoever stands before it. */
export interface ShellReason {
  /** `the boot of generation 3f2a has failed: not ready is web`. */
  readonly why: string;
  /** What follows when it is left: `the machine reboots`. */
  readonly then: string;
  /** Told that there can be no shell. */
  readonly say: (fault: string) => void;
}

/** Where the kernel says which terminals its console is, and which virtual terminal is in front. */
const CONSOLES = "/sys/class/tty/console/active", FRONT = "/sys/class/tty/tty0/active";

/**
 * The shell opens the terminal itself: as it leads a session that has none, the terminal becomes the session's, and
 * Ctrl-C and job control work. sulogin(8) asks for root's password; an image without it lets everybody in.
 */
const SCRIPT = `exec 0<>"$1" 1>&0 2>&0
printf '\\n%s\\nThis is a shell on %s. When you leave it (exit, or Ctrl-D), %s.\\n' "$2" "$1" "$3"
[ -x "$4" ] && exec "$4" "$1"
exec /bin/sh`;

/** The terminal that the console is. /dev/console itself can be that of no session. */
export function consoleTerminal(): string {
  for (const list of [CONSOLES, FRONT]) {
    // The last one is what /dev/console stands for; tty0 only points to the one in front.
    const name = readKernelFile(list).trim().split(" ").at(-1);
    if (name === "") break;
    if (name !== "tty0") return `/dev/${name}`;
  }
  return "/dev/console";
}

/**
 * Starts a shell for repairs on the console.
 *
 * @returns Its process, which the caller reaps; null if there is no shell on this machine, which `say` was told.
 */
export function startShell(
  os: Os,
  { why, then, say }: ShellReason,
  terminal = consoleTerminal(),
  login = "/sbin/sulogin",
): Pid | null {
  try {
    return os.spawn({
      argv: ["/bin/sh", "-c", SCRIPT, "rescue", terminal, why, then, login],
      env: { PATH: DEFAULT_PATH, HOME: "/root", TERM: /tty\d+$/.test(terminal) ? "linux" : "vt220" },
      cwd: "/",
      fds: [],
    });
  } catch (error) {
    say(`cannot start a rescue shell: ${messageOf(error)}`);
    return null;
  }
}

/**
 * Starts a shell, and waits until it is left: where no driver runs, which would reap it.
 *
 * @param alarm Rung meanwhile.
 * @param where As {@linkcode startShell} takes it.
 */
export async function rescueShell(
  os: Os,
  reason: ShellReason,
  alarm: Alarm | null = null,
  ...where: [terminal?: string, login?: string]
): Promise<void> {
  const pid = startShell(os, reason, ...where);
  if (pid === null) return;
  for (;;) {
    const due = alarm?.due() ?? Infinity;
    await os.wait(due === Infinity ? null : Math.max(0, due - os.now()));
    alarm?.ring(os.now());
    if (os.reap().some((exit) => exit.pid === pid)) return;
  }
}
