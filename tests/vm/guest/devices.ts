import { kernelModules, seconds } from "denit";

/** Loads the drivers of what every machine here has: all of them are modules in Debian's kernels. */
export const devices = kernelModules({
  description: "drivers of the virtual hardware",
  names: ["virtio_pci", "virtio_console", "virtio_blk", "virtio_net", "virtio_rng"],
  // An emulated machine on a host that is busy takes several times as long as any other.
  timeout: seconds(60),
});
