import { delay } from "@std/async/delay";
import { join } from "@std/path";
import { monotonic } from "../lib/os/linux/clock.ts";
import { type Contestant, start } from "./boot_run.ts";
import type { Measurement } from "./measurement.ts";

const ORPHANS = 10_000;

/** How long the supervisor takes to reap very many orphans at once. */
export const orphans: Measurement = {
  name: "orphans",
  about: `reaping ${ORPHANS} orphans that come all at once`,
  measure: async (settings) => {
    const { runs, workshop } = settings;
    const left = join(workshop.folder, "left");
    const service = await workshop.program("orphans");
    const init = await workshop.init("orphans", () => units([service, String(ORPHANS), left]));
    const contestant: Contestant = {
      name: "Denit",
      argv: (folder) => Promise.resolve([init, "boot", "--runtime-dir", folder]),
    };
    const samples: number[] = [];
    for (let run = 0; run < Math.min(runs, 3); run++) {
      await Deno.remove(left).catch(() => {});
      // It appends no times: its readiness is not what counts.
      await using running = await start(contestant, settings, 0);
      const children = `/proc/${running.pid}/task/${running.pid}/children`;
      for (let seen = Infinity; seen > 1;) {
        await delay(5);
        const text = await Deno.readTextFile(left).catch(() => "");
        if (!text.endsWith("\n")) continue;
        seen = (await Deno.readTextFile(children)).trim().split(" ").length;
        if (seen === 1) samples.push(monotonic() - Number(text) / 1e6);
      }
    }
    const name = `${ORPHANS} zombies`;
    const title = "From the death of their parent until the last orphan is reaped";
    return [{ title, compared: false, rows: [{ name, unit: "ms", samples }], notes: [] }];
  },
};

function units(argv: readonly string[]): string {
  return [
    'import { defineBundle, defineService, defineSystem, notificationFd } from "denit";',
    `export const orphans = defineService({ run: () => ({ argv: ${
      JSON.stringify(argv)
    } }), ready: notificationFd(3) });`,
    "export default defineSystem({ boot: defineBundle([orphans]) });",
    "",
  ].join("\n");
}
