import { join, resolve } from "@std/path";
import { ControlServer, type View } from "../control/mod.ts";
import { settleLog } from "../define/log.ts";
import { cast, Driver, networkProber } from "../driver/mod.ts";
import { type Graph, nodeOf } from "../graph/graph.ts";
import { logPath, openLogs } from "../log/mod.ts";
import { becomeSubreaper, linuxOs, realtime } from "../os/linux/mod.ts";
import type { SignalName } from "../os/os.ts";
import type { Power } from "../supervisor/mod.ts";
import { Account } from "./account.ts";
import { together } from "./alarms.ts";
import { buildInfo } from "./build_info.ts";
import { Console } from "./console.ts";
import { mountEarly } from "./early_mounts.ts";
import { endMachine } from "./end_machine.ts";
import { Narrator } from "./narrator.ts";
import { findPlace, type Place, selfCommand, serviceEnvironment } from "./places.ts";
import { BootProgress, wasClean } from "./progress.ts";
import { openRuntimeFolder, runtimeFolder } from "./runtime_folder.ts";
import { writeStatus } from "./status_file.ts";
import { onUncaught } from "./survive.ts";
import { BootJudge } from "./watchdog.ts";
import { Watchman } from "./watchman.ts";
import { messageOf } from "../define/message_of.ts";

/** How to supervise. */
export interface SuperviseOptions {
  readonly runtimeDir?: string | undefined;
  readonly logDir?: string | undefined;
  /** Shut down once the boot is through. */
  readonly once?: boolean | undefined;
}

/** Exit codes of the supervisor: a clean end, one that was not, a boot that missed its deadline. */
export const EXIT = { clean: 0, unclean: 1, watchdog: 2 } as const;

/** Signals that ask for an orderly end. Repeated, they hurry it. */
const SHUTDOWN_SIGNALS: readonly SignalName[] = ["SIGTERM", "SIGINT", "SIGPWR", "SIGQUIT", "SIGHUP"];

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
  const narrator = new Narrator(graph, (now, text) => account.say(text, now));
  const progress = new BootProgress(graph, startedAt);
  const judge = new BootJudge(graph, generation, startedAt, {
    write: writeStatus,
    onFault: (fault) => {
      account.complain(fault);
      // The judge wants to be rung again, and the driver may be waiting for nothing in particular.
      driver.post({ type: "tick" });
    },
    onVerdict: (verdict, awaited) => {
      const missed = `has failed: the deadline has passed, and not ready are ${awaited.join(", ")}`;
      const words = `generation ${generation} ${verdict === "ok" ? "is ok" : missed}`;
      account.tell("verdict", { verdict, awaited }, words);
      if (verdict === "failed") giveUp();
      else endIfOnce();
    },
  });
  const view = (): View => ({ graph, state: driver.state, now: os.now(), tail: logs.tail });
  const watchman = new Watchman(view, (now, text) => account.say(text, now));
  const driver: Driver = new Driver({
    graph,
    os,
    prober: networkProber,
    habitat: { env: serviceEnvironment(), cwd: Deno.pid === 1 ? "/" : null, self: selfCommand() },
    journal: account.journal,
    logs: {
      ...logs,
      write(service, bytes) {
        control.noteOutput(service, bytes);
        return logs.write(service, bytes);
      },
    },
    alarm: together(judge, watchman, { due: () => control.due(), ring() {} }),
    onTurn: () => control.turn(),
    onFault: (error) => account.confess("internal error", error),
    onPhase: (id, phase, why, now) => {
      narrator.tell(driver.state, id, phase, why, now);
      watchman.note(phase, now);
      if (phase.phase === "up") judge.noteUp(id, now);
      // Whoever shuts down on purpose has disarmed the judge before: this is the consequence of a service given up.
      if (driver.state.ending !== null) judge.condemn(now);
      else if (progress.note(id, phase, now)) finishBoot();
    },
    onSignal: (signal) => {
      account.say(`${signal}: ${driver.state.ending === null ? "shutting down" : "hurrying"}`);
      shutDown(powerOf(signal, place));
    },
  });

  const control = new ControlServer({
    graph,
    os,
    driver,
    journal: account.journal,
    tail: logs.tail,
    logPath: (service) => logPath(logFolder, service),
    boot: () => ({ generation, ...progress }),
    shutDown: (power) => {
      account.say(`${power} was asked for: ${driver.state.ending === null ? "shutting down" : "hurrying"}`);
      shutDown(place === "machine" ? power : "exit");
    },
  }, { owner: Deno.uid() ?? 0, everybodyReads: graph.everybodyReads });
  // A service that was given up may end everything as well, and then something has gone wrong.
  let asked = false;
  const shutDown = (power: Power) => {
    asked = true;
    judge.disarm();
    driver.post({ type: "shutdown", power });
  };
  const giveUp = () => {
    progress.state = "failed";
    const onFailure = graph.watchdog?.onFailure ?? "reboot";
    // What goes down already must not be hurried.
    if (onFailure === "stay" || driver.state.ending !== null) return;
    driver.post({ type: "shutdown", power: place === "machine" ? onFailure : "exit" });
  };
  const finishBoot = () => {
    const took = ((os.now() - startedAt) / 1000).toFixed(3);
    const lost = progress.state === "ok" ? "" : ", but not all of it is up";
    account.tell("booted", { state: progress.state }, `booted in ${took} s${lost}`);
    endIfOnce();
  };
  const endIfOnce = () => {
    if (!options.once || driver.state.ending !== null) return;
    if (!judge.isThrough && progress.state !== "degraded") return;
    if (progress.finishedAt !== null) return shutDown("exit");
    // The boot is good, but something keeps failing: that need not be waited for longer than for the boot.
    setTimeout(() => {
      if (progress.finishedAt === null) progress.state = "degraded";
      shutDown("exit");
    }, Math.max(0, startedAt + (graph.watchdog?.deadline ?? 0) - os.now()));
  };

  try {
    control.open(join(path, "control.sock"));
  } catch (error) {
    account.complain(`cannot take requests: ${messageOf(error)}`);
  }
  driver.listen(SHUTDOWN_SIGNALS);
  const who = `denit ${version}: generation ${generation}, ${graph.nodes.length} services, pid ${Deno.pid}`;
  const machine = { generation, version, pid: Deno.pid, place };
  account.tell("boot", { ...machine, startedAt, services: cast(graph) }, who);
  for (const id of graph.boot) driver.post({ type: "start", id });
  if (progress.begin(startedAt)) finishBoot();

  const power = await driver.run();
  control.close();
  const clean = wasClean(driver.state);
  account.tell(
    "end",
    { power, clean },
    `everything is down${clean ? "" : ", but not all of it went cleanly"}`,
  );
  await logs.close();
  await account.close();
  driver.dispose();
  folder.close();
  if (place === "machine") await endMachine(power);
  if (judge.verdict === "failed") return EXIT.watchdog;
  return asked && clean && progress.state !== "degraded" ? EXIT.clean : EXIT.unclean;
}

/** What a signal asks for, as PID 1 of a machine; Ctrl-Alt-Del arrives as SIGINT. */
function powerOf(signal: SignalName, place: Place): Power {
  if (place !== "machine") return "exit";
  return signal === "SIGINT" ? "reboot" : "poweroff";
}
