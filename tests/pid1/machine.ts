/**
 * Boots the real thing: `boot` in a process of its own, an init that was
 * compiled from `units/` as PID 1, stand-ins for the programs of FortrOS.
 *
 * @module
 */
import { assert } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { deadline } from "@std/async/deadline";
import { build, silentProgress } from "../../lib/build/mod.ts";
import { type JournalEntry, parseJournal } from "../../lib/cli/boot_journal.ts";

/** The longest that anything here may take, in ms: a boot takes one second on an idle machine. */
const LIMIT = 60_000;

export const checkout: string = fromFileUrl(new URL("../..", import.meta.url)).replace(/\/$/, "");

/** A temporary folder with an init in it, for all tests of a module. */
export interface Workshop extends AsyncDisposable {
  readonly folder: string;
  readonly init: string;
}

/** Builds the init of `units/` in a folder that everybody may read. */
export async function openWorkshop(): Promise<Workshop> {
  const folder = await Deno.makeTempDir({ prefix: "denit-pid1-" });
  await Deno.chmod(folder, 0o755);
  const result = await build({ out: folder, progress: silentProgress });
  assert(result.ok, result.ok ? "" : result.problems.join("\n"));
  return {
    folder,
    init: result.init,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** How to start `boot`. */
export interface BootSettings {
  /** The command that is `boot`, without its arguments. Default: {@linkcode bootCommand}. */
  readonly command?: readonly string[];
  readonly args: readonly string[];
  /** Environment beside ours. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The command that is `boot`, of a checkout. */
export function bootCommand(place: string, deno: string = Deno.execPath()): string[] {
  return [deno, "run", "-A", "--no-prompt", "--quiet", join(place, "lib/cli/boot_command.ts")];
}

/** A boot under way. */
export class Boot {
  readonly process: Deno.ChildProcess;
  /** What was printed, on both streams. */
  text = "";
  readonly #reading: Promise<unknown>;
  #heard: () => void = () => {};

  constructor({ command = bootCommand(checkout), args, env = {} }: BootSettings) {
    const [program = "", ...rest] = command;
    // Set by the deno task that may run these tests; boot would take itself to be started by one.
    const { INIT_CWD: _, ...ours } = Deno.env.toObject();
    this.process = new Deno.Command(program, {
      args: [...rest, ...args],
      cwd: checkout,
      clearEnv: true,
      env: { ...ours, ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#reading = Promise.all([this.#read(this.process.stdout), this.#read(this.process.stderr)]);
  }

  /** Waits until something was printed; its first match. */
  async see(pattern: RegExp): Promise<RegExpExecArray> {
    const seen = async () => {
      for (;;) {
        const match = pattern.exec(this.text);
        if (match !== null) return match;
        await new Promise<void>((resolve) => this.#heard = resolve);
      }
    };
    try {
      return await deadline(seen(), LIMIT);
    } catch (error) {
      throw new Error(`never saw ${pattern} in:\n${this.text}`, { cause: error });
    }
  }

  /** Waits for the end. */
  async end(): Promise<Deno.CommandStatus> {
    try {
      const status = await deadline(this.process.status, LIMIT);
      await deadline(this.#reading, LIMIT);
      return status;
    } catch (error) {
      throw new Error(`no end after:\n${this.text}`, { cause: error });
    }
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      this.text += text;
      this.#heard();
    }
    this.#heard();
  }
}

/** The journal that `boot --journal` has written to a file. */
export async function journalIn(file: string): Promise<readonly JournalEntry[]> {
  return parseJournal(await Deno.readTextFile(file));
}

/** The place of the first entry of this kind; fails where there is none. */
export function at(journal: readonly JournalEntry[], event: string, service?: string): number {
  const found = journal.findIndex((entry) => entry.event === event && entry.service === service);
  assert(found !== -1, `the journal has no ${event} of ${service ?? "anything"}`);
  return found;
}

/** Waits until a process is gone; a zombie that nobody reaps counts as gone. */
export async function gone(pid: number): Promise<void> {
  const until = performance.now() + LIMIT;
  while (isAlive(pid)) {
    if (performance.now() > until) throw new Error(`process ${pid} does not end`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}

/** All descendants of a process. */
export function descendants(root: number): number[] {
  const parents = new Map<number, number>();
  for (const { name } of Deno.readDirSync("/proc")) {
    try {
      const parent = /^PPid:\s+(\d+)/m.exec(Deno.readTextFileSync(`/proc/${name}/status`))?.[1];
      if (parent !== undefined && Number.isInteger(Number(name))) parents.set(Number(name), Number(parent));
    } catch {
      // It has ended, or is no process.
    }
  }
  const found: number[] = [root];
  for (const one of found) {
    for (const [pid, parent] of parents) if (parent === one) found.push(pid);
  }
  return found.slice(1);
}
