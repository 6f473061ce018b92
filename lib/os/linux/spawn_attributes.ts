/** The steps that make a new process what its attributes say, in the order in which the kernel allows them. */
import {
  CAPABILITIES,
  type CapabilityName,
  type Limit,
  LIMITS,
  type SpawnAttributes,
} from "../attributes.ts";
import { osError } from "../errno.ts";
import { readKernelFile, writeKernelFile } from "./kernel_files.ts";
import { checked, libc } from "./libc.ts";
import { enterMounts, needsMountNamespace } from "./spawn_mounts.ts";
import type { SpawnTable } from "./spawn_table.ts";

/** From <asm/unistd_64.h>. */
const SYS_ioctl = 16, SYS_socket = 41, SYS_chroot = 161, SYS_chdir = 80, SYS_umask = 95;
const SYS_setgroups = 116, SYS_setresuid = 117, SYS_setresgid = 119, SYS_setfsuid = 122, SYS_capset = 126;
const SYS_setpriority = 141, SYS_sched_setscheduler = 144, SYS_prctl = 157, SYS_sched_setaffinity = 203;
const SYS_ioprio_set = 251, SYS_unshare = 272, SYS_prlimit64 = 302;
/** From <sys/ioctl.h>, <net/if.h>, <sys/socket.h>. */
const TIOCSCTTY = 0x540e, SIOCSIFFLAGS = 0x8914, IFF_UP = 1, AF_INET = 2, SOCK_DGRAM_CLOEXEC = 0o2000002;
/** From <linux/prctl.h> and <linux/securebits.h>. */
const PR_CAPBSET_DROP = 24, PR_GET_SECUREBITS = 27, PR_SET_SECUREBITS = 28, PR_SET_NO_NEW_PRIVS = 38;
const PR_CAP_AMBIENT = 47, PR_CAP_AMBIENT_RAISE = 2, PR_CAP_AMBIENT_CLEAR_ALL = 4;
const SECBIT_NO_SETUID_FIXUP = 4;
/** From <linux/capability.h>: version 3 has two halves of 32 bits for each set: effective, permitted, inheritable. */
const CAPABILITY_VERSION = 0x2008_0522;
/** From <linux/ioprio.h> and <sched.h>. */
const IO_CLASSES = { realtime: 1, "best-effort": 2, idle: 3 },
  IOPRIO_WHO_PROCESS = 1,
  IOPRIO_CLASS_SHIFT = 13;
const POLICIES = { other: 0, fifo: 1, rr: 2, batch: 3, idle: 5 };
/** From <sched.h>; that of processes is a flag of clone3(2) instead, as only children enter one. */
const NAMESPACES = {
  mount: 0x0002_0000,
  cgroup: 0x0200_0000,
  uts: 0x0400_0000,
  ipc: 0x0800_0000,
  network: 0x4000_0000,
  pid: 0,
};
/** Its number, and the soft limit that programs expect: with more, those that use select(2) fail. */
export const NOFILE = 7, NOFILE_SOFT = 1024;

/** Namespaces, mounts, and the root. */
export function enterNamespaces(table: SpawnTable, attributes: SpawnAttributes): void {
  const { namespaces = [], root } = attributes;
  const own = needsMountNamespace(attributes);
  const flags = namespaces.reduce((sum, name) => sum | NAMESPACES[name], own ? NAMESPACES.mount : 0);
  if (flags !== 0) {
    const names = new Set([...namespaces, ...own ? ["mount"] : []]);
    table.stage("unshare", [...names].join(" and "), "CAP_SYS_ADMIN");
    table.step(SYS_unshare, flags);
  }
  if (namespaces.includes("network")) {
    table.stage("set up", "lo");
    const socket = table.step(SYS_socket, AF_INET, SOCK_DGRAM_CLOEXEC);
    // struct ifreq: 16 bytes of name, the flags, and room for other members.
    const request = new Uint8Array(40);
    request.set([0x6c, 0x6f], 0);
    request[16] = IFF_UP;
    table.pass(socket, table.step(SYS_ioctl, 0, SIOCSIFFLAGS, table.data(request)));
  }
  if (own) enterMounts(table, attributes);
  else if (root !== undefined) {
    table.stage("chroot to", root, "CAP_SYS_CHROOT");
    table.step(SYS_chroot, table.text(root));
    table.step(SYS_chdir, table.text("/"));
  }
}

/**
 * Takes the score of a process to be, which it inherits: were it to set one while it shares our memory, the kernel would
 * set it for us too.
 *
 * @returns What gives us our own score back, when the process has left.
 * @throws {OsError} EACCES without CAP_SYS_RESOURCE for less than our own, EINVAL.
 */
export function lendScore(oomScoreAdj: number): () => void {
  const before = readKernelFile(SCORE_FILE).trim();
  const set = (score: string) => writeKernelFile(SCORE_FILE, score, "set oom_score_adj", score);
  set(String(oomScoreAdj));
  return () => {
    try {
      set(before);
    } catch {
      // The process runs already, and what we had a moment ago the kernel gives back.
    }
  };
}

const SCORE_FILE = "/proc/thread-self/oom_score_adj";

/** Undoes what Deno did to our own limit when it started, so that no program gets it. */
export function limitOpenFiles(table: SpawnTable, { limits }: SpawnAttributes): void {
  if (limits?.nofile !== undefined) return;
  table.stage("limit", "nofile");
  table.step(SYS_prlimit64, 0, NOFILE, table.data(new Uint8Array(usualOpenFiles().buffer)));
}

/** RLIMIT_NOFILE as a new process has it unless it says otherwise: struct rlimit in words of 32 bits, until the next call. */
export function usualOpenFiles(): Uint32Array<ArrayBuffer> {
  checked(libc.getrlimit(NOFILE, openFiles), "getrlimit");
  if (openFiles[3] !== 0 || openFiles[2]! > NOFILE_SOFT) openFiles.set([NOFILE_SOFT, 0]);
  else openFiles.copyWithin(0, 2);
  return openFiles;
}

const openFiles = new Uint32Array(new ArrayBuffer(16));

/** The terminal, limits, and how the process is scheduled. */
export function restrict(table: SpawnTable, attributes: SpawnAttributes): void {
  const { controllingTerminal, limits, nice, ioPriority, scheduler, affinity, umask } = attributes;
  if (controllingTerminal) {
    table.stage("control the terminal on", "descriptor 0");
    table.step(SYS_ioctl, 0, TIOCSCTTY, 1);
  }
  for (const [number, name] of LIMITS.entries()) {
    const limit = limits?.[name];
    if (limit === undefined) continue;
    table.stage("limit", name, "CAP_SYS_RESOURCE to raise a hard limit");
    table.step(SYS_prlimit64, 0, number, table.uints(...halves(limit.soft), ...halves(limit.hard)));
  }
  if (nice !== undefined) {
    table.stage("set nice", String(nice));
    table.step(SYS_setpriority, 0, 0, nice);
  }
  if (ioPriority !== undefined) {
    const { class: name, level = 0 } = ioPriority;
    table.stage("set I/O priority", `${name} ${level}`, "CAP_SYS_ADMIN or CAP_SYS_NICE");
    table.step(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IO_CLASSES[name] << IOPRIO_CLASS_SHIFT | level);
  }
  if (scheduler !== undefined) {
    const { policy, priority = 0 } = scheduler;
    table.stage("schedule by", `${policy} ${priority}`, "CAP_SYS_NICE");
    table.step(SYS_sched_setscheduler, 0, POLICIES[policy], table.uints(priority));
  }
  if (affinity !== undefined) {
    const mask = new Uint8Array(128);
    for (const cpu of affinity) mask[cpu >> 3]! |= 1 << (cpu & 7);
    table.stage("run on processors", affinity.join(","));
    table.step(SYS_sched_setaffinity, 0, mask.length, table.data(mask));
  }
  if (umask !== undefined) table.step(SYS_umask, umask);
}

/** Groups, and the rights on files that come with the user: from here on files are seen as the program will see them. */
export function actAs(table: SpawnTable, attributes: SpawnAttributes): void {
  const { uid, gid, capabilities: { bounding } = {}, noNewPrivileges } = attributes;
  if (bounding !== undefined) {
    const names = bounding.join(",");
    table.stage("bound capabilities", names, "CAP_SETPCAP");
    const drops = dropped.get(names);
    if (drops === undefined) dropped.set(names, addDrops(table, bounding));
    else table.repeat(drops);
  }
  if (noNewPrivileges) {
    table.stage("set no_new_privs");
    table.step(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1);
  }
  const groups = attributes.groups ?? (uid === undefined && gid === undefined ? undefined : []);
  if (groups !== undefined) {
    table.stage("setgroups", groups.join(","), "CAP_SETGID");
    table.step(SYS_setgroups, groups.length, table.uints(...groups));
  }
  if (gid !== undefined) {
    table.stage("setgid", String(gid), "CAP_SETGID");
    table.step(SYS_setresgid, gid, gid, gid);
  }
  // Only the checks of files go by this one. It reports no failure, but setresuid() will.
  if (uid !== undefined) table.step(SYS_setfsuid, uid);
}

/** The steps for bounding sets that there were before: each takes some forty. */
const dropped = new Map<string, Uint32Array>();

function addDrops(table: SpawnTable, bounding: readonly CapabilityName[]): Uint32Array {
  const first = table.length, kept = new Set(bounding.map(capabilityNumber));
  for (let number = 0; number <= lastCapability(); number++) {
    if (!kept.has(number)) table.step(SYS_prctl, PR_CAPBSET_DROP, number);
  }
  return table.since(first);
}

/** Capabilities that outlast the change of the user, and the user. */
export function becomeUser(table: SpawnTable, attributes: SpawnAttributes): void {
  const { uid, securebits, capabilities: { ambient } = {} } = attributes;
  if (ambient !== undefined) grant(table, ambient);
  // Without this bit a change of the user takes the ambient capabilities too, and they could come back only after it.
  const keeping = uid !== undefined && ambient !== undefined && ambient.length > 0;
  const before = keeping || securebits !== undefined ? libc.prctl(PR_GET_SECUREBITS, 0n, 0n, 0n, 0n) : 0;
  const setBits = (bits: number) => {
    table.stage("set securebits", `0x${bits.toString(16)}`, "CAP_SETPCAP");
    table.step(SYS_prctl, PR_SET_SECUREBITS, bits);
  };
  if (keeping) setBits(before | SECBIT_NO_SETUID_FIXUP);
  else if (securebits !== undefined) setBits(securebits);
  if (uid === undefined) return;
  table.stage("setuid", String(uid), "CAP_SETUID");
  table.step(SYS_setresuid, uid, uid, uid);
  if (keeping) setBits(securebits ?? before);
}

/** The structures of capget(2) and capset(2), used again for each process. */
const capabilityHeader = new Uint32Array(new ArrayBuffer(8)),
  capabilitySets = new Uint32Array(new ArrayBuffer(24));
const bytesOfHeader = new Uint8Array(capabilityHeader.buffer),
  bytesOfSets = new Uint8Array(capabilitySets.buffer);

/** Ambient capabilities have to be permitted and inheritable: capabilities(7). */
function grant(table: SpawnTable, ambient: readonly CapabilityName[]): void {
  capabilityHeader[0] = CAPABILITY_VERSION;
  checked(libc.capget(capabilityHeader, capabilitySets), "capget");
  capabilitySets[2] = capabilitySets[5] = 0;
  for (const name of ambient) {
    const number = capabilityNumber(name);
    capabilitySets[number < 32 ? 2 : 5]! |= 1 << (number & 31);
  }
  table.stage("set capabilities", ambient.join(","), "them to be permitted to us and in the bounding set");
  table.step(SYS_capset, table.data(bytesOfHeader), table.data(bytesOfSets));
  table.step(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL);
  for (const name of ambient) {
    table.step(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capabilityNumber(name));
  }
}

function capabilityNumber(name: CapabilityName): number {
  const number = CAPABILITIES.indexOf(name);
  if (number === -1) throw osError("set capabilities", "EINVAL", name, "there is no such capability");
  return number;
}

let last: number | null = null;

/** The last capability that this kernel has: there may be more of them than we know. */
function lastCapability(): number {
  return last ??= Number(Deno.readTextFileSync("/proc/sys/kernel/cap_last_cap"));
}

function halves(value: Limit["soft"]): [number, number] {
  return value === "unlimited" ? [0xffff_ffff, 0xffff_ffff] : [value, Math.floor(value / 0x1_0000_0000)];
}
