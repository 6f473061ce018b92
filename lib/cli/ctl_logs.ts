/** `initctl logs`: from the files of the log where it has some that can be read, else from what init remembers. */
import { InvalidArgumentError } from "@commander-js/extra-typings";
import { HungUp } from "../control/client.ts";
import type { Json } from "../define/json.ts";
import { CtlFailure, type CtlSession } from "./ctl_session.ts";
import { EXIT_CODES } from "./exit_codes.ts";
import { print, verbCommand, withSession } from "./ctl_verb.ts";
import { lostText } from "./ctl_render.ts";
import { jsonPrinter, type LogPrinter, textPrinter } from "./log_printer.ts";
import { openNewest } from "./log_parts.ts";
import { readLog } from "./log_reader.ts";

/** What the server answers. */
type LogsAnswer = Json & {
  readonly lines: readonly string[];
  readonly log:
    | { readonly to: "file"; readonly path: string }
    | { readonly to: "service"; readonly service: string }
    | { readonly to: "console" | "none" };
};

/** The verb `logs`. */
export function logsVerb() {
  return verbCommand("logs")
    .argument("<name>", "a service")
    .option("-f, --follow", "go on with what it prints, until init ends")
    .option(
      "-n, --lines <number>",
      "so many of the last lines, `all`, or 0 for none but new ones (default: 10)",
      linesOption,
    )
    .option("--json", "print a JSON object a line, for programs: `service`, `time` and `text`")
    .action((name, { follow = false, lines = 10, json }, command) =>
      withSession(command, async (session) => {
        const printer = json === true ? jsonPrinter(name, print) : textPrinter(print);
        const { log, lines: printed } = await session.ask("logs", { name }) as LogsAnswer;
        const wish = { lines, follow };
        const fallback = log.to === "file"
          ? await showFiles(session, log.path, wish, printed.length > 0, printer)
          : { obstacle: elsewhere(name, log), wish };
        if (fallback === null) return;
        console.error(`(${fallback.obstacle}; from what init remembers, the last 2 KiB)`);
        // The first conversation may have become one of waiting for its end.
        await withSession(command, (another) => showMemory(another, name, fallback.wish, printer));
      })
    );
}

interface Wish {
  readonly lines: number;
  readonly follow: boolean;
}

/** Why the files are of no use, and what is left to be shown. */
interface Fallback {
  readonly obstacle: string;
  readonly wish: Wish;
}

/** Shows the log from its files; returns what to do where that cannot be. */
async function showFiles(
  session: CtlSession,
  path: string,
  wish: Wish,
  hasPrinted: boolean,
  printer: LogPrinter,
): Promise<Fallback | null> {
  const { lines, follow } = wish;
  // Once something was shown there is no other way.
  let [some, follows] = [false, false];
  const untilHangUp = () => {
    follows = true;
    return session.hangUp();
  };
  try {
    // Init remembers what could not be written, as on a disk that is broken.
    if (hasPrinted && !await hasFiles(path)) {
      return { obstacle: `there is no ${path} here, or not yet`, wish };
    }
    for await (const piece of readLog(path, { lines, follow: follow ? untilHangUp : null })) {
      if ("notice" in piece) console.error(piece.notice);
      else {
        some = true;
        await printer.add(piece.bytes);
      }
    }
  } catch (error) {
    if (some || !isAbsent(error)) throw error;
    const reason = error instanceof Deno.errors.NotFound ? "there is no such folder here" : "you may not";
    // The first file came while it was waited for: all that was printed until now is new.
    return {
      obstacle: `cannot read ${path}: ${reason}`,
      wish: follows ? { lines: Infinity, follow } : wish,
    };
  }
  await printer.end();
  return null;
}

async function hasFiles(path: string): Promise<boolean> {
  const newest = await openNewest(path);
  newest?.file.close();
  return newest !== null;
}

/** Shows the tail that init keeps, and what it passes on live. */
async function showMemory(session: CtlSession, name: string, { lines, follow }: Wish, printer: LogPrinter) {
  const limit = lines === Infinity ? {} : { lines };
  const encoder = new TextEncoder();
  try {
    for await (const reply of session.follow("logs", { name, ...limit, ...follow ? { follow } : {} })) {
      if ("output" in reply) await printer.add(encoder.encode(reply.output.text));
      if ("lost" in reply) console.error(lostText(reply.lost));
      if (!("result" in reply)) continue;
      const { lines: last } = reply.result as LogsAnswer;
      await printer.add(encoder.encode(last.map((line) => `${line}\n`).join("")));
    }
  } catch (error) {
    // A log that is followed goes on until init ends.
    if (!follow || !(error instanceof HungUp)) throw error;
  }
  await printer.end();
}

/** Why there are no files. @throws {CtlFailure} If init does not see what the service prints, either. */
function elsewhere(name: string, log: Exclude<LogsAnswer["log"], { readonly to: "file" }>): string {
  switch (log.to) {
    case "service": {
      const cure = `look where ${log.service} keeps it, or see initctl logs ${log.service}`;
      const message = `cannot show the log of ${name}: it prints into ${log.service}, past init\n    ${cure}`;
      throw new CtlFailure(message, EXIT_CODES.no);
    }
    case "console":
      return `${name} prints onto the console`;
    case "none":
      return `nobody keeps what ${name} prints`;
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied;
}

/** A number of lines on the command line, or all of them. */
function linesOption(text: string): number {
  if (text === "all") return Infinity;
  const number = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number)) {
    throw new InvalidArgumentError("Give a whole number, or all.");
  }
  return number;
}
