import { Command } from "@commander-js/extra-typings";
import { relative } from "@std/path";
import { build, type BuildOptions, stderrProgress } from "../build/mod.ts";
import { exitCodeOf, printProblems } from "./check_command.ts";

/**
 * `build`: makes a generation and says what it is.
 *
 * @returns The exit code: 0 if it is there now, 1 if something is wrong with the units.
 * @throws {BuildFailure} If the build cannot be carried out.
 */
export async function runBuild(options: Omit<BuildOptions, "progress">): Promise<number> {
  const result = await build({ ...options, progress: stderrProgress });
  if (!result.ok) {
    printProblems(result.problems);
    return 1;
  }
  const { generation, init, upToDate, manifest } = result;
  const path = relative(Deno.cwd(), init);
  const size = `${(manifest.init.size / 1e6).toFixed(1)} MB`;
  console.log(
    `generation ${generation} ${upToDate ? "is up to date" : "built"}: ${
      path.startsWith("..") ? init : path
    } (${size})`,
  );
  console.log(`runtime: ${manifest.runtime.source}, sha256 ${manifest.runtime.sha256}`);
  return 0;
}

/** The subcommand `build`. */
export const buildCommand = new Command("build")
  .description("Checks units and compiles them into DIR/GENERATION/init; DIR/current then leads there.")
  .option("--units <file>", "a units module of your own, anywhere on disk")
  .option("--out <dir>", "the folder of generations (default: dist in this checkout)")
  .option(
    "--runtime <which>",
    "auto: DENORT_BIN, Deno's own cache and host, else the package registry; " +
      "official: never the registry; npm: only the registry; or the path of a denort",
    "auto",
  )
  .action(async (options) => Deno.exit(await exitCodeOf(() => runBuild(options))));
