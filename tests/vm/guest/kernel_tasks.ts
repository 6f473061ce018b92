/** A machine whose init does itself what the kernel has to be told. */
import {
  defineBundle,
  defineService,
  defineSystem,
  hostname,
  kernelModules,
  loopback,
  mount,
  notificationFd,
  randomSeed,
  savedClock,
  seconds,
} from "denit";

export const modules = kernelModules(["virtio_pci", "virtio-blk", "virtio_console", "dm-crypt", "ext4"]);
export const again = kernelModules({ deps: { modules }, names: ["dm_crypt", "virtio_blk"] });
export const missing = kernelModules(["wiregard"]);
export const name = hostname("denit-vm");
export const lo = loopback();

export const folder = defineService({
  kind: "oneshot",
  run: () => ({ argv: ["/bin/mkdir", "-p", "/persist"] }),
});
export const persist = mount({
  deps: { modules, folder },
  device: "/dev/vda",
  path: "/persist",
  type: "ext4",
});
export const seed = randomSeed({ deps: { persist }, file: ({ persist }) => `${persist.path}/random-seed` });
export const clock = savedClock({ deps: { persist }, file: ({ persist }) => `${persist.path}/clock` });

/** Runs the commands that a test sends into the machine. */
export const shell = defineService({
  deps: { modules },
  run: () => ({ argv: ["/bin/vm-shell"] }),
  ready: notificationFd(3, { timeout: seconds(30) }),
});

export default defineSystem({ boot: defineBundle([shell, again, missing, name, lo, seed, clock]) });
