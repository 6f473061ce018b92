import { ControlServer, type View } from "../control/mod.ts";
import { Driver, networkProber } from "../driver/mod.ts";
import type { Graph, ServiceId } from "../graph/graph.ts";
import type { Logs } from "../log/mod.ts";
import type { Os, SignalName } from "../os/os.ts";
import type { Phase, Power, Why } from "../supervisor/mod.ts";
import type { Account } from "./account.ts";
import { together } from "./alarms.ts";
import { buildInfo } from "./build_info.ts";
import { Narrator } from "./narrator.ts";
import { type Place, selfCommand, serviceEnvironment } from "./places.ts";
import { BootProgress } from "./progress.ts";
import { writeStatus } from "./status_file.ts";
import { BootJudge } from "./watchdog.ts";
import { Watchman } from "./watchman.ts";
import { messageOf } from "../define/message_of.ts";
import type { Millis } from "../define/time.ts";

/** Signals that ask for an orderly end. Repeated, they hurry it. */
const SHUTDOWN_SIGNALS: readonly SignalName[] = ["SIGTERM", "SIGINT", "SIGPWR", "SIGQUIT", "SIGHUP"];

/** Where, and with what, a system is supervised. */
export interface Surroundings {
  readonly graph: Graph;
  readonly os: Os;
  readonly place: Place;
  readonly account: Account;
  readonly logs: Logs;
  /** The file of a service's log. */
  readonly logPath: (service: string) => string;
  readonly startedAt: Millis;
  /** Shut down once the boot is through. */
  readonly once: boolean;
}

/** A system while it is supervised: the driver at work, and everybody who is told of what it does. */
export class Supervision {
  readonly driver: Driver;
  readonly control: ControlServer;
  readonly progress: BootProgress;
  readonly judge: BootJudge;
  readonly #around: Surroundings;
  readonly #narrator: Narrator;
  readonly #watchman: Watchman;
  /** Whether somebody has asked for the end. A service that was given up may end everything as well. */
  #asked = false;

  constructor(around: Surroundings) {
    const { graph, os, account, logs, logPath, startedAt } = around;
    const { generation } = buildInfo();
    this.#around = around;
    this.#narrator = new Narrator(graph, (now, text) => account.say(text, now));
    const view = (): View => ({ graph, state: this.driver.state, now: os.now(), tail: logs.tail });
    this.#watchman = new Watchman(view, (now, text) => account.say(text, now));
    this.progress = new BootProgress(graph, startedAt);
    this.judge = new BootJudge(graph, generation, startedAt, {
      write: writeStatus,
      onFault: (fault) => {
        account.complain(fault);
        // The judge wants to be rung again, and the driver may be waiting for nothing in particular.
        this.driver.post({ type: "tick" });
      },
      onVerdict: (verdict, awaited) => this.#noteVerdict(verdict, awaited),
    });
    this.driver = new Driver({
      graph,
      os,
      prober: networkProber,
      habitat: { env: serviceEnvironment(), cwd: Deno.pid === 1 ? "/" : null, self: selfCommand() },
      journal: account.journal,
      logs: {
        ...logs,
        write: (service, bytes) => {
          this.control.noteOutput(service, bytes);
          return logs.write(service, bytes);
        },
      },
      alarm: together(this.judge, this.#watchman, { due: () => this.control.due(), ring() {} }),
      onTurn: () => this.control.turn(),
      onFault: (error) => account.confess("internal error", error),
      onPhase: (id, phase, why, now) => this.#notePhase(id, phase, why, now),
      onSignal: (signal) => this.#end(signal, powerOf(signal)),
    });
    this.control = new ControlServer({
      graph,
      os,
      driver: this.driver,
      journal: account.journal,
      tail: logs.tail,
      logPath,
      boot: () => ({ generation, ...this.progress }),
      shutDown: (power) => this.#end(`${power} was asked for`, power),
    }, { owner: Deno.uid() ?? 0, everybodyReads: graph.everybodyReads });
  }

  /** Whether somebody has asked for the end, rather than that something went wrong. */
  get wasAsked(): boolean {
    return this.#asked;
  }

  /**
   * Starts what the system starts at boot, and supervises until everything is to be, and is, down.
   *
   * @param socket Where to take requests.
   * @returns What the machine is to do then.
   */
  async run(socket: string): Promise<Power> {
    const { graph, account, startedAt } = this.#around;
    try {
      this.control.open(socket);
    } catch (error) {
      account.complain(`cannot take requests: ${messageOf(error)}`);
    }
    this.driver.listen(SHUTDOWN_SIGNALS);
    for (const id of graph.boot) this.driver.post({ type: "start", id });
    if (this.progress.begin(startedAt)) this.#finishBoot();
    const power = await this.driver.run();
    this.control.close();
    return power;
  }

  #notePhase(id: ServiceId, phase: Phase, why: Why | null, now: Millis): void {
    const { state } = this.driver;
    this.#narrator.tell(state, id, phase, why, now);
    this.#watchman.note(phase, now);
    if (phase.phase === "up") this.judge.noteUp(id, now);
    // Whoever shuts down on purpose has disarmed the judge before: this is the consequence of a service given up.
    if (state.ending !== null) this.judge.condemn(now);
    else if (this.progress.note(id, phase, now)) this.#finishBoot();
  }

  #noteVerdict(verdict: "ok" | "failed", awaited: readonly string[]): void {
    const missed = `has failed: the deadline has passed, and not ready are ${awaited.join(", ")}`;
    const words = `generation ${buildInfo().generation} ${verdict === "ok" ? "is ok" : missed}`;
    this.#around.account.tell("verdict", { verdict, awaited }, words);
    if (verdict === "failed") this.#giveUp();
    else this.#endIfOnce();
  }

  /** The boot has missed its deadline. */
  #giveUp(): void {
    this.progress.state = "failed";
    const onFailure = this.#around.graph.watchdog?.onFailure ?? "reboot";
    // What goes down already must not be hurried.
    if (onFailure === "stay" || this.driver.state.ending !== null) return;
    this.driver.post({ type: "shutdown", power: this.#within(onFailure) });
  }

  /** Every service that the boot starts is up, or has failed for good. */
  #finishBoot(): void {
    const { os, startedAt, account } = this.#around;
    const took = ((os.now() - startedAt) / 1000).toFixed(3);
    const lost = this.progress.state === "ok" ? "" : ", but not all of it is up";
    account.tell("booted", { state: this.progress.state }, `booted in ${took} s${lost}`);
    this.#endIfOnce();
  }

  #endIfOnce(): void {
    const { once, startedAt, graph, os } = this.#around;
    if (!once || this.driver.state.ending !== null) return;
    if (!this.judge.isThrough && this.progress.state !== "degraded") return;
    if (this.progress.finishedAt !== null) return this.#shutDown("exit");
    // The boot is good, but something keeps failing: that need not be waited for longer than for the boot.
    setTimeout(() => {
      if (this.progress.finishedAt === null) this.progress.state = "degraded";
      this.#shutDown("exit");
    }, Math.max(0, startedAt + (graph.watchdog?.deadline ?? 0) - os.now()));
  }

  /** Somebody asks for the end, or asks again. */
  #end(who: string, power: Power): void {
    const hurry = this.driver.state.ending !== null;
    this.#around.account.say(`${who}: ${hurry ? "hurrying" : "shutting down"}`);
    this.#shutDown(this.#within(power));
  }

  #shutDown(power: Power): void {
    this.#asked = true;
    this.judge.disarm();
    this.driver.post({ type: "shutdown", power });
  }

  /** Only the machine's own init has power over it. */
  #within(power: Power): Power {
    return this.#around.place === "machine" ? power : "exit";
  }
}

/** What a signal asks for; Ctrl-Alt-Del arrives as SIGINT. */
function powerOf(signal: SignalName): Power {
  return signal === "SIGINT" ? "reboot" : "poweroff";
}
