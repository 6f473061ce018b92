import { join } from "@std/path";
import type { Guest } from "../driver/mod.ts";
import { openPowerKey, pressesPower, SIZEOF_INPUT_EVENT, watchFolder } from "../os/linux/mod.ts";
import type { Fd, Os } from "../os/os.ts";

/** Who lets others take part in a wait: the driver. */
export interface Host {
  attach(fd: Fd, guest: Guest): void;
  detach(fd: Fd): void;
}

/**
 * Listens to the power keys of this machine, also to those whose kernel modules are loaded later.
 *
 * @param pressed Called each time one goes down.
 * @param folder Where the devices are; it is made if it is missing, as the kernel makes it for the first device only.
 * @throws {OsError} If the folder cannot be watched.
 */
export function watchPowerKeys(
  host: Host,
  os: Pick<Os, "read">,
  pressed: () => void,
  folder = "/dev/input",
  open = openPowerKey,
): void {
  const buffer = new Uint8Array(64 * SIZEOF_INPUT_EVENT);
  const devices = new Set<string>();
  const listen = (path: string) => {
    const fd = open(path);
    if (fd === null) return;
    devices.add(path);
    const readable = () => {
      try {
        const count = os.read(fd, buffer);
        if (count > 0 && pressesPower(buffer.subarray(0, count))) pressed();
        if (count !== 0) return;
      } catch {
        // It was unplugged.
      }
      devices.delete(path);
      host.detach(fd);
    };
    host.attach(fd, { readable });
  };
  const look = () => {
    for (const { name } of Deno.readDirSync(folder)) {
      const path = join(folder, name);
      if (!name.startsWith("event") || devices.has(path)) continue;
      try {
        listen(path);
      } catch {
        // It is gone again, or somebody else has it; no key of a machine is worth a fault.
      }
    }
  };
  Deno.mkdirSync(folder, { recursive: true });
  const news = watchFolder(folder);
  host.attach(news, {
    readable: () => {
      while (os.read(news, buffer) > 0);
      look();
    },
  });
  look();
}
