/** The roles that have to do with generations. PID 1 does not load them when it boots. */
import {
  Argument,
  Command,
  type CommandUnknownOpts,
  InvalidArgumentError,
} from "@commander-js/extra-typings";
import { buildInfo } from "../boot/build_info.ts";
import { TRIES } from "../boot/generation_add.ts";
import { GENERATION_ID } from "../boot/generation_folder.ts";
import { markGeneration } from "../boot/mark_generation.ts";
import { EXIT_CODES } from "./exit_codes.ts";
import { addRole, chooseRole, listRole } from "./generation_roles.ts";
import { loadGraph } from "./load.ts";
import { initProgram, type Units } from "./main.ts";

/** All of `init`, with these roles: as `--help`, the manual and completion see it. */
export function wholeProgram(units: Units, done: (code: number) => void) {
  const program = initProgram(units, done);
  for (const command of generationCommands(units, done)) program.addCommand(command);
  return program;
}

function generationCommands(
  units: Units,
  done: (code: number) => void,
): readonly CommandUnknownOpts[] {
  const folder = () => new Argument("<dir>", "the folder of generations, such as /persist/generations");
  return [
    new Command("mark")
      .description("Writes the verdict on this generation to its status file.")
      .addArgument(new Argument("<verdict>", "what became of its boot").choices(["ok", "failed"]))
      .argument("[reason...]", "why it has failed")
      .addHelpText("after", MARK_HELP)
      .action(async (verdict, reason) => {
        const id = Deno.env.get("DENIT_GENERATION") || buildInfo().generation;
        await markGeneration(loadGraph(units), id, verdict, reason.join(" "));
        done(EXIT_CODES.yes);
      }),
    new Command("add-generation")
      .description("Makes a generation known as the newest, pending until its boot has said ok.")
      .addArgument(folder())
      .argument(
        "<id>",
        "its id, as `init manifest` tells it; what belongs to it may lie in the folder of that name",
        generationId,
      )
      .option("--tries <count>", "how often it is booted at most before it has said ok", wholeNumber, TRIES)
      .option("--again", "give one that is there already its tries anew, whatever became of it")
      .addHelpText("after", ADD_HELP)
      .action(async (dir, id, options) => done(await addRole(dir, id, options))),
    new Command("choose-generation")
      .description("Prints the id of the generation to boot, and counts that as a try.")
      .addArgument(folder())
      .option("--dry-run", "count nothing, and change nothing")
      .addHelpText("after", CHOOSE_HELP)
      .action(async (dir, options) => done(await chooseRole(dir, options))),
    new Command("generations")
      .description("Shows the generations, newest first, and which is booted next.")
      .addArgument(folder())
      .option("--json", "as JSON")
      .addHelpText("after", LIST_HELP)
      .action(async (dir, options) => done(await listRole(dir, options))),
  ].map((command) => command.exitOverride());
}

function generationId(text: string): string {
  if (!GENERATION_ID.test(text)) throw new InvalidArgumentError("take letters, digits and _ . + -");
  return text;
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError("it is no number from 1 to 999999.");
  return Number(text);
}

const MARK_HELP = `
Init judges its boot itself. This is for what it cannot know, and for a generation that has failed for a reason that is
gone. It is the generation that $DENIT_GENERATION names, as in every service, or else that of this binary.

Examples:
  init mark ok
  init mark failed the display stays dark`;

const ADD_HELP = `
The last step of an update. A power cut before its end leaves a folder that is no generation yet: call it again.

Examples:
  cp -r dist/4f2a90c1d7e3 /persist/generations/ && sync -f /persist && init add-generation /persist/generations 4f2a90c1d7e3
  init add-generation --again /persist/generations 4f2a90c1d7e3   # it had failed, and the cause is gone`;

const CHOOSE_HELP = `
The newest that is ok, or pending with tries left. The try is on the disk before the id is printed; what is passed over
has failed from then on. If none is left, it is the last resort: the newest that ever was ok, else the newest.
The explanation is on standard error.

Examples:
  # In the script of an initramfs. Init needs /proc, and has to be told where the folder is not called as the build is:
  mount -t proc proc /proc
  mount /dev/vda /persist
  id=$(init choose-generation /persist/generations) || exec sh
  mount -o ro,loop "/persist/generations/$id/root.squashfs" /root
  exec env DENIT_GENERATION="$id" switch_root /root /init

Exit code: 0 it is printed, 1 there is no generation, 111 the folder cannot be read.`;

const LIST_HELP = `
Each has a folder DIR/ID with the files number (higher is newer), status (pending TRIES, ok, or failed REASON), good
(there once it was ok) and unjudged (boots of an ok one that have ended without a verdict: after five it has failed).

Examples:
  init generations /persist/generations`;
