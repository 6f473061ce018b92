import { Command } from "@commander-js/extra-typings";
import { BuildFailure, checkUnits, stderrProgress, unitsConfig, unitsFile } from "../build/mod.ts";
import { parseOrExit } from "./parse_or_exit.ts";

/**
 * `check`: says everything that is wrong with units.
 *
 * @param units The units module; undefined for this checkout's own.
 * @returns The exit code: 0 if nothing is wrong, 1 if something is.
 * @throws {BuildFailure} If the check cannot be carried out.
 */
export async function check(units: string | undefined): Promise<number> {
  const file = await unitsFile(units);
  await using config = await unitsConfig(file);
  const { problems, evaluation } = await checkUnits(config, { units: file, progress: stderrProgress });
  printProblems(problems);
  const description = evaluation.description;
  if (problems.length > 0 || description === null) return 1;
  const { services, worstCase: { boot, shutdown } } = description;
  console.log(
    `${services.length} services, nothing wrong; boot takes at most ${boot / 1000} s, shutdown ${
      shutdown / 1000
    } s`,
  );
  return 0;
}

/** Prints what is wrong, and how much of it there is. */
export function printProblems(problems: readonly string[]): void {
  if (problems.length === 0) return;
  console.log(problems.join("\n\n"));
  console.error(`\n${problems.length === 1 ? "1 problem" : `${problems.length} problems`} in the units`);
}

/** Runs a command of the build, and turns what it throws into a message and an exit code. */
export async function exitCodeOf(work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof BuildFailure)) throw error;
    console.error(`${error.message}\n    ${error.cure}`);
    return error.exitCode;
  }
}

/** The subcommand `check`. */
export const checkCommand = new Command("check")
  .description("Checks units: types, then the graph. Exit code 0 if nothing is wrong, else 1.")
  .option("--units <file>", "a units module of your own, anywhere on disk")
  .action(async ({ units }) => Deno.exit(await exitCodeOf(() => check(units))));

if (import.meta.main) await parseOrExit(checkCommand.exitOverride());
