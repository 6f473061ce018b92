import { BuildFailure } from "../../lib/build/mod.ts";
import { hostCommand } from "./host_command.ts";
import { kernel } from "./kernel.ts";

/** Programs that these tests run on the host, and the Debian packages that have them. */
const PROGRAMS = {
  "qemu-system-x86_64": "qemu-system-x86",
  "setpriv": "util-linux",
  "busybox": "busybox-static",
  "cryptsetup": "cryptsetup-bin",
  "mkfs.ext4": "e2fsprogs",
  "debugfs": "e2fsprogs",
  "dumpe2fs": "e2fsprogs",
  "ip": "iproute2",
  "wg": "wireguard-tools",
} as const;

/** Why this machine cannot run virtual machines, and what to do about it; null if it can. The kernel may be downloaded for that. */
export async function obstacle(): Promise<string | null> {
  const missing = new Map<string, string>();
  for (const [program, packageName] of Object.entries(PROGRAMS)) {
    if (!await isThere(program)) missing.set(program, packageName);
  }
  if (missing.size > 0) {
    const packages = [...new Set(missing.values())].join(" ");
    return `there is no ${[...missing.keys()].join(", ")}; install (Debian): ${packages}`;
  }
  return await kernel().then(
    () => null,
    (error: unknown) => error instanceof BuildFailure ? `${error.message}; ${error.cure}` : String(error),
  );
}

function isThere(program: string): Promise<boolean> {
  return hostCommand(["sh", "-c", 'command -v "$1"', "sh", program]).then(() => true, () => false);
}
