import { join, resolve } from "@std/path";
import { settleLog } from "../define/log.ts";
import { cast } from "../driver/mod.ts";
import { type Graph, nodeOf } from "../graph/graph.ts";
import { logPath, openLogs } from "../log/mod.ts";
import { becomeSubreaper, linuxOs, realtime } from "../os/linux/mod.ts";
import { Account } from "./account.ts";
import { buildInfo } from "./build_info.ts";
import { Console } from "./console.ts";
import { mountEarly } from "./early_mounts.ts";
import { endMachine } from "./end_machine.ts";
import { findPlace } from "./places.ts";
import { wasClean } from "./progress.ts";
import { openRuntimeFolder, runtimeFolder } from "./runtime_folder.ts";
import { Supervision } from "./supervision.ts";
import { onUncaught } from "./survive.ts";

/** How to supervise. */
export interface SuperviseOptions {
  readonly runtimeDir?: string | undefined;
  readonly logDir?: string | undefined;
  /** Shut down once the boot is through. */
  readonly once?: boolean | undefined;
}

/** Exit codes of the supervisor: a clean end, one that was not, a boot that missed its deadline. */
export const EXIT = { clean: 0, unclean: 1, watchdog: 2 } as const;

/**
 * Boots a system and supervises it until it is shut down: as PID 1 of a
 * machine or a namespace, or as an ordinary process.
 *
 * @returns The exit code; PID 1 of a machine does not return.
 * @throws {FolderTaken} If another supervisor has the runtime directory.
 */
export async function supervise(graph: Graph, options: SuperviseOptions): Promise<number> {
  const os = linuxOs();
  const startedAt = os.now();
  if (Deno.pid === 1) Deno.umask(0o022);
  const mountFaults = Deno.pid === 1 ? mountEarly() : [];
  const place = findPlace();
  if (place === "process") becomeSubreaper();

  const path = runtimeFolder(options.runtimeDir);
  const folder = openRuntimeFolder(path);
  const shown = new Console(startedAt, (bytes) => Deno.stdout.write(bytes));
  const account = new Account(graph, shown, folder.journal, () => os.now());
  onUncaught((error) => account.confess("uncaught error", error));
  for (const fault of [...mountFaults, ...(folder.fault === null ? [] : [folder.fault])]) {
    account.complain(fault);
  }
  // Clients read the files themselves, wherever they are.
  const logFolder = resolve(options.logDir ?? join(path, "log"));
  const logs = openLogs({
    folder: logFolder,
    policyOf: (service) => settleLog(nodeOf(graph, graph.ids.get(service)!).definition.log),
    report: (fault) => account.complain(fault),
    print: (service, line) => account.say(`${service}: ${line}`),
    clock: realtime,
  });

  const { generation, version } = buildInfo();
  const who = `denit ${version}: generation ${generation}, ${graph.nodes.length} services, pid ${Deno.pid}`;
  const machine = { generation, version, pid: Deno.pid, place };
  account.tell("boot", { ...machine, startedAt, services: cast(graph) }, who);
  const supervision = new Supervision({
    graph,
    os,
    place,
    account,
    logs,
    logPath: (service) => logPath(logFolder, service),
    startedAt,
    once: options.once ?? false,
  });
  const power = await supervision.run(join(path, "control.sock"));

  const { driver, judge, progress, wasAsked } = supervision;
  const clean = wasClean(driver.state);
  const words = `everything is down${clean ? "" : ", but not all of it went cleanly"}`;
  account.tell("end", { power, clean }, words);
  await logs.close();
  await account.close();
  driver.dispose();
  folder.close();
  if (place === "machine") await endMachine(power);
  if (judge.verdict === "failed") return EXIT.watchdog;
  return wasAsked && clean && progress.state !== "degraded" ? EXIT.clean : EXIT.unclean;
}
