/**
 * `build.ts build` makes an `init` of the units: check, bundle, compile,
 * manifest. `build.ts check` only checks them. See lib/build.
 *
 * @module
 */
import { Command } from "@commander-js/extra-typings";
import { buildCommand } from "./lib/cli/build_command.ts";
import { checkCommand } from "./lib/cli/check_command.ts";
import { parseOrExit } from "./lib/cli/parse_or_exit.ts";

const program = new Command("deno task").description("Makes an init of units.");
for (const command of [program, buildCommand, checkCommand]) command.exitOverride().showHelpAfterError();
program.addCommand(buildCommand, { isDefault: true }).addCommand(checkCommand);
await parseOrExit(program);
