import { CommanderError } from "@commander-js/extra-typings";
import { EXIT_CODES } from "./exit_codes.ts";

/** Parses a command line; one that is wrong ends this process with exit code 100. */
export async function parseOrExit(
  command: { parseAsync(args: string[], from: { from: "user" }): Promise<unknown> },
): Promise<void> {
  try {
    await command.parseAsync(Deno.args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    Deno.exit(error.exitCode === 0 ? EXIT_CODES.yes : EXIT_CODES.usage);
  }
}
