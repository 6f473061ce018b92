import { script, seconds } from "denit";
import { machine } from "./machine.ts";
import { modules } from "./modules.ts";
import { isMountPoint } from "./mount_point.ts";
import { program } from "./programs.ts";
import { exists, waitForFile } from "./wait_for_file.ts";

/** Where the persistent volume is mounted, and the device that it was unlocked as. */
export interface Persist {
  readonly path: string;
  readonly device: string;
}

const { name, keyFile, type, options, path } = machine.persist;
const unlocked = `/dev/mapper/${name}`;

/** Unlocks the persistent volume, checks and mounts it; the only state that outlives a generation of the image. */
export const persistMount = script({
  description: "unlock, check and mount /persist",
  deps: { modules },
  run: async (): Promise<Persist> => {
    // A run that was killed, or an initramfs, may have come part of the way.
    if (!await exists(unlocked)) await unlock();
    if (!await isMountPoint(path)) {
      try {
        await checkAndMount();
      } catch (error) {
        await lock().catch(console.error);
        throw error;
      }
    }
    return { path, device: unlocked };
  },
  undo: async () => {
    if (await isMountPoint(path)) await program(["umount", path]);
    if (await exists(unlocked)) await lock();
  },
  // The wait for a device, a key derivation that is meant to be slow, and the check of a file system after a power cut.
  timeout: seconds(30),
  stop: { timeout: seconds(5) },
  claims: { mountPoints: [path] },
});

async function unlock(): Promise<void> {
  const device = deviceOf(await Deno.readTextFile("/proc/cmdline"));
  await waitForFile(device, seconds(10));
  await program(["cryptsetup", "open", "--type", "luks2", "--key-file", keyFile, device, name]);
}

async function checkAndMount(): Promise<void> {
  // 1: there were errors, and they are corrected. From 2 on it takes a reboot, or somebody who decides.
  await program(["e2fsck", "-p", unlocked], { fine: [0, 1] });
  await Deno.mkdir(path, { recursive: true });
  await program(["mount", "-t", type, "-o", options.join(","), unlocked, path]);
}

async function lock(): Promise<void> {
  await program(["cryptsetup", "close", name]);
}

/** The device that the kernel's command line names, or else the usual one. */
export function deviceOf(commandLine: string): string {
  const word = /^fortros\.persist=(.+)$/;
  const named = commandLine.trim().split(/\s+/).flatMap((one) => word.exec(one)?.[1] ?? []);
  return named.at(-1) ?? machine.persist.device;
}
