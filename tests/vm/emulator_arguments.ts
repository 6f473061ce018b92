import type { Cable } from "./cable.ts";
import type { Kernel } from "./kernel.ts";

/** The hardware of a virtual machine, and what it boots. */
export interface MachineSettings {
  readonly kernel: Kernel;
  /** The initramfs image, a file of the host. */
  readonly initrd: string;
  /** Words of the kernel's command line beside those for the console. */
  readonly append?: readonly string[];
  /**
   * Raw images, `/dev/vda` first. The machine writes to them, and they stay as
   * it leaves them: another machine may go on with them, but not at the same time.
   */
  readonly disks?: readonly string[];
  /** Whether the disks take one write, and then no more until QEMU's `block_set_io_throttle` lets another one pass. */
  readonly writesHeld?: boolean;
  /** The network that its only card is plugged into. Default: no card. */
  readonly cable?: Cable;
  /** The emulated watchdog i6300esb, for which only the generic kernel has a driver, and what it does. Default: none. */
  readonly watchdog?: "reset" | "poweroff";
  /** Memory in MiB. Default: 1024. Below 512 there is no room to unpack an initramfs with an init in it. */
  readonly memory?: number;
  readonly cpus?: number;
}

/** The sockets on which we wait for QEMU to connect. */
export const CHANNELS = ["monitor", "result", "shell"] as const;

export type Channel = (typeof CHANNELS)[number];

/**
 * The command that is QEMU; qemu(1). It emulates: where virtual machines are
 * nested, KVM may exist and hang. A machine that ends or resets is held still
 * until it was seen why, as QEMU's exit code does not tell.
 */
export function emulatorCommand(
  settings: MachineSettings,
  socketOf: (channel: Channel) => string,
): [string, ...string[]] {
  const { kernel, initrd, append = [], disks = [], cable, watchdog, memory = 1024, cpus = 2 } = settings;
  // After the first write the next one waits for so many seconds as that one had bytes.
  const throttle = settings.writesHeld === true ? ",throttling.bps-write=1" : "";
  const words = ["console=ttyS0", "panic=-1", "quiet", "no_timer_check", ...append];
  const ports = CHANNELS.filter((channel) => channel !== "monitor");
  return [
    // Dies with us, even if we are killed.
    "setpriv",
    "--pdeathsig=KILL",
    "qemu-system-x86_64",
    ...["-accel", "tcg,thread=multi", "-cpu", "max", "-smp", String(cpus), "-m", String(memory)],
    ...["-nodefaults", "-no-user-config", "-display", "none", "-serial", "stdio"],
    ...["-action", "reboot=shutdown,shutdown=pause"],
    ...["-kernel", kernel.vmlinuz, "-initrd", initrd, "-append", words.join(" ")],
    ...CHANNELS.flatMap((channel) => ["-chardev", `socket,id=${channel},path=${socketOf(channel)}`]),
    ...["-mon", "chardev=monitor,mode=control"],
    ...["-device", "virtio-rng-pci", "-device", "virtio-serial-pci"],
    ...ports.flatMap((channel) => ["-device", `virtserialport,chardev=${channel},name=${channel}`]),
    ...disks.flatMap((path) => ["-drive", `file=${path},if=virtio,format=raw${throttle}`]),
    ...(cable?.plug() ?? []),
    ...(watchdog === undefined ? [] : ["-device", "i6300esb", "-action", `watchdog=${watchdog}`]),
  ];
}
