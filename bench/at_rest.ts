import { join } from "@std/path";
import { projectRoot, unitsConfig } from "../lib/build/mod.ts";
import { dryRun } from "../lib/driver/dry_run.ts";
import { check } from "../lib/check/mod.ts";
import { resolve } from "../lib/graph/mod.ts";
import { toFileUrl } from "@std/path";
import type { Measurement, Row } from "./measurement.ts";
import { graphOf } from "./step_cost.ts";
import { unitsText } from "./units_text.ts";

/** What is done without starting anything: how long the author of units waits. */
export const atRest: Measurement = {
  name: "rest",
  about: "dry run of many services; resolve and check of ten times as many",
  measure: async (settings) => {
    const { runs, services, workshop } = settings;
    const many = services * 10;
    const service = await workshop.program("service");
    const text = () => unitsText("chain", services, [service, workshop.times]);
    const init = await workshop.init(`chain-${services}`, text);
    const units = await workshop.module(`chain-${services}`, text);
    const dryrun = join(projectRoot, "lib", "cli", "dryrun_command.ts");
    await using config = await unitsConfig(units);
    const manyUnits = await workshop.module(`chain-${many}`, () => unitsText("chain", many, ["/bin/true"]));
    const exports = await import(toFileUrl(manyUnits).href);
    const graph = await graphOf("chain", services, settings);
    const rows: Row[] = [
      await timed(`dry run of ${services} services, by the binary`, runs, () => run(init, ["dryrun"])),
      await timed(
        `the same by the task`,
        runs,
        () => run(Deno.execPath(), ["run", "-A", "--no-prompt", ...config.args, dryrun, "--units", units]),
      ),
      await timed("the same within a process", runs, () => dryRun(graph)),
      await timed(`resolve and check of ${many} services`, runs, () => {
        const { graph } = resolve(exports);
        if (graph === null) throw new Error("cannot resolve the units");
        const found = check(graph);
        if (found.length > 0) throw new Error(`the units are wrong: ${JSON.stringify(found[0])}`);
        return Promise.resolve();
      }),
    ];
    return [{ title: "Before anything is started", compared: false, rows, notes: [] }];
  },
};

async function timed(name: string, runs: number, work: () => Promise<unknown>): Promise<Row> {
  const samples: number[] = [];
  for (let run = 0; run < runs; run++) {
    const began = performance.now();
    await work();
    samples.push(performance.now() - began);
  }
  return { name, unit: "ms", samples };
}

async function run(program: string, args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args: [...args], stdout: "null" }).output();
  if (!success) throw new Error(`cannot run ${program}: ${new TextDecoder().decode(stderr)}`);
}
