import { join } from "@std/path";
import { type Boot, type Contestant, start } from "./boot_run.ts";
import { denit, floor, journalTime } from "./contestants.ts";
import type { Measurement, Result, Row, Settings } from "./measurement.ts";
import { peers } from "./peers.ts";
import type { Shape } from "./units_text.ts";

const titles = {
  chain: "in a chain, each starts when the one before it is ready",
  star: "at once",
} as const;

/** A boot of many services, from the exec of who starts them to the last one that is ready. */
export const boot: Measurement = {
  name: "boot",
  about: "many services in a chain, and at once, against a loop of posix_spawn and other supervisors",
  measure: async (settings) => [
    ...await measureShape(settings, "chain"),
    ...await measureShape(settings, "star"),
  ],
};

async function measureShape(settings: Settings, shape: Shape): Promise<readonly Result[]> {
  const { services, runs, workshop } = settings;
  const { present, missing } = await peers(settings, shape);
  const ours = denit(workshop, shape, services);
  const contestants: Contestant[] = [
    floor(settings, shape, false),
    floor(settings, shape, true),
    ours,
    ...present,
  ];
  const parts: Parts[] = [];
  // One whom this machine keeps from booting, however that comes, must not cost us the others.
  const failed = new Map<Contestant, string>();
  const boots: Boot[][] = contestants.map(() => []);
  // The first round warms the caches of the machine and does not count. The rest take turns, so that what else the
  // machine does hits all of them alike.
  for (let run = 0; run <= runs; run++) {
    for (const [at, contestant] of contestants.entries()) {
      if (failed.has(contestant)) continue;
      try {
        await using running = await start(contestant, settings, services);
        if (run === 0) continue;
        boots[at]!.push(running.boot);
        if (contestant === ours) parts.push(await partsOf(running.folder));
      } catch (error) {
        if (!present.includes(contestant)) throw error;
        failed.set(contestant, `not measured: ${error instanceof Error ? error.message : error}`);
      }
    }
  }
  const rows = (samplesOf: (boot: Boot) => number | null) =>
    contestants.flatMap(({ name }, at) => {
      const samples = boots[at]!.map(samplesOf).filter((sample) => sample !== null);
      return samples.length === 0 ? [] : [{ name, unit: "ms" as const, samples }];
    });
  const title = `${services} services ${titles[shape]}: from exec until`;
  return [
    {
      title: `${title} the supervisor knows the last one ready`,
      compared: true,
      rows: rows(({ known }) => known),
      notes: [],
    },
    {
      title: `${title} the last one is ready, by its own clock`,
      compared: true,
      rows: rows(({ ready }) => ready),
      notes: [...missing, ...failed.values()],
    },
    { title: "of this, Denit takes", compared: false, rows: partRows(parts, services), notes: [] },
  ];
}

/** The times of one boot of Denit, in ms from its exec. */
interface Parts {
  readonly journal: number;
  readonly booted: number;
}

async function partsOf(folder: string): Promise<Parts> {
  const started = Number(await Deno.readTextFile(join(folder, "start")));
  const since = async (event: string) => ((await journalTime(folder, event) ?? NaN) - started) / 1e6;
  return { journal: await since("boot"), booted: await since("booted") };
}

function partRows(parts: readonly Parts[], services: number): readonly Row[] {
  const row = (name: string, samplesOf: (parts: Parts) => number): Row => {
    return { name, unit: "ms", samples: parts.map(samplesOf) };
  };
  return [
    row("from exec to the first line of the journal", ({ journal }) => journal),
    row("from there until all are ready", ({ journal, booted }) => booted - journal),
    row("of that, for each service", ({ journal, booted }) => (booted - journal) / services),
  ];
}
