import { delay } from "@std/async/delay";
import { ControlServer } from "../control/mod.ts";
import { Driver, networkProber } from "../driver/mod.ts";
import { portray } from "../graph/diff.ts";
import { nodeOf, type ServiceId } from "../graph/graph.ts";
import type { SignalName } from "../os/os.ts";
import { letSignalsThrough, recordedSignals, recordSignals } from "../os/linux/mod.ts";
import { isSettled, type Phase, type Power, type Why } from "../supervisor/mod.ts";
import { together } from "./alarms.ts";
import { habitatOf } from "./habitat.ts";
import { inherit, startsAfter } from "./inherit.ts";
import { Narrator } from "./narrator.ts";
import { BootProgress } from "./progress.ts";
import { otherGeneration } from "./generation_folder.ts";
import { forgiveBoots, writeStatus } from "./status_file.ts";
import { becomeInit, HANDOVER_VERSION } from "./switch_init.ts";
import { BootJudge } from "./watchdog.ts";
import type { Surroundings } from "./surroundings.ts";
import { Watchman } from "./watchman.ts";
import { messageOf } from "../define/message_of.ts";
import type { Millis } from "../define/time.ts";

/** Signals that ask for an orderly end. Repeated, they hurry it. */
const SHUTDOWN_SIGNALS: readonly SignalName[] = ["SIGTERM", "SIGINT", "SIGPWR", "SIGQUIT", "SIGHUP"];

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
  #rescues = false;
  /** What the boot starts: all of it, or what the init before this one did not have. */
  readonly #starts: readonly ServiceId[];
  /** The init to become. */
  #successor: { readonly init: string; readonly asked: readonly string[] } | null = null;

  constructor(around: Surroundings) {
    const { graph, os, account, logs, logPath, startedAt, generation, machine, handover } = around;
    const inheritance = handover === null ? undefined : inherit(graph, handover, os);
    this.#starts = handover === null ? graph.boot : startsAfter(graph, handover);
    this.#around = around;
    this.#narrator = new Narrator(graph, (now, text) => account.say(text, now));
    this.#watchman = new Watchman(() => this.control.view, (now, text) => account.say(text, now));
    this.progress = new BootProgress(this.#starts, startedAt);
    this.judge = new BootJudge(graph, generation, startedAt, {
      write: writeStatus,
      other: otherGeneration,
      forgive: forgiveBoots,
      onFault: (fault) => {
        account.complain(fault);
        // The judge wants to be rung again, and the driver may be waiting for nothing in particular.
        this.driver.post({ type: "tick" });
      },
      onVerdict: (verdict, awaited, other) => this.#noteVerdict(verdict, awaited, other),
    });
    this.driver = new Driver({
      graph,
      os,
      inheritance,
      notifyFolder: around.notifyFolder,
      cgroups: around.cgroups,
      prober: networkProber,
      habitat: habitatOf(around),
      journal: account.journal,
      logs: {
        ...logs,
        write: (service, bytes) => {
          this.control.noteOutput(service, bytes);
          return logs.write(service, bytes);
        },
      },
      alarm: together(this.judge, this.#watchman, ...machine?.watchdog ? [machine.watchdog] : [], {
        due: () => this.control.due(),
        ring() {},
      }),
      onTurn: () => this.control.turn(),
      onFault: (error) => account.confess("internal error", error),
      onPhase: (id, phase, why, now) => this.#notePhase(id, phase, why, now),
      onExit: (id, status) => around.container?.noteExit(id, status),
      onSignal: (signal) => this.#noteSignal(signal),
    });
    this.control = new ControlServer({
      graph,
      os,
      driver: this.driver,
      journal: account.journal,
      tail: logs.tail,
      logPath,
      boot: () => ({ generation, ...this.progress }),
      switchTo: (init, asked) => {
        this.#successor = { init, asked };
        this.driver.leave();
      },
      shutDown: (power) => this.#end(`${power} was asked for`, power),
    }, { owner: Deno.uid() ?? 0, everybodyReads: graph.everybodyReads });
  }

  /** Whether somebody has asked for the end, rather than that something went wrong. */
  get wasAsked(): boolean {
    return this.#asked;
  }

  /** Whether somebody shall have a look before the machine ends, as the boot has failed. */
  get rescues(): boolean {
    return this.#rescues;
  }

  /**
   * Starts what the system starts at boot, and supervises until everything is to be, and is, down.
   *
   * @param socket Where to take requests.
   * @returns What the machine is to do then.
   */
  async run(socket: string): Promise<Power> {
    this.#openControl(socket);
    this.driver.listen(SHUTDOWN_SIGNALS);
    this.driver.listen(this.#around.container?.forwards ?? []);
    this.#around.machine?.listen(this.driver, () => this.#end("power key", "poweroff"));
    letSignalsThrough();
    this.driver.state.services.forEach(({ phase }, id) => {
      if (phase.phase === "up") this.#noteUp(id, phase);
    });
    for (const id of this.#starts) this.driver.post({ type: "start", id });
    for (const signal of this.#around.handover?.signals ?? []) this.#noteSignal(signal);
    if (this.progress.begin(this.#around.startedAt)) this.#finishBoot();
    let power = await this.driver.run();
    while (power === null) {
      await this.#becomeSuccessor(socket);
      power = await this.driver.run();
    }
    this.control.close();
    return power;
  }

  #openControl(socket: string): void {
    try {
      this.control.open(socket);
    } catch (error) {
      this.#around.account.complain(`cannot take requests: ${messageOf(error)}`);
    }
  }

  /** Becomes another init. If it returns, that was not possible, and all goes on as before. */
  async #becomeSuccessor(socket: string): Promise<void> {
    const { graph, account, logs, os } = this.#around;
    const { init, asked } = this.#successor!;
    const { state } = this.driver;
    if (!isSettled(state)) {
      return account.complain(`cannot switch to ${init}: something has happened meanwhile`);
    }
    const record = recordSignals(SHUTDOWN_SIGNALS);
    this.control.close();
    // What was read is on the disk before another one writes there.
    await logs.close();
    account.tell("switch", { init }, `becoming ${init}`);
    await account.settle();
    // Signals from before the record come to us by JavaScript's own turns.
    await delay(0);
    const { services } = state;
    const signals = os.poll()?.signals ?? [];
    try {
      becomeInit(os, init, {
        version: HANDOVER_VERSION,
        generation: this.#around.generation,
        state: { names: graph.nodes.map(({ name }) => name), services },
        portraits: graph.nodes.map((node) => portray(graph, node, services[node.id]!.inputs)),
        asked,
        boot: graph.boot.map((id) => nodeOf(graph, id).name),
        signals,
        lateSignals: record.fd,
        entries: account.journal.count,
        ...this.driver.leaveBehind(),
      });
    } catch (error) {
      account.complain(`cannot switch to ${init}: ${messageOf(error)}`);
      for (const name of asked) this.driver.post({ type: "start", id: graph.ids.get(name)! });
      this.#openControl(socket);
      record.end();
      for (const signal of [...signals, ...recordedSignals(record.fd)]) this.#noteSignal(signal);
    }
  }

  #noteUp(id: ServiceId, phase: Phase): void {
    const now = this.#around.os.now();
    this.judge.noteUp(id, now);
    if (this.progress.note(id, phase, now)) this.#finishBoot();
  }

  #notePhase(id: ServiceId, phase: Phase, why: Why | null, now: Millis): void {
    const { state } = this.driver;
    this.#narrator.tell(state, id, phase, why, now);
    this.#watchman.note(phase, now);
    if (phase.phase === "up") this.judge.noteUp(id, now);
    // Whoever shuts down on purpose has disarmed the judge before: this is the consequence of a service given up.
    if (state.ending !== null) this.judge.condemn(now);
    else if (this.progress.note(id, phase, now)) this.#finishBoot();
    const end = this.#around.container?.notePhase(state, id, phase, why) ?? null;
    if (end !== null) this.#endContainer(end);
  }

  /** What the container is for has ended. */
  #endContainer(why: string): void {
    this.#around.account.say(`${why}; the container ends`);
    this.driver.post({ type: "shutdown", power: "exit" });
  }

  #noteVerdict(verdict: "ok" | "failed", awaited: readonly string[], other: string | null | undefined): void {
    const missed = `has failed: the deadline has passed, and not ready are ${awaited.join(", ")}`;
    const words = `generation ${this.#around.generation} ${verdict === "ok" ? "is ok" : missed}`;
    this.#around.account.tell("verdict", { verdict, awaited }, words);
    if (verdict === "failed") this.#giveUp(other);
    else this.#endIfOnce();
  }

  /** The boot has missed its deadline. Where there is no other generation, a reboot would only come back here. */
  #giveUp(other: string | null | undefined): void {
    this.progress.state = "failed";
    const { graph, machine } = this.#around;
    const wish = graph.watchdog?.onFailure ?? "reboot";
    const onFailure = machine?.line.rescue === true ? "rescue" : wish;
    // What goes down already must not be hurried.
    if (onFailure === "stay" || this.driver.state.ending !== null) return;
    if (onFailure === "reboot" && other === null) {
      return this.#around.account.say(
        "no other generation is left to boot, so this one stays up; see init generations",
      );
    }
    this.#rescues = onFailure === "rescue";
    this.driver.post({
      type: "shutdown",
      power: this.#within(onFailure === "rescue" ? "reboot" : onFailure),
    });
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

  #noteSignal(signal: SignalName): void {
    const { container, os, graph, account } = this.#around;
    if (container?.forwards.includes(signal) !== true) return this.#end(signal, powerOf(signal));
    for (const id of graph.essential) {
      const pid = this.driver.processOf(id);
      if (pid === null || !os.kill(pid, signal, "process")) continue;
      account.say(`${signal}: passed on to ${nodeOf(graph, id).name}`);
    }
  }

  /** Somebody asks for the end, or asks again. */
  #end(who: string, power: Power): void {
    const hurry = this.driver.state.ending !== null;
    const patience = this.#around.container?.patience() ?? "";
    this.#around.account.say(`${who}: ${hurry ? "hurrying" : `shutting down${patience}`}`);
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
