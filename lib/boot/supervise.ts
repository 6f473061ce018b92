import { join } from "@std/path";
import { Driver, Journal, networkProber } from "../driver/mod.ts";
import type { Graph } from "../graph/graph.ts";
import { openLogs } from "../log/mod.ts";
import { becomeSubreaper, linuxOs } from "../os/linux/mod.ts";
import type { SignalName } from "../os/os.ts";
import type { Power } from "../supervisor/mod.ts";
import { buildInfo } from "./build_info.ts";
import { Console } from "./console.ts";
import { mountEarly } from "./early_mounts.ts";
import { endMachine } from "./end_machine.ts";
import { Narrator } from "./narrator.ts";
import {
  findPlace,
  openJournal,
  type Place,
  runtimeFolder,
  selfCommand,
  serviceEnvironment,
} from "./places.ts";
import { BootProgress, wasClean } from "./progress.ts";
import { writeStatus } from "./status_file.ts";
import { onUncaught } from "./survive.ts";
import { BootJudge } from "./watchdog.ts";

/** How to supervise. */
export interface SuperviseOptions {
  readonly runtimeDir?: string | undefined;
  readonly logDir?: string | undefined;
  /** Shut down once the boot has succeeded. */
  readonly once?: boolean | undefined;
}

/** Exit codes of the supervisor: a clean end, one that was not, a boot that missed its deadline. */
export const EXIT = { clean: 0, unclean: 1, watchdog: 2 } as const;

/** Signals that ask for an orderly end. Repeated, they hurry it. */
const SHUTDOWN_SIGNALS: readonly SignalName[] = ["SIGTERM", "SIGINT", "SIGPWR", "SIGQUIT", "SIGHUP"];

/** What a signal asks for, as PID 1 of a machine; Ctrl-Alt-Del arrives as SIGINT. */
function powerOf(signal: SignalName, place: Place): Power {
  if (place !== "machine") return "exit";
  return signal === "SIGINT" ? "reboot" : "poweroff";
}

/**
 * Boots a system and supervises it until it is shut down: as PID 1 of a
 * machine or a namespace, or as an ordinary process.
 *
 * @returns The exit code; PID 1 of a machine does not return.
 */
export async function supervise(graph: Graph, options: SuperviseOptions): Promise<number> {
  const os = linuxOs();
  const startedAt = os.now();
  const mountFaults = Deno.pid === 1 ? mountEarly() : [];
  const place = findPlace();
  if (place === "process") becomeSubreaper();
  const folder = runtimeFolder(options.runtimeDir);
  const shown = new Console(startedAt, (bytes) => Deno.stdout.write(bytes));
  const { generation, version } = buildInfo();

  const file = openJournal(folder);
  let journalFault = "";
  const journal = new Journal(graph, (lines) => {
    const fault = typeof file === "string" ? "" : appendTo(file, lines);
    if (fault !== "" && fault !== journalFault) shown.line(os.now(), `cannot write the journal: ${fault}`);
    journalFault = fault;
  });
  const complain = (fault: string) => {
    const now = os.now();
    journal.note(now, "fault", null, { message: fault });
    shown.line(now, fault);
  };
  onUncaught((error) => complain(`uncaught error: ${stackOf(error)}`));
  for (const fault of mountFaults) complain(fault);
  if (typeof file === "string") complain(file);
  const logs = openLogs(options.logDir ?? join(folder, "log"), complain);

  const narrator = new Narrator(graph, (now, text) => shown.line(now, text));
  const progress = new BootProgress(graph, startedAt);
  const judge = new BootJudge(graph, generation, startedAt, {
    write: writeStatus,
    onFault: complain,
    onVerdict: (verdict, awaited) => {
      const now = os.now();
      journal.note(now, "verdict", null, { verdict, awaited });
      shown.line(now, verdict === "ok" ? `generation ${generation} is ok` : missed(generation, awaited));
      if (verdict === "failed") fallDown(graph.watchdog?.onFailure ?? "reboot");
      else endIfOnce();
    },
  });
  const driver: Driver = new Driver({
    graph,
    os,
    prober: networkProber,
    habitat: { env: serviceEnvironment(), cwd: Deno.pid === 1 ? "/" : null, self: selfCommand() },
    journal,
    logs,
    alarm: judge,
    onFault: (error) => complain(`internal error: ${stackOf(error)}`),
    onPhase: (id, phase, why, now) => {
      narrator.tell(driver.state, id, phase, why, now);
      if (phase.phase === "up") judge.noteUp(id, now);
      if (driver.state.ending === null && progress.note(id, phase, now)) finishBoot();
    },
    onSignal: (signal) => {
      const again = driver.state.ending !== null;
      shown.line(os.now(), again ? `${signal}: hurrying` : `${signal}: shutting down`);
      shutDown(powerOf(signal, place));
    },
  });

  const shutDown = (power: Power) => {
    judge.disarm();
    driver.post({ type: "shutdown", power });
  };
  const fallDown = (onFailure: "reboot" | "poweroff" | "stay") => {
    progress.state = "failed";
    if (onFailure !== "stay") {
      driver.post({ type: "shutdown", power: place === "machine" ? onFailure : "exit" });
    }
  };
  const finishBoot = () => {
    const now = os.now();
    journal.note(now, "booted", null, { state: progress.state });
    const lost = progress.state === "ok" ? "" : ", but not all of it is up";
    shown.line(now, `booted in ${((now - startedAt) / 1000).toFixed(3)} s${lost}`);
    endIfOnce();
  };
  const endIfOnce = () => {
    if (!options.once || driver.state.ending !== null) return;
    if (graph.watchdog !== null && judge.verdict === null && progress.state !== "degraded") return;
    if (progress.finishedAt !== null) return shutDown("exit");
    // The boot is good, but something keeps failing: that need not be waited for longer than for the boot.
    setTimeout(() => {
      if (progress.finishedAt === null) progress.state = "degraded";
      shutDown("exit");
    }, Math.max(0, startedAt + (graph.watchdog?.deadline ?? 0) - os.now()));
  };

  driver.listen(SHUTDOWN_SIGNALS);
  const now = os.now();
  journal.note(now, "boot", null, { generation, version, pid: Deno.pid, place });
  shown.line(
    now,
    `denit ${version}: generation ${generation}, ${graph.nodes.length} services, pid ${Deno.pid}`,
  );
  for (const id of graph.boot) driver.post({ type: "start", id });
  if (progress.begin(now)) finishBoot();

  const power = await driver.run();
  const clean = wasClean(driver.state);
  const end = os.now();
  journal.note(end, "end", null, { power, clean });
  journal.flush();
  shown.line(end, clean ? "everything is down" : "everything is down, but not all of it went cleanly");
  await shown.settle(1000);
  driver.dispose();
  logs.close();
  if (typeof file !== "string") file.close();
  if (place === "machine") await endMachine(power);
  if (judge.verdict === "failed") return EXIT.watchdog;
  return clean && progress.state !== "degraded" ? EXIT.clean : EXIT.unclean;
}

/** Appends text to a file; the reason if that cannot be, as a full disk is no reason to stop supervising. */
function appendTo(file: Deno.FsFile, text: string): string {
  try {
    const bytes = new TextEncoder().encode(text);
    for (let written = 0; written < bytes.length;) written += file.writeSync(bytes.subarray(written));
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function missed(generation: string, awaited: readonly string[]): string {
  return `generation ${generation} has failed: the deadline has passed, and not ready are ${
    awaited.join(", ")
  }`;
}

function stackOf(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}
