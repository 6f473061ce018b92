/** The kernel as the suite wants it. */
import { becomeSubreaper, linuxOs } from "../../lib/os/linux/mod.ts";
import { connectTo } from "../../lib/os/linux/socket.ts";
import type { Machine } from "./session.ts";

/** Orphans come to this process while the machine is open. */
export const linux: Machine = {
  name: "linux",
  open() {
    becomeSubreaper();
    return linuxOs();
  },
  close: () => becomeSubreaper(false),
  signalUs: (_os, signal) => Deno.kill(Deno.pid, signal as Deno.Signal),
  connect: (_os, path) => connectTo(path),
  self: { pid: Deno.pid, uid: Deno.uid() ?? -1, gid: Deno.gid() ?? -1 },
  // proc_pid_stat(5): the state follows the name, which stands in parentheses and may contain anything.
  state: (_os, pid) => Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ").at(-1)!.slice(0, 1),
  openFds: () => [...Deno.readDirSync("/proc/self/fd")].map(({ name }) => Number(name)).sort((a, b) => a - b),
};
