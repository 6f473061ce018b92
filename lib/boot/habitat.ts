import { dirname, join } from "@std/path";
import { accountsIn, type Habitat } from "../driver/mod.ts";
import { linuxServiceFiles } from "../os/linux/mod.ts";
import { selfCommand, serviceEnvironment } from "./places.ts";
import type { Surroundings } from "./surroundings.ts";

/** How processes are started here. */
export function habitatOf({ generation, container, place, notifyFolder }: Surroundings): Habitat {
  return {
    env: serviceEnvironment(generation),
    cwd: Deno.pid === 1 && container === null ? "/" : null,
    self: selfCommand(),
    place,
    accounts: accountsIn(),
    files: linuxServiceFiles(join(dirname(notifyFolder), "secrets")),
  };
}
