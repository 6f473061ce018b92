/**
 * cgroups(7), version 2: folders of processes, with what they may use and what they have used. Everything is a file of
 * text; Documentation/admin-guide/cgroup-v2.rst of the kernel says what stands in each. A process is put into one when
 * it is started: `SpawnAttributes.cgroup`.
 */
import { readKernelFile, writeKernelFile } from "./kernel_files.ts";
import { cstring, errno, failure, libc } from "./libc.ts";
import { listMounts } from "./mountinfo.ts";

/** From <errno.h>. */
const ENOENT = 2, EEXIST = 17;

/** What a cgroup may be told, by the name of its file. A new value of `memory.max` may have to make room first. */
export type CgroupControl =
  | `${"memory" | "pids"}.max`
  | "memory.high"
  | `cpu.${"max" | "weight"}`
  | `io.${"max" | "weight"}`
  | "memory.oom.group"
  | "cgroup.subtree_control"
  | "cgroup.freeze";

/** What the processes of a cgroup have used; null where the controller is not there, or the kernel does not tell. */
export interface CgroupUsage {
  /** memory.current and memory.peak, in bytes. */
  readonly memory: number | null;
  readonly memoryPeak: number | null;
  /** usage_usec of cpu.stat: the time of processors, in microseconds. */
  readonly cpuMicros: number | null;
  /** pids.current: how many there are. */
  readonly processes: number | null;
  /** oom_kill of memory.events: how many were killed for the lack of memory. */
  readonly oomKills: number | null;
  /** avg10 of the lines `some`: the part of the last ten seconds, in percent, in which somebody had to wait. */
  readonly pressure: { readonly [Resource in "cpu" | "memory" | "io"]: number | null };
}

/** Where the hierarchy of version 2 is mounted, alone or beside those of version 1; null if it is not. */
export function cgroupRoot(): string | null {
  return listMounts().find(({ type }) => type === "cgroup2")?.point ?? null;
}

/** The folder of the cgroup that a process is in; null if there are none, or there is no such process. */
export function cgroupOf(pid: number | "self"): string | null {
  const root = cgroupRoot();
  const path = /^0::(.*)$/m.exec(readKernelFile(`/proc/${pid}/cgroup`))?.[1];
  return root === null || path === undefined ? null : path === "/" ? root : root + path;
}

/** The controllers that a cgroup has; its parent enables them by `cgroup.subtree_control`. */
export function controllersOf(cgroup: string): string[] {
  return readKernelFile(`${cgroup}/cgroup.controllers`).split(/\s+/).filter((name) => name !== "");
}

/** Makes a cgroup, unless it is there. @throws {OsError} ENOENT without its parent, EACCES, EAGAIN beyond cgroup.max.*. */
export function makeCgroup(cgroup: string): void {
  if (libc.mkdir(cstring(cgroup), 0o755) === -1 && errno() !== EEXIST) throw failure("make cgroup", cgroup);
}

/** Removes a cgroup and those in it, if it is there. @throws {OsError} EBUSY while a process is in one of them. */
export function removeCgroup(cgroup: string): void {
  for (const child of childrenOf(cgroup)) removeCgroup(child);
  if (libc.rmdir(cstring(cgroup)) === -1 && errno() !== ENOENT) throw failure("remove cgroup", cgroup);
}

/** Kills all processes in a cgroup and below it, also those that are being forked. @throws {OsError} ENOENT before Linux 5.14. */
export function killCgroup(cgroup: string): void {
  put(cgroup, "cgroup.kill", "1");
}

/** Whether there is a process in a cgroup or below it. */
export function isPopulated(cgroup: string): boolean {
  return field(readKernelFile(`${cgroup}/cgroup.events`), "populated") === 1;
}

/**
 * Tells a cgroup what its processes may use.
 *
 * @param value As the file wants it: `max`, bytes, `50000 100000` for half a processor, `8:0 rbps=1048576`.
 * @throws {OsError} ENOENT without the controller, EINVAL for a value that the file does not take.
 */
export function controlCgroup(cgroup: string, control: CgroupControl, value: string | number): void {
  put(cgroup, control, String(value));
}

/** What the processes of a cgroup have used. */
export function usageOf(cgroup: string): CgroupUsage {
  const read = (file: string) => readKernelFile(`${cgroup}/${file}`);
  const pressure = (of: string) => {
    const average = /^some avg10=([0-9.]+)/.exec(read(`${of}.pressure`))?.[1];
    return average === undefined ? null : Number(average);
  };
  return {
    memory: count(read("memory.current")),
    memoryPeak: count(read("memory.peak")),
    cpuMicros: field(read("cpu.stat"), "usage_usec"),
    processes: count(read("pids.current")),
    oomKills: field(read("memory.events"), "oom_kill"),
    pressure: { cpu: pressure("cpu"), memory: pressure("memory"), io: pressure("io") },
  };
}

function childrenOf(cgroup: string): string[] {
  try {
    return [...Deno.readDirSync(cgroup)].filter(({ isDirectory }) => isDirectory)
      .map(({ name }) => `${cgroup}/${name}`);
  } catch {
    return [];
  }
}

function put(cgroup: string, file: string, text: string): void {
  const path = `${cgroup}/${file}`;
  writeKernelFile(path, text, "write", `${JSON.stringify(text)} to ${path}`);
}

function count(text: string): number | null {
  return /^\d+$/.test(text.trim()) ? Number(text) : null;
}

/** The number behind a name in a file of such lines. */
function field(text: string, name: string): number | null {
  const line = text.split("\n").find((line) => line.startsWith(`${name} `));
  return line === undefined ? null : Number(line.slice(name.length + 1));
}
