import { type Boot, type Contestant, start } from "./boot_run.ts";
import { denit, floor } from "./contestants.ts";
import type { Measurement, Result, Settings } from "./measurement.ts";
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
  const contestants: Contestant[] = [
    floor(settings, shape, false),
    floor(settings, shape, true),
    denit(workshop, shape, services),
    ...present,
  ];
  const boots: Boot[][] = contestants.map(() => []);
  // The first round warms the caches of the machine and does not count. The rest take turns, so that what else the
  // machine does hits all of them alike.
  for (let run = 0; run <= runs; run++) {
    for (const [at, contestant] of contestants.entries()) {
      await using running = await start(contestant, settings, services);
      if (run > 0) boots[at]!.push(running.boot);
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
      notes: missing,
    },
  ];
}
