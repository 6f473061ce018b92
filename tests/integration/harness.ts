/**
 * Boots a real system, follows its journal and its console as they are
 * written, and sees to it that nothing of it is left.
 *
 * @module
 */
import { join } from "@std/path";
import { unitsConfig } from "../../lib/build/mod.ts";
import { Init, type InitOptions } from "./init.ts";

export { type Entry, Init } from "./init.ts";

/** A system, and how to boot it. */
export interface Scenario extends InitOptions {
  /** The text of the units module, from after its import of all of `denit`; `folder` is one of the test's own. */
  readonly units: (folder: string) => string;
  /** Arguments after `boot`, beside the runtime directory. */
  readonly args?: readonly string[] | ((folder: string) => readonly string[]);
  /** A command that starts the init, before its own words; it must become the init, or end as that does. */
  readonly wrap?: (folder: string) => readonly string[];
  /** A binary that was built before; the units are not read then. */
  readonly binary?: string;
  /** Whether processes may be left when all has ended: those that escaped from their group on purpose. */
  readonly leavesSome?: boolean;
}

/** The words that units may use. */
const PRELUDE = `import {
  after, commandProbe, defineBundle, defineService, defineSystem, fileProbe, getty, hours, httpProbe, json, lines, logLine, milestone, never,
  notificationFd, optional, pidFile, script, sdNotify, seconds, spawned, tcpProbe, timer, unixProbe,
} from "denit";
const sh = (text) => ({ argv: ["/bin/sh", "-c", text] });
export const good = defineService({ run: () => ({ argv: ["sleep", "100000"] }), ready: spawned() });
`;

/** Whether this machine lets us make namespaces. */
export const namespaces = mayUnshare();

/** Starts a command in a mount namespace of its own; `rest` are more options of unshare(1). */
export function unshare(...rest: string[]): string[] {
  return ["unshare", ...(Deno.uid() === 0 ? [] : ["--user", "--map-root-user"]), "--mount", ...rest];
}

function mayUnshare(): boolean {
  const [program, ...args] = unshare("--pid", "--fork", "--mount-proc", "true");
  try {
    return new Deno.Command(program!, { args, stdin: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

const main = new URL("../../init.ts", import.meta.url).pathname;

/** Boots a system, lets `body` do with it what it likes, then shuts it down; nothing of it may be left. */
export async function withInit(scenario: Scenario, body: (init: Init) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "denit-run-" });
  try {
    const runtimeDir = join(folder, "run");
    await Deno.mkdir(runtimeDir);
    const units = join(folder, "units.ts");
    await Deno.writeTextFile(units, PRELUDE + scenario.units(folder));
    await using config = await unitsConfig(units);
    const self = scenario.binary === undefined
      ? [Deno.execPath(), "run", "-A", "--no-prompt", ...config.args, main]
      : [scenario.binary];
    const { args = [] } = scenario;
    const words = [
      ...(scenario.wrap?.(folder) ?? []),
      ...self,
      "boot",
      "--runtime-dir",
      runtimeDir,
      ...(typeof args === "function" ? args(folder) : args),
    ];
    // Run from source, init has to find the configuration again when it starts itself for a script.
    const env = { ...scenario.env, DENIT_CONFIG: config.args[1]! };
    const init = new Init(folder, words, { ...scenario, env });
    try {
      await body(init);
      if (!init.hasEnded) {
        init.signal("SIGTERM");
        await init.ended();
      }
      init.assertOneProcessEach();
      // Whoever was killed with its group may take a moment to go; whoever stays is a leak.
      if (scenario.leavesSome !== true) {
        await init.eventually(() => init.processes().length === 0, "the end of every process");
      }
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : error}\n${init.record()}`, {
        cause: error,
      });
    } finally {
      await init.dispose();
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
