/**
 * What this tree takes for granted about the machine that it runs on. Another
 * image has other devices: this is the file to change.
 */
export const machine = {
  hostname: "fortros",
  /** Drivers, where the kernel has them as modules: for a virtual machine's devices, and for what the services below do. */
  modules: ["virtio_pci", "virtio_blk", "virtio_net", "dm_crypt", "xts", "ecb", "ext4", "wireguard"],
  persist: {
    /** The encrypted volume. There is no udev here, so no `/dev/disk`; `fortros.persist=DEVICE` on the kernel's command line names another. */
    device: "/dev/vda",
    keyFile: "/etc/fortros/persist.key",
    /** What it is called once it is unlocked: `/dev/mapper/persist`. */
    name: "persist",
    type: "ext4",
    options: ["nosuid", "nodev", "noatime"],
    path: "/persist",
  },
  wireguard: {
    iface: "wg0",
  },
} as const;
