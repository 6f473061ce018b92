/** Properties of this process and of its machine: prctl(2), sethostname(2), unshare(2). */
import { checked, libc } from "./libc.ts";

/** From <sys/prctl.h>. */
const PR_SET_CHILD_SUBREAPER = 36;
/** From <fcntl.h>. */
const F_SETFD = 2, FD_CLOEXEC = 1;

/** Flags of unshare(2), from <sched.h>. */
export const CLONE_NEWNS = 0x0002_0000,
  CLONE_NEWUTS = 0x0400_0000,
  CLONE_NEWIPC = 0x0800_0000,
  CLONE_NEWUSER = 0x1000_0000,
  CLONE_NEWPID = 0x2000_0000,
  CLONE_NEWNET = 0x4000_0000;

/** Makes orphans among our descendants our children, as if we were PID 1: PR_SET_CHILD_SUBREAPER of prctl(2). */
export function becomeSubreaper(enabled = true): void {
  checked(
    libc.prctl(PR_SET_CHILD_SUBREAPER, enabled ? 1n : 0n, 0n, 0n, 0n),
    "prctl",
    "PR_SET_CHILD_SUBREAPER",
  );
}

/** The kernel's own namespaces: PROC_UTS_INIT_INO and PROC_PID_INIT_INO in include/linux/proc_ns.h. */
const INITIAL_UTS = "uts:[4026531838]", INITIAL_PID = "pid:[4026531836]";

/** Whether we are in a namespace of processes whose machine has the name that we have: a change would be seen outside. */
export function sharesHostname(): boolean {
  const at = (name: string) => Deno.readLinkSync(`/proc/self/ns/${name}`);
  return at("uts") === INITIAL_UTS && at("pid") !== INITIAL_PID;
}

/** Names the machine: sethostname(2). @throws {OsError} EINVAL beyond 64 bytes, EPERM without CAP_SYS_ADMIN. */
export function setHostname(name: string): void {
  const bytes = new TextEncoder().encode(name);
  checked(libc.sethostname(bytes, BigInt(bytes.length)), "sethostname", name);
}

/** Moves this process into new namespaces: unshare(2). A new PID namespace begins with the next child. */
export function unshare(flags: number): void {
  checked(libc.unshare(flags), "unshare", `0x${flags.toString(16)}`);
}

/** Sets whether a descriptor is closed by {@linkcode execve}: FD_CLOEXEC of fcntl(2). */
export function setCloseOnExec(fd: number, enabled: boolean): void {
  checked(libc.fcntl(fd, F_SETFD, enabled ? FD_CLOEXEC : 0), "fcntl", fd);
}
