/** reboot(2) and sync(2): the last calls of a machine. */
import { failure, libc } from "./libc.ts";

/** From <sys/reboot.h>. */
const RB_AUTOBOOT = 0x0123_4567,
  RB_HALT_SYSTEM = 0xcdef_0123 | 0,
  RB_POWER_OFF = 0x4321_fedc,
  RB_KEXEC = 0x4558_4543,
  RB_DISABLE_CAD = 0;

const COMMANDS = {
  restart: RB_AUTOBOOT,
  halt: RB_HALT_SYSTEM,
  poweroff: RB_POWER_OFF,
  kexec: RB_KEXEC,
} as const;

/** How a machine ends; `kexec` starts the kernel that was loaded with kexec_load(2). */
export type PowerCommand = keyof typeof COMMANDS;

/**
 * Ends the machine at once, without writing anything to disks: call {@linkcode sync} first. In a PID namespace of its
 * own, PID 1 ends with SIGHUP (restart) or SIGINT (halt, poweroff) instead.
 *
 * @throws {OsError} EPERM without CAP_SYS_BOOT.
 */
export function reboot(command: PowerCommand): never {
  libc.reboot(COMMANDS[command]);
  throw failure("reboot", command);
}

/**
 * Makes the kernel send SIGINT to PID 1 on Ctrl-Alt-Del instead of restarting at once.
 *
 * @throws {OsError} EPERM without CAP_SYS_BOOT, EINVAL in a PID namespace.
 */
export function disableCtrlAltDel(): void {
  if (libc.reboot(RB_DISABLE_CAD) === -1) throw failure("reboot", "disable Ctrl-Alt-Del");
}

/** Writes everything to disks: sync(2). It can take long, so it runs in another thread. */
export function sync(): Promise<void> {
  return libc.sync();
}
