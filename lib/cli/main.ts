import { Command, CommanderError, InvalidArgumentError } from "@commander-js/extra-typings";
import { basename } from "@std/path";
import { buildInfo, forbidExit, supervise, surrender, surviveErrors } from "../boot/mod.ts";
import { EXIT_CODES } from "./exit_codes.ts";
import { BadSystem, loadGraph } from "./load.ts";
import { formatOption } from "./formats.ts";
import { scriptRole } from "./script_role.ts";
import { messageOf } from "../define/message_of.ts";
import { type Millis, seconds } from "../define/time.ts";

/** The exports of a units module. */
export type Units = Readonly<Record<string, unknown>>;

/**
 * The init binary: does what its arguments, and its pid, ask for, and ends
 * this process with the exit code of that.
 */
export async function main(units: Units): Promise<never> {
  const { exit } = Deno;
  Error.stackTraceLimit = 10;
  surviveErrors();
  const failed = (error: unknown) => {
    console.error(messageOf(error));
    return EXIT_CODES.system;
  };
  const code = await perform(units, Deno.args).catch(failed);
  // Whoever is PID 1 does not come back from supervising a machine: something has failed before.
  if (Deno.pid === 1) await surrender().catch(failed);
  return exit(code);
}

/** Carries out one call of the binary; the exit code says how it went. */
async function perform(units: Units, args: readonly string[]): Promise<number> {
  const words = ctlWords(args);
  if (words !== null) return await (await import("./ctl_command.ts")).ctlRole(words);
  let code: number = EXIT_CODES.yes;
  const done = (result: number) => code = result;
  const boots = args[0] === "boot" || Deno.pid === 1 && args.length === 0;
  const makeProgram = boots ? initProgram : (await import("./generation_commands.ts")).wholeProgram;
  const program = makeProgram(units, done);
  if (args[0] === "__complete") {
    return await (await import("./completion.ts")).completeRole(program, args.slice(1));
  }
  const calls = Deno.pid === 1 ? bootWords(program.commands.map((command) => command.name()), args) : args;
  try {
    await program.parseAsync(calls, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODES.yes : EXIT_CODES.usage;
    console.error(messageOf(error));
    return error instanceof BadSystem ? EXIT_CODES.no : EXIT_CODES.system;
  }
}

/** What the control client is told: what follows `ctl`, or `completion` too, or all if this binary is called `initctl`. */
function ctlWords(args: readonly string[]): readonly string[] | null {
  if (args[0] === "ctl") return args.slice(1);
  if (args[0] === "completion") return args;
  if (Deno.pid === 1) return null;
  return basename(calledAs()) === "initctl" ? args : null;
}

/** What this program was called as; proc_pid_cmdline(5). An initramfs may need it before there is a /proc. */
function calledAs(): string {
  try {
    return Deno.readTextFileSync("/proc/self/cmdline").split("\0")[0] ?? "";
  } catch {
    return "";
  }
}

/** PID 1 boots whatever the kernel passes on: words of its command line that it does not know arrive here. */
function bootWords(roles: readonly string[], args: readonly string[]): readonly string[] {
  if (roles.includes(args[0] ?? "") || args.some((word) => word === "--help" || word === "-h")) return args;
  return ["boot", ...args];
}

/** The command, but for the roles that have to do with generations. */
export function initProgram(units: Units, done: (code: number) => void) {
  const { generation, version } = buildInfo();
  const program = new Command("init")
    .description("Boots this system and supervises it. As PID 1 it needs no argument.")
    .version(`denit ${version}, generation ${generation}`)
    .addHelpText(
      "after",
      "\nTry it: init boot --runtime-dir /tmp/try, and in another terminal: init ctl --runtime-dir /tmp/try status",
    )
    .exitOverride();
  program.command("boot")
    .description("Supervises the system: what PID 1 does, and any process may do.")
    .option(
      "--runtime-dir <dir>",
      "where socket, journal and logs are (default: $DENIT_RUNTIME_DIR, /run/denit, or $XDG_RUNTIME_DIR/denit)",
    )
    .option("--log-dir <dir>", "where the logs of the services are (default: log in the runtime directory)")
    .option("--once", "shut down as soon as the boot has succeeded")
    .option(
      "--container",
      "as the init of a container: prepare nothing, print the logs unless there is --log-dir, pass on SIGHUP, SIGUSR1, SIGUSR2 and SIGWINCH, and end when an essential service has ended",
    )
    .option(
      "--stop-within <seconds>",
      "shorten the stop timeouts, so that a container stops in time",
      secondsOption,
    )
    .addHelpText(
      "after",
      "\nSIGTERM or SIGINT shuts down in order; a second one hurries.\nExit code: 0 a clean end, 1 one that was not, 2 the boot missed its deadline; of a container, that of its essential service, or 128 and the number of the signal that killed it.",
    )
    // PID 1 boots whatever else stands on the kernel's command line.
    .allowUnknownOption(Deno.pid === 1)
    .allowExcessArguments(Deno.pid === 1)
    .action(async (options, command) => {
      // What follows the name of an image arrives here, and must not be passed over in silence.
      if (options.container === true && command.args.length > 0) {
        command.error(`error: a container boots its system, and cannot run: ${command.args.join(" ")}`);
      }
      if (options.container !== true && options.stopWithin !== undefined) {
        command.error("error: --stop-within goes with --container");
      }
      forbidExit();
      done(await supervise(loadGraph(units), options));
    });
  program.command("ctl")
    .description("Shows how the system stands, and changes it; see ctl --help.")
    .argument("[words...]");
  program.command("dryrun")
    .description("Boots on a virtual kernel, and prints in which order, with worst cases.")
    .addOption(formatOption())
    .action(async ({ format }) => done(await (await atRest()).dryrunRole(loadGraph(units), format)));
  program.command("check")
    .description("Proves what can be proved at rest, and prints every fault.")
    .action(async () => done((await atRest()).checkRole(units)));
  program.command("manifest")
    .description("Prints what this binary was built from, as JSON.")
    .action(async () => done((await atRest()).manifestRole(loadGraph(units))));
  program.command("completion")
    .description("Prints what makes a shell complete words; see completion --help.")
    .argument("<shell>", "bash, zsh or fish");
  program.command("compare", { hidden: true })
    .action(async () => done(await (await atRest()).compareRole(loadGraph(units))));
  program.command("script", { hidden: true })
    .argument("<service>").argument("<task>")
    .action(async (name, task) => done(await scriptRole(units, name, task)));
  for (const command of program.commands) command.exitOverride();
  return program;
}

function secondsOption(text: string): Millis {
  const time = seconds(Number(text));
  if (time > 0 && Number.isFinite(time)) return time;
  throw new InvalidArgumentError("It is no number of seconds above 0.");
}

/** The roles that PID 1 never has: their code is loaded only for them. */
const atRest = () => import("./rest_roles.ts");
