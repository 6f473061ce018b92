import { join } from "@std/path";
import type { Contestant } from "./boot_run.ts";
import type { Settings } from "./measurement.ts";
import { type Shape, unitsText } from "./units_text.ts";
import type { Workshop } from "./workshop.ts";

/** The loop of posix_spawn; with `duties` it also holds what a supervisor must hold. */
export function floor(settings: Settings, shape: Shape, duties: boolean): Contestant {
  const { workshop, services } = settings;
  return {
    name: duties ? "the same with log pipes and pidfds" : "posix_spawn loop in C",
    argv: async () => {
      const service = await workshop.program("service");
      const args = [shape, String(services), service, workshop.times, ...(duties ? ["duties"] : [])];
      return [await workshop.program("floor"), ...args];
    },
    known: async (folder) => Number(await Deno.readTextFile(join(folder, "out"))) || null,
  };
}

/** Denit, with so many services. */
export function denit(workshop: Workshop, shape: Shape, services: number): Contestant {
  return {
    name: "Denit",
    argv: async (folder) => {
      const service = await workshop.program("service");
      const init = await workshop.init(
        `${shape}-${services}`,
        () => unitsText(shape, services, [service, workshop.times]),
      );
      return [init, "boot", "--runtime-dir", folder];
    },
    known: (folder) => journalTime(folder, "booted"),
  };
}

/** When an event was first noted in the journal, in ns; null if it was not. */
export async function journalTime(folder: string, event: string): Promise<number | null> {
  const journal = await Deno.readTextFile(join(folder, "boot.jsonl"));
  const time = new RegExp(`^\\{"t":(\\d+),"event":"${event}"`, "m").exec(journal)?.[1];
  return time === undefined ? null : Number(time);
}
