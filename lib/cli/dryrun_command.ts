import { Command } from "@commander-js/extra-typings";
import { resolve as resolvePath, toFileUrl } from "@std/path";
import { parseOrExit } from "./parse_or_exit.ts";
import { EXIT_CODES } from "./exit_codes.ts";
import { BadSystem, loadGraph } from "./load.ts";
import { type Format, formatOption } from "./formats.ts";
import { dryrunRole } from "./rest_roles.ts";
import { messageOf } from "../define/message_of.ts";

/**
 * `dryrun`: boots units on a virtual kernel and prints in which order, without
 * building anything. Types are the business of `check`.
 *
 * @returns The exit code: 0 if all would come up.
 */
async function dryrun(
  file: string | undefined,
  format: Format,
): Promise<number> {
  const path = file ?? new URL("../../units/mod.ts", import.meta.url).pathname;
  try {
    const units = await import(toFileUrl(resolvePath(path)).href);
    return await dryrunRole(loadGraph(units), format);
  } catch (error) {
    const reason = messageOf(error);
    const cure = error instanceof BadSystem
      ? ""
      : `\n    see what \`deno task check --units ${path}\` says of it`;
    console.error(error instanceof BadSystem ? reason : `cannot load ${path}: ${reason}${cure}`);
    return EXIT_CODES.no;
  }
}

if (import.meta.main) {
  const command = new Command("deno task dryrun")
    .description("Prints the boot order without booting: the real supervisor on a virtual kernel.")
    .option("--units <file>", "a units module of your own, anywhere on disk")
    .addOption(formatOption())
    .addHelpText("after", "\nExit code: 0 all would come up, 1 something is wrong with the units.")
    .exitOverride()
    .showHelpAfterError()
    .action(async ({ units, format }) => Deno.exit(await dryrun(units, format)));
  await parseOrExit(command);
}
