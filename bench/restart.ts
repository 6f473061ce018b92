import { delay } from "@std/async/delay";
import { join } from "@std/path";
import { monotonic } from "../lib/os/linux/clock.ts";
import { lastOf, start } from "./boot_run.ts";
import { denit } from "./contestants.ts";
import type { Measurement } from "./measurement.ts";

/** How soon a service that was killed is ready again. */
export const restart: Measurement = {
  name: "restart",
  about: "from kill -9 of a service to its next process, and until that is ready",
  measure: async (settings) => {
    const { runs, workshop } = settings;
    const spawned: number[] = [];
    const ready: number[] = [];
    const rounds = runs * 3;
    await using running = await start(denit(workshop, "star", 1), settings, 1);
    const journal = join(running.folder, "boot.jsonl");
    for (let round = 1; round <= rounds; round++) {
      const victim = lastSpawn(await Deno.readTextFile(journal));
      const killed = monotonic();
      Deno.kill(victim.pid, "SIGKILL");
      const size = (round + 1) * 8;
      await until(async () => (await Deno.stat(workshop.times)).size >= size);
      ready.push(lastOf(await Deno.readFile(workshop.times)) / 1e6 - killed);
      let next = victim;
      // The journal is written when there is nothing better to do.
      await until(async () => (next = lastSpawn(await Deno.readTextFile(journal))).pid !== victim.pid);
      spawned.push(next.time / 1e6 - killed);
    }
    return [{
      title: "After kill -9 of a service",
      compared: false,
      rows: [
        { name: "its next process runs", unit: "ms", samples: spawned },
        { name: "that one is ready", unit: "ms", samples: ready },
      ],
      notes: [],
    }];
  },
};

/** The last process that the journal knows of, and when it was started, in ns. */
function lastSpawn(journal: string): { readonly pid: number; readonly time: number } {
  const [, time, pid] = [...journal.matchAll(/^\{"t":(\d+),"event":"spawned".*"pid":(\d+)/gm)].at(-1) ?? [];
  if (time === undefined) throw new Error("cannot find a process in the journal: nothing was spawned");
  return { pid: Number(pid), time: Number(time) };
}

/** Waits until something is so. @throws {Error} If it never is. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !await holds(); tries++) {
    if (tries > 5000) throw new Error("cannot go on: what was awaited did not happen within 10 s");
    await delay(2);
  }
}
