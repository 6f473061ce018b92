import { Command } from "@commander-js/extra-typings";
import { checkTarget } from "../build/image/mod.ts";
import { BuildFailure, checkUnits, stderrProgress, unitsConfig, unitsFile, userPath } from "../build/mod.ts";
import { renderDiagnostic } from "../graph/mod.ts";
import { parseOrExit } from "./parse_or_exit.ts";

/**
 * `check`: says everything that is wrong with units.
 *
 * @param units The units module; undefined for this checkout's own.
 * @param target The root of the image that they are for, a folder; undefined if nobody is to look there.
 * @returns The exit code: 0 if nothing is wrong, 1 if something is.
 * @throws {BuildFailure} If the check cannot be carried out.
 */
export async function check(units: string | undefined, target: string | undefined): Promise<number> {
  const root = target === undefined ? null : targetFolder(target);
  const file = await unitsFile(units);
  await using config = await unitsConfig(file);
  const { problems, evaluation } = await checkUnits(config, { units: file, progress: stderrProgress });
  printProblems(problems);
  const { description, processes } = evaluation;
  if (problems.length > 0 || description === null || processes === null) return 1;
  const missing = root === null ? [] : checkTarget(root, processes);
  printProblems(missing.map(renderDiagnostic));
  if (missing.length > 0) return 1;
  const { services, worstCase: { boot, shutdown } } = description;
  const bounds = `boot takes at most ${boot / 1000} s, shutdown ${shutdown / 1000} s`;
  const found = root === null ? "" : `; ${root} has what they name`;
  console.log(`${services.length} services, nothing wrong; ${bounds}${found}`);
  return 0;
}

function targetFolder(target: string): string {
  const root = userPath(target);
  try {
    if (Deno.statSync(root).isDirectory) return root;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  throw new BuildFailure(
    `cannot check units against ${root}: it is no folder`,
    "name the root of the image as a folder: mount or unpack it first",
    100,
  );
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
  .option(
    "--target <root>",
    "also look whether this image, a folder, has the users, groups, programs, libraries and files that the units name",
  )
  .action(async ({ units, target }) => Deno.exit(await exitCodeOf(() => check(units, target))));

if (import.meta.main) await parseOrExit(checkCommand.exitOverride());
