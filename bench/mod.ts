/**
 * The measurements that the README quotes, taken on the machine at hand. See
 * bench/README.md for what they mean.
 *
 * May import: anything; nothing imports it.
 *
 * @example
 * ```sh
 * deno task bench
 * deno task bench --only boot --runs 15 --json
 * ```
 *
 * @module
 */
import { Command, InvalidArgumentError } from "@commander-js/extra-typings";
import { parseOrExit } from "../lib/cli/parse_or_exit.ts";
import { atRest } from "./at_rest.ts";
import { boot } from "./boot.ts";
import { log } from "./log.ts";
import type { Measurement, Result } from "./measurement.ts";
import { orphans } from "./orphans.ts";
import { isNoisy, renderResult, resultAsJson } from "./render.ts";
import { restart } from "./restart.ts";
import { spawn } from "./spawn.ts";
import { startUp } from "./start_up.ts";
import { stepCost } from "./step_cost.ts";
import { vm } from "./vm.ts";
import { CannotMeasure, Workshop } from "./workshop.ts";

const measurements: readonly Measurement[] = [
  boot,
  startUp,
  restart,
  spawn,
  stepCost,
  atRest,
  orphans,
  log,
  vm,
];

/** A whole number of at least one, from the command line. */
function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("It must be a number from 1 on.");
  return value;
}

function choose(name: string, chosen: readonly Measurement[] = []): readonly Measurement[] {
  const found = measurements.find((measurement) => measurement.name === name);
  if (found === undefined) {
    throw new InvalidArgumentError(`There are ${measurements.map(({ name }) => name).join(", ")}.`);
  }
  return [...chosen, found];
}

const command = new Command("bench")
  .description("Measures Denit on this machine.")
  .option("--only <name>", "one measurement; may be given several times", choose)
  .option("--runs <n>", "how often each thing is done", count, 7)
  .option("--services <n>", "how many services a system has", count, 500)
  .option("--fifo", "under SCHED_FIFO, so that other work of this machine counts less; needs CAP_SYS_NICE")
  .option("--json", "print JSON instead of tables")
  .addHelpText(
    "after",
    `\nMeasurements:\n${measurements.map(({ name, about }) => `  ${name.padEnd(8)} ${about}`).join("\n")}`,
  )
  .exitOverride()
  .showHelpAfterError()
  .action(async ({ only = measurements, runs, services, fifo, json }) => {
    const machine = describeMachine();
    if (!json) console.log(`${machine}\n`);
    const results: Result[] = [];
    await using workshop = await Workshop.open();
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      Deno.addSignalListener(signal, async () => {
        await workshop[Symbol.asyncDispose]();
        Deno.exit(1);
      });
    }
    const settings = { runs, services, priority: fifo ? 1 : 0, workshop };
    for (const measurement of only) {
      try {
        for (const result of await measurement.measure(settings)) {
          results.push(result);
          if (!json) console.log(`${renderResult(result)}\n`);
        }
      } catch (error) {
        if (!(error instanceof CannotMeasure)) throw error;
        console.error(`not measured: ${measurement.name}: ${error.message}`);
      }
    }
    if (json) console.log(JSON.stringify({ machine, results: results.map(resultAsJson) }, null, 2));
    if (results.some(isNoisy)) {
      console.error(
        `Some of it is noisy (load ${loads()}): trust ratios more than times, and repeat it when the machine is idle.`,
      );
    }
  });

function describeMachine(): string {
  const processor = /^model name\s*: (.*)$/m.exec(Deno.readTextFileSync("/proc/cpuinfo"))?.[1] ?? "unknown";
  return `${navigator.hardwareConcurrency} x ${processor}, Linux ${Deno.osRelease()}, Deno ${Deno.version.deno}, load ${loads()}`;
}

function loads(): string {
  return Deno.loadavg().map((load) => load.toFixed(1)).join(" ");
}

await parseOrExit(command);
// The listeners for signals would keep this process waiting for them.
Deno.exit(0);
