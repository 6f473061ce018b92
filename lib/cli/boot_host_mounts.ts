import { MS_NOATIME, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_RELATIME, unescapeField } from "../os/linux/mod.ts";

/** A mount of the host. */
export interface HostMount {
  readonly point: string;
  readonly type: string;
  /** Those of its flags that a bind of it has to keep, as inside a user namespace they are locked. */
  readonly flags: number;
}

const FLAGS: Readonly<Record<string, number>> = {
  nosuid: MS_NOSUID,
  nodev: MS_NODEV,
  noexec: MS_NOEXEC,
  noatime: MS_NOATIME,
  relatime: MS_RELATIME,
};

/** File systems that show the kernel's own state instead of files. */
const PSEUDO: ReadonlySet<string> = new Set([
  "autofs",
  "binfmt_misc",
  "bpf",
  "cgroup",
  "cgroup2",
  "configfs",
  "debugfs",
  "devpts",
  "devtmpfs",
  "efivarfs",
  "fusectl",
  "hugetlbfs",
  "mqueue",
  "nsfs",
  "proc",
  "pstore",
  "rpc_pipefs",
  "securityfs",
  "selinuxfs",
  "sysfs",
  "tracefs",
]);

/** Whether a file system of this type shows the kernel's own state. */
export function isPseudo(type: string): boolean {
  return PSEUDO.has(type);
}

/** The mounts of this process's namespace, the outer ones first: /proc/self/mountinfo of proc(5). */
export function hostMounts(mountinfo = Deno.readTextFileSync("/proc/self/mountinfo")): readonly HostMount[] {
  const found: HostMount[] = [];
  for (const line of mountinfo.split("\n")) {
    // Fields: id, parent, device, root, mount point, options, any number of tags, "-", type, source, more options.
    const fields = line.split(" ");
    const [point, options] = [fields[4], fields[5]];
    const type = fields[fields.indexOf("-") + 1];
    if (point === undefined || options === undefined || type === undefined) continue;
    const flags = options.split(",").reduce((sum, option) => sum | (FLAGS[option] ?? 0), 0);
    found.push({ point: unescapeField(point), type, flags });
  }
  return found.sort((a, b) => a.point.split("/").length - b.point.split("/").length);
}
