/** The commands that analyse a boot from its journal: `blame`, `critical-chain` and `plot`. */
import { Command } from "@commander-js/extra-typings";
import { join } from "@std/path";
import { runtimeFolder } from "../boot/runtime_folder.ts";
import { blameJson, criticalChainJson } from "./analysis_json.ts";
import { renderBlame, renderCriticalChain } from "./analysis_text.ts";
import { type Timeline, timelineOf } from "./analysis_timeline.ts";
import { type Done, print, runtimeDirOf } from "./ctl_verb.ts";
import { EXIT_CODES } from "./exit_codes.ts";
import { renderPlot } from "./plot.ts";
import { messageOf } from "../define/message_of.ts";

/** What a command can say of a boot, or why it cannot say it. */
export type Analysis = { readonly text: string } | { readonly fault: string };

/** `blame`: services by the time that they took to be ready. */
export function blame(timeline: Timeline, json: boolean): Analysis {
  const text = json ? blameJson(timeline) : renderBlame(timeline);
  return text === "" ? { fault: "cannot blame anybody: no service was started" } : { text };
}

/** `critical-chain [NAME]`: what a service, or the end of the boot, waited for. */
export function chain(timeline: Timeline, name: string | undefined, json: boolean): Analysis {
  const text = json ? criticalChainJson(timeline, name) : renderCriticalChain(timeline, name);
  if (text !== null) return { text };
  if (name === undefined) return { fault: "cannot show the critical chain: no service was started" };
  const known = timeline.services.some((line) => line.name === name);
  const reason = known ? "the boot did not start it" : "the journal knows no such service";
  return { fault: `cannot show the chain of ${name}: ${reason}` };
}

/** The subcommand `blame`; one line adds it to a program. */
export function blameCommand(done: Done) {
  return new Command("blame")
    .description("Lists services by the time that they took to be ready, with their attempts.")
    .option("--journal <file>", JOURNAL_HELP)
    .option("--json", "print JSON, for programs; times in milliseconds")
    .action(async ({ journal, json }, command) =>
      done(await analyse(journal ?? own(command), (timeline) => blame(timeline, json === true)))
    );
}

/** The subcommand `critical-chain`. */
export function criticalChainCommand(done: Done) {
  return new Command("critical-chain")
    .description("Shows whom the boot, or one service, had to wait for, one after the other.")
    .argument("[name]", "the service that it leads to (default: whoever the boot waited for last)")
    .option("--journal <file>", JOURNAL_HELP)
    .option("--json", "print JSON, for programs; times in milliseconds")
    .action(async (name, { journal, json }, command) =>
      done(await analyse(journal ?? own(command), (timeline) => chain(timeline, name, json === true)))
    );
}

/** The subcommand `plot`. */
export function plotCommand(done: Done) {
  return new Command("plot")
    .description("Draws the boot as a picture (SVG) on standard output.")
    .option("--journal <file>", JOURNAL_HELP)
    .action(async ({ journal }, command) =>
      done(await analyse(journal ?? own(command), (timeline) => ({ text: renderPlot(timeline).trimEnd() })))
    );
}

const JOURNAL_HELP = "the journal of a boot (default: boot.jsonl in the runtime directory)";

/** The journal of the init that a command names. */
function own(command: { optsWithGlobals(): unknown }): string {
  return join(runtimeFolder(runtimeDirOf(command)), "boot.jsonl");
}

/** Reads a journal and prints what there is to say of its newest boot; the exit code says whether there was something. */
async function analyse(path: string, say: (timeline: Timeline) => Analysis): Promise<number> {
  let journal: string;
  try {
    journal = await Deno.readTextFile(path);
  } catch (error) {
    const missing = error instanceof Deno.errors.NotFound;
    const reason = missing ? "there is none" : messageOf(error);
    console.error(`cannot read the journal ${path}: ${reason}; name another one by --journal`);
    return EXIT_CODES.system;
  }
  const timeline = timelineOf(journal);
  const analysis = timeline === null
    ? { fault: `cannot analyse ${path}: it tells of no boot` }
    : say(timeline);
  if ("fault" in analysis) {
    console.error(analysis.fault);
    return EXIT_CODES.no;
  }
  await print(`${analysis.text}\n`);
  return EXIT_CODES.yes;
}
