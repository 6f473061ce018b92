import { start } from "./boot_run.ts";
import { denit, journalTime } from "./contestants.ts";
import type { Measurement, Row } from "./measurement.ts";
import { join } from "@std/path";

/** How long the binary takes until it does something, and how much memory it keeps. */
export const startUp: Measurement = {
  name: "start",
  about: "from exec to the first line of the journal, and the memory of an idle supervisor",
  measure: async (settings) => {
    const { runs, services, workshop } = settings;
    const times: Row[] = [];
    const memory: Row[] = [];
    for (const size of [1, services]) {
      const contestant = denit(workshop, "star", size);
      const begun: number[] = [];
      const resident: number[] = [];
      const proportional: number[] = [];
      for (let run = 0; run <= runs; run++) {
        await using running = await start(contestant, settings, size);
        if (run === 0) continue;
        const started = Number(await Deno.readTextFile(join(running.folder, "start")));
        begun.push(((await journalTime(running.folder, "boot"))! - started) / 1e6);
        const kept = await memoryOf(running.pid);
        resident.push(kept.resident);
        proportional.push(kept.proportional);
      }
      const name = size === 1 ? "1 service" : `${size} services`;
      times.push({ name, unit: "ms", samples: begun });
      memory.push({ name: `${name}, resident`, unit: "MB", samples: resident });
      memory.push({ name: `${name}, its share of pages`, unit: "MB", samples: proportional });
    }
    return [
      { title: "From exec to the first line of the journal", compared: false, rows: times, notes: [] },
      { title: "Memory of an idle supervisor", compared: false, rows: memory, notes: [] },
    ];
  },
};

/** The lines Rss and Pss of proc_pid_smaps(5), in MB. */
async function memoryOf(pid: number): Promise<{ readonly resident: number; readonly proportional: number }> {
  const text = await Deno.readTextFile(`/proc/${pid}/smaps_rollup`);
  const read = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+) kB`, "m").exec(text)?.[1]) / 1000;
  return { resident: read("Rss"), proportional: read("Pss") };
}
