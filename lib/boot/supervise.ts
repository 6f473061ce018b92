import { join, resolve } from "@std/path";
import { settleLog } from "../define/log.ts";
import type { Millis } from "../define/time.ts";
import { cast } from "../driver/mod.ts";
import { type Graph, nodeOf } from "../graph/graph.ts";
import { logPath, openLogs } from "../log/mod.ts";
import { becomeSubreaper, linuxOs, realtime } from "../os/linux/mod.ts";
import { Account } from "./account.ts";
import { openCgroups } from "./cgroups.ts";
import { buildInfo } from "./build_info.ts";
import { Console } from "./console.ts";
import type { Container } from "./container.ts";
import { mountEarly } from "./early_mounts.ts";
import { Machine } from "./machine.ts";
import { findPlace, GENERATION } from "./places.ts";
import { wasClean } from "./progress.ts";
import { endLeftOver, noteCgroup } from "./left_over.ts";
import { openNotifyFolder, openRuntimeFolder, runtimeFolder } from "./runtime_folder.ts";
import { Supervision } from "./supervision.ts";
import { onUncaught } from "./survive.ts";
import { takeHandover } from "./switch_init.ts";

/** How to supervise. */
export interface SuperviseOptions {
  readonly runtimeDir?: string | undefined;
  readonly logDir?: string | undefined;
  /** Shut down once the boot is through. */
  readonly once?: boolean | undefined;
  /** This is the init of a container, which others have prepared, and whose essential services end it. */
  readonly container?: boolean | undefined;
  /** The longest that a container may take to stop. */
  readonly stopWithin?: Millis | undefined;
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
export async function supervise(system: Graph, options: SuperviseOptions): Promise<number> {
  const os = linuxOs();
  const enteredAt = os.now();
  const container = options.container === true ? await enterContainer(system, options) : null;
  const graph = container?.graph ?? system;
  const prepares = Deno.pid === 1 && container === null;
  if (prepares) Deno.umask(0o022);
  const mountFaults = prepares ? mountEarly() : [];
  const place = container === null ? findPlace() : "process";
  if (place === "process") becomeSubreaper();
  const handover = takeHandover(os);

  const path = runtimeFolder(options.runtimeDir);
  const folder = openRuntimeFolder(path, handover !== null);
  const shown = new Console(enteredAt, (bytes) => Deno.stdout.write(bytes));
  const account = new Account(graph, shown, folder.journal, () => os.now(), handover?.entries);
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
    print: (service, line) => {
      const text = `${service}: ${line}`;
      return container === null ? account.say(text) : shown.pass(text);
    },
    clock: realtime,
  });

  const machine = place === "machine" ? new Machine(graph, os, account) : null;
  if (machine?.line.debug) account.showAll();
  // What another init has left keeps its own; what the boot loader said was of that one.
  const named = handover === null ? machine?.line.generation ?? Deno.env.get(GENERATION) : undefined;
  if (handover !== null) Deno.env.delete(GENERATION);
  const generation = named ?? buildInfo().generation;
  if (machine?.line.single) {
    await machine.shell(
      "The kernel's command line has denit.single: nothing is started yet.",
      "the boot goes on",
    );
  }

  const { version } = buildInfo();
  const who = `denit ${version}: generation ${generation}, ${graph.nodes.length} services, pid ${Deno.pid}`;
  const startedAt = machine?.line.single ? os.now() : enteredAt;
  const here = { generation, version, pid: Deno.pid, place: container === null ? place : "container" };
  const opened = openCgroups(place);
  const cgroups = typeof opened === "string" ? undefined : opened;
  const leftOver = handover === null ? await endLeftOver(path) : null;
  noteCgroup(path, cgroups?.base ?? null);
  const contained = typeof opened === "string" ? { by: "group", why: opened } : { by: "cgroup" };
  const supervision = new Supervision({
    graph: withDeadline(graph, machine?.line.deadline ?? null),
    os,
    place,
    account,
    logs,
    logPath: (service) => logPath(logFolder, service),
    notifyFolder: openNotifyFolder(path),
    cgroups,
    startedAt,
    once: options.once ?? false,
    generation,
    machine,
    container,
    handover,
  });
  // Whoever follows the journal from its first entry on is there now.
  account.tell("boot", { ...here, startedAt, contained, services: cast(graph) }, who);
  if (leftOver !== null) account.complain(leftOver);
  const power = await supervision.run(join(path, "control.sock"));

  const { driver, judge, progress, rescues, wasAsked } = supervision;
  const clean = wasClean(driver.state);
  const words = `everything is down${clean ? "" : ", but not all of it went cleanly"}`;
  account.tell("end", { power, clean }, words);
  await logs.close();
  if (rescues) {
    await machine?.shell(`The boot of generation ${generation} has failed.`, "the machine starts anew");
  }
  await account.close();
  folder.close();
  await machine?.end(power);
  driver.dispose();
  cgroups?.close();
  noteCgroup(path, null);
  const code = container?.exitCode ?? null;
  if (code !== null) return code;
  if (judge.verdict === "failed") return EXIT.watchdog;
  return wasAsked && clean && progress.state !== "degraded" ? EXIT.clean : EXIT.unclean;
}

/** Loads what only a container needs. */
async function enterContainer(graph: Graph, { logDir, stopWithin }: SuperviseOptions): Promise<Container> {
  const { Container } = await import("./container.ts");
  return new Container(graph, { logsToFiles: logDir !== undefined, stopWithin });
}

/** A system whose boot may take another time, if one was given. */
function withDeadline(graph: Graph, deadline: Millis | null): Graph {
  if (graph.watchdog === null || deadline === null) return graph;
  return { ...graph, watchdog: { ...graph.watchdog, deadline } };
}
