/** `initctl`, and `init ctl`: talks to the init that runs. PID 1 does not load this. */
import { Command, CommanderError } from "@commander-js/extra-typings";
import { blameCommand, criticalChainCommand, plotCommand } from "./analysis_command.ts";
import { completeRole } from "./completion.ts";
import { completionCommand } from "./completion_command.ts";
import { changeVerbs } from "./ctl_change.ts";
import { ctlExamples, renderExamples } from "./manual_examples.ts";
import { readVerbs } from "./ctl_read.ts";
import { CtlFailure } from "./ctl_session.ts";
import { EXIT_CODES } from "./exit_codes.ts";
import { messageOf } from "../define/message_of.ts";

/**
 * Carries out one call of `initctl`.
 *
 * @param words The arguments after `ctl`, or of `initctl`.
 * @returns The exit code: 0 yes, 1 no or failed, 2 out of time, 100 wrong usage, 111 the system refused.
 */
export async function ctlRole(words: readonly string[]): Promise<number> {
  let code: number = EXIT_CODES.yes;
  try {
    if (words[0] === "__complete") return await completeRole(ctlProgram(() => {}), words.slice(1));
    await ctlProgram((result) => code = result).parseAsync(words, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODES.yes : EXIT_CODES.usage;
    // Whoever reads has had enough.
    if (error instanceof Deno.errors.BrokenPipe) return EXIT_CODES.yes;
    console.error(messageOf(error));
    return error instanceof CtlFailure ? error.exitCode : EXIT_CODES.system;
  }
}

/** The whole command, as `--help`, the manual and completion see it. */
export function ctlProgram(done: (code: number) => void): Command {
  const program: Command = new Command("initctl");
  program
    .description("Shows how this system stands, and changes it.")
    .option(
      "--runtime-dir <dir>",
      "where the supervisor has its socket (default: $DENIT_RUNTIME_DIR, /run/denit, or $XDG_RUNTIME_DIR/denit)",
    )
    .exitOverride()
    .showHelpAfterError("(see initctl --help)")
    .addHelpText("after", renderExamples(ctlExamples))
    .addHelpText(
      "after",
      "\nVerbs that change something wait for the outcome, tell who is awaited, and may be left by Ctrl-C at any time." +
        "\nExit code: 0 yes, 1 no or failed, 2 out of time, 100 wrong usage, 111 the system refused.",
    );
  const help: Command = new Command("help").description("Shows the help of a command.").helpGroup("Help:");
  help.argument("[command]");
  program.addHelpCommand(help);
  const groups = {
    "To look:": readVerbs(done),
    "To change something:": changeVerbs(done),
    "To see where the time of a boot went:": [
      blameCommand(done),
      criticalChainCommand(done),
      plotCommand(done),
    ],
    "Help:": [completionCommand()],
  };
  for (const [heading, commands] of Object.entries(groups)) {
    for (const command of commands) program.addCommand(command.helpGroup(heading).exitOverride());
  }
  return program;
}
