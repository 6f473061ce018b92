/** Names that the kernel's documentation has for what a process may have: unit authors use them, and lib/os numbers them. */

/** The limits of setrlimit(2), in the order of their numbers. */
// deno-fmt-ignore
export const LIMITS = [
  "cpu", "fsize", "data", "stack", "core", "rss", "nproc", "nofile",
  "memlock", "as", "locks", "sigpending", "msgqueue", "nice", "rtprio", "rttime",
] as const;

/** A limit by the name that setrlimit(2) and prlimit(1) have for it. */
export type LimitName = typeof LIMITS[number];

/** The capabilities of capabilities(7), in the order of their numbers. */
// deno-fmt-ignore
export const CAPABILITIES = [
  "chown", "dac_override", "dac_read_search", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap",
  "linux_immutable", "net_bind_service", "net_broadcast", "net_admin", "net_raw", "ipc_lock", "ipc_owner",
  "sys_module", "sys_rawio", "sys_chroot", "sys_ptrace", "sys_pacct", "sys_admin", "sys_boot", "sys_nice",
  "sys_resource", "sys_time", "sys_tty_config", "mknod", "lease", "audit_write", "audit_control", "setfcap",
  "mac_override", "mac_admin", "syslog", "wake_alarm", "block_suspend", "audit_read", "perfmon", "bpf",
  "checkpoint_restore",
] as const;

/** A capability by its name in capabilities(7), in small letters and without `CAP_`. */
export type CapabilityName = typeof CAPABILITIES[number];

/**
 * The bits of capabilities(7) for root, in the order of their numbers: <linux/securebits.h>. The one that would follow,
 * SECBIT_KEEP_CAPS, no program ever has when it begins.
 */
export const SECUREBITS = ["noroot", "noroot-locked", "no-setuid-fixup", "no-setuid-fixup-locked"] as const;

/** One of them, by its name in capabilities(7), in small letters, with hyphens and without `SECBIT_`. */
export type SecureBit = typeof SECUREBITS[number];

/** The namespaces of namespaces(7) that a process can have of its own. */
export const NAMESPACES = ["mount", "network", "uts", "ipc", "pid", "cgroup"] as const;

/** A namespace by its name in namespaces(7). */
export type NamespaceName = typeof NAMESPACES[number];
