import { Command } from "@commander-js/extra-typings";
import { join } from "@std/path";
import { build, BuildFailure, projectRoot, stderrProgress, userPath } from "../build/mod.ts";
import { parseJournal } from "./boot_journal.ts";
import { type Machine, type MachineEnd, runMachine } from "./boot_machine.ts";
import { findEntry, NoNamespaces } from "./boot_namespaces.ts";
import { exitCodeOf, printProblems } from "./check_command.ts";
import { parseOrExit } from "./parse_or_exit.ts";
import { messageOf } from "../define/message_of.ts";

/** Settings of {@linkcode boot}. */
export interface BootOptions {
  /** The units module. Default: this checkout's own, with stand-ins for the programs of FortrOS. */
  readonly units?: string;
  /** Whether to shut down once the boot has succeeded. */
  readonly once?: true;
  /** An init that is there already; then nothing is built. */
  readonly init?: string;
  readonly out?: string;
  readonly runtime?: string;
  /** A file to write init's journal to, at the end. */
  readonly journal?: string;
  /** False to do without overlays. */
  readonly overlay: boolean;
}

/** Settings that are for a virtual machine alone. */
interface VmWords {
  readonly vm?: true;
  readonly include?: readonly string[];
  readonly file?: readonly string[];
  readonly link?: readonly string[];
  readonly modules?: readonly string[];
  readonly append?: readonly string[];
}

/** Where the programs that the checkout's own units call come from, on a machine that is no FortrOS. */
const STAND_INS = join(projectRoot, "tests", "fixtures", "fortros");

/**
 * `boot`: builds an init, and boots it as PID 1 in new namespaces.
 *
 * @returns The exit code: 0 if boot and shutdown went well, 2 if the boot took too long, else 1; 111 if there are no
 * namespaces to be had.
 * @throws {BuildFailure} If the build cannot be carried out.
 */
export async function boot(options: BootOptions): Promise<number> {
  const { units, once, journal, overlay } = options;
  const init = await initOf(options);
  if (init === null) return 1;
  // Tried now, as it would be a pity to find out after the boot.
  if (journal !== undefined) await tried("write", userPath(journal), (path) => Deno.writeTextFile(path, ""));
  const entry = await findEntry();
  const standIns = units === undefined ? STAND_INS : null;
  say(`${entry.text}; ${standIns === null ? "no stand-ins" : `stand-ins from ${standIns}`}`);
  const args = once ? ["--once"] : [];
  const machine: Machine = { entry, init, args, standIns, overlay };
  const end = await runMachine(machine, say);
  if (journal !== undefined) await Deno.writeTextFile(userPath(journal), end.journal);
  const [summary, code] = judge(end);
  say(summary);
  return code;
}

/** The init to boot, built if it was not named; null if its units are wrong. */
async function initOf({ units, out, runtime, init }: BootOptions): Promise<string | null> {
  if (init === undefined) return await built({ units, out, runtime });
  return await tried("boot", userPath(init), (path) => Deno.realPath(path));
}

async function built(options: Pick<BootOptions, "units" | "out" | "runtime">): Promise<string | null> {
  const result = await build({ ...options, progress: stderrProgress });
  if (result.ok) return result.init;
  printProblems(result.problems);
  return null;
}

/** Does something with a file that the user has named. */
async function tried<T>(verb: string, path: string, work: (path: string) => Promise<T>): Promise<T> {
  try {
    return await work(path);
  } catch (error) {
    const reason = messageOf(error);
    throw new BuildFailure(`cannot ${verb} ${path}: ${reason}`, "name another file", 100);
  }
}

/** Init prints on standard output; what is said about it goes the other way. */
function say(line: string): void {
  console.error(`boot: ${line}`);
}

/** What to say at the end, and the exit code. */
function judge(
  { status, failure, startedAt, endedAt, journal }: MachineEnd,
): [summary: string, code: number] {
  if (status === null) return [`cannot start init: ${failure}`, 1];
  if ("signal" in status) return [`init was ended by ${status.signal} after ${time(endedAt - startedAt)}`, 1];
  const at = (wanted: string) => parseJournal(journal).find(({ event }) => event === wanted)?.t ?? null;
  const booted = at("booted"), shutdown = at("shutdown");
  const parts = [
    ...(journal === "" ? ["its journal could not be read"] : []),
    ...(booted === null ? [] : [`booted ${time(booted / 1e6 - startedAt)} after the start of init`]),
    ...(shutdown === null ? [] : [`shut down in ${time(endedAt - shutdown / 1e6)}`]),
    status.code === 2
      ? "the boot watchdog expired"
      : status.code === 0
      ? "all clean"
      : "boot or shutdown not clean",
    `exit code ${status.code}`,
  ];
  return [parts.join("; "), status.code];
}

function time(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

/**
 * `boot --vm`, whose code is loaded for it alone, or `boot`.
 *
 * @throws {BuildFailure} If options do not go together, or something is missing.
 */
async function bootWhereWanted(options: BootOptions & VmWords): Promise<number> {
  const { vm, include, file, link, modules, append, once, journal } = options;
  if (vm === undefined) {
    const [stray] = Object.entries({ include, file, link, modules, append }).find(([, words]) => words) ?? [];
    if (stray === undefined) return await withCure(options);
    throw new BuildFailure(`cannot use --${stray}: no virtual machine is wanted`, "say --vm too", 100);
  }
  if (journal !== undefined) {
    throw new BuildFailure(
      "cannot use --journal: the journal of a virtual machine is in its memory",
      "leave it out; `initctl events` in the machine shows it",
      100,
    );
  }
  const { bootVm } = await import("./boot_vm.ts");
  const image = { include: include ?? [], file: file ?? [], link: link ?? [], modules: modules ?? [] };
  const own = options.units === undefined && options.init === undefined;
  return await bootVm(
    { ...image, append: append ?? [], once: once ?? false },
    own ? undefined : () => initOf(options),
    say,
  );
}

const collect = (word: string, before: readonly string[] = []) => [...before, word];

/** The subcommand `boot`. */
export const bootCommand = new Command("deno task boot")
  .description(
    "Builds an init and boots it as PID 1 in new PID, mount, UTS, IPC and network namespaces, as root or in a user " +
      "namespace. Ctrl-C shuts down; once more hurries, a third time kills.",
  )
  .option(
    "--units <file>",
    "a units module of your own, anywhere on disk; its services run with no stand-ins",
  )
  .option("--once", "shut down once the boot has succeeded")
  .option("--out <dir>", "the folder of generations, for the build", "dist")
  .option("--runtime <which>", "the runtime to build with: auto, official, npm or a path", "auto")
  .option("--init <file>", "boot this init, and build nothing")
  .option("--journal <file>", "at the end, write init's journal to this file")
  .option("--no-overlay", "bind the host's folders read-only instead of laying writable memory over them")
  .optionsGroup("In a virtual machine:")
  .option("--vm", "boot it as what a kernel starts first, on a machine that QEMU emulates, its console here")
  .option(
    "--include <program>",
    "a program for its image, as `build --include` takes it (repeatable)",
    collect,
  )
  .option("--file <host:guest>", "files for its image, as `build --file` takes them (repeatable)", collect)
  .option("--link <path:target>", "a symbolic link in its image (repeatable)", collect)
  .option("--modules <name,...>", "kernel modules beside those for virtual hardware (repeatable)", collect)
  .option(
    "--append <word>",
    "a word for the kernel's command line, such as denit.debug (repeatable)",
    collect,
  )
  .addHelpText(
    "after",
    `
Inside, the host's files are seen through overlays: services can read them, and whatever they write stays in memory
and is gone at the end. /run, /dev and /persist are fresh, the network has only a loopback interface, the host's disks
cannot be reached. With this checkout's own units, stand-ins lie where the programs of FortrOS would, and a second
network holds the machine that they pull from; see tests/fixtures/fortros.

A virtual machine takes Debian's packages qemu-system-x86 and kmod, and its kernel from Debian's package sources.
With units of your own it has an initramfs with init and the programs named. With this checkout's it is a machine of
FortrOS: an encrypted disk, and WireGuard to a second machine, which it pulls from. There Ctrl-C is a request to
end too; all other keys go to its console, and Ctrl-V Ctrl-C sends that one there.

  deno task boot --vm --units FILE --include /bin/busybox --link /bin/sh:busybox

Exit codes: 0 boot and shutdown were clean, 1 they were not, 2 the boot watchdog expired, 111 there are no
namespaces, or no virtual machines.`,
  )
  .action(async (options) => Deno.exit(await exitCodeOf(() => bootWhereWanted(options))));

async function withCure(options: BootOptions): Promise<number> {
  try {
    return await boot(options);
  } catch (error) {
    if (!(error instanceof NoNamespaces)) throw error;
    say(`${error.message}\n    ${error.cure}`);
    return 111;
  }
}

if (import.meta.main) await parseOrExit(bootCommand.exitOverride());
