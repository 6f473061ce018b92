import type { Json } from "../define/json.ts";
import type { Driver, Journal } from "../driver/mod.ts";
import { type Graph, nodeOf, type ServiceId } from "../graph/graph.ts";
import type { Os, SignalName } from "../os/os.ts";
import { SIGNAL_NAMES } from "../os/signals.ts";
import type { Power } from "../supervisor/mod.ts";
import { portray } from "../graph/diff.ts";
import { type Answer, changing, result, type Waiting } from "./answer.ts";
import { planChange, planJson, Transaction } from "./change.ts";
import {
  accepted,
  downGoal,
  endGoal,
  type Goal,
  neededFault,
  needersOf,
  releaseGoal,
  upGoal,
  waitGoal,
} from "./goal.ts";
import { type Fault, fault, type FaultCode } from "./fault.ts";
import { type BootStanding, graphJson, logJson, StatusText } from "./status.ts";
import { obstacleToTrigger, triggerGoal } from "./trigger.ts";
import { beginVerb } from "./service_verb.ts";
import { SwitchGoal } from "./switch.ts";
import type { Request } from "./verbs.ts";
import { causesOf, chainOf, listed, namesOf, serviceOf, type View } from "./words.ts";

/** What the control plane stands on. */
export interface Station {
  readonly graph: Graph;
  readonly os: Os;
  readonly driver: Pick<
    Driver,
    "state" | "containment" | "post" | "attach" | "detach" | "processOf" | "runBeside" | "notify" | "timers"
  >;
  readonly journal: Journal;
  /** The last lines that a service has printed, oldest first. */
  readonly tail: (service: string) => readonly string[];
  /** The file that a service logs to, if it logs to a file. */
  readonly logPath: (service: string) => string;
  readonly boot: () => BootStanding;
  /** Becomes another init, in which services are asked for. */
  readonly switchTo: (init: string, asked: readonly string[]) => void;
  /** Takes everything down for this end, or for what is possible in this place. */
  readonly shutDown: (power: Power) => void;
}

/** A request that cannot be carried out. */
class Refused extends Error {
  constructor(readonly fault: Fault) {
    super(fault.message);
  }
}

/** Carries out requests: the one place where verbs become events of the supervisor. */
export class Operator {
  readonly #station: Station;
  readonly #onNews: () => void;
  readonly #status: StatusText;
  /** How the newest process of each service has ended, as an exit code. */
  readonly #exitCodes: number[] = [];
  /** What must not be crossed by another of its kind. */
  #transaction: Transaction | SwitchGoal | null = null;

  /** @param onNews Told when a goal should be looked at, although nothing has happened to a service. */
  constructor(station: Station, onNews: () => void) {
    this.#station = station;
    this.#onNews = onNews;
    this.#status = new StatusText(station.graph, station.driver);
  }

  /** The system now. */
  view(): View {
    const { graph, driver, os, tail } = this.#station;
    const said = (id: ServiceId) => driver.notify.noticeOf(id)?.text ?? null;
    return { graph, state: driver.state, now: os.now(), tail, said };
  }

  /** Notes how a process has ended. */
  noteExit(service: string, status: Json | undefined): void {
    const id = this.#station.graph.ids.get(service);
    if (id === undefined || typeof status !== "object" || status === null) return;
    this.#exitCodes[id] = "code" in status ? Number(status.code) : 255;
  }

  /** A transaction is over. */
  noteEnd(goal: Goal): void {
    if (goal === this.#transaction) this.#transaction = null;
  }

  /** Carries a request out, or begins to. The client's right has been checked. */
  perform(request: Request): Answer {
    try {
      return this.#perform(request);
    } catch (error) {
      if (error instanceof Refused) return { type: "fault", fault: error.fault };
      throw error;
    }
  }

  #perform(request: Request): Answer {
    const { graph, driver, journal, tail, boot } = this.#station;
    const view = this.view();
    switch (request.verb) {
      case "status": {
        const ids = request.names === undefined ? null : this.#ids(request.names);
        return { type: "result", text: this.#status.render(boot(), view, ids, request.usage) };
      }
      case "graph":
        return result(graphJson(graph));
      case "why": {
        const id = this.#id(request.name);
        const up = serviceOf(view, id).phase.phase === "up";
        return result({ name: request.name, up, chain: causesOf(view, chainOf(view, id)) });
      }
      case "logs": {
        const id = this.#id(request.name);
        const { lines: count = Infinity } = request;
        const lines = count === 0 ? [] : tail(request.name).slice(-count);
        if (request.follow === true) return { type: "output", service: request.name, lines };
        return result({ lines, log: logJson(graph, id, this.#station.logPath) });
      }
      case "events":
        return { type: "events", since: request.since ?? journal.count };
      case "wait": {
        const exitCodeOf = (id: ServiceId) => this.#exitCodes[id] ?? null;
        return changing(waitGoal(this.#ids(request.names), request.for ?? "ready", exitCodeOf), request);
      }
      case "start": {
        const ids = this.#ids(request.names);
        for (const id of ids) driver.post({ type: "start", id });
        return changing(upGoal(ids), request);
      }
      case "stop": {
        const ids = this.#ids(request.names);
        const needers = needersOf(view, ids);
        if (needers.length > 0 && request.force !== true) throw new Refused(neededFault(view, ids, needers));
        refuseHeld(view, "stop", [...needers, ...ids]);
        for (const id of [...needers, ...ids]) driver.post({ type: "stop", id });
        return changing(downGoal([...ids, ...needers]), request);
      }
      case "restart": {
        const ids = this.#ids(request.names);
        for (const id of ids) driver.post({ type: "restart", id });
        return changing(upGoal([...ids, ...needersOf(view, ids)]), request);
      }
      case "trigger": {
        const id = this.#id(request.name);
        const obstacle = obstacleToTrigger(view, id);
        if (obstacle !== null) throw new Refused(obstacle);
        driver.post({ type: "triggered", id });
        return changing(triggerGoal(view, id), request);
      }
      case "release": {
        const ids = this.#ids(request.names);
        refuseHeld(view, "release", ids);
        for (const id of ids) driver.post({ type: "release", id });
        return changing(releaseGoal(ids), request);
      }
      case "pin": {
        const id = this.#id(request.name);
        const needers = request.to === "down" ? needersOf(view, [id]) : [];
        if (needers.length > 0) {
          throw new Refused({ ...neededFault(view, [id], needers), cure: "stop these first" });
        }
        driver.post({ type: "pin", id, pinned: request.to });
        return changing(request.to === "up" ? upGoal([id]) : downGoal([id]), request);
      }
      case "unpin":
        driver.post({ type: "pin", id: this.#id(request.name), pinned: null });
        return changing(accepted, {});
      case "signal":
        return this.#signal(request.name, request.signal);
      case "change":
        return this.#change(view, request);
      case "describe": {
        const ids = request.names === undefined ? graph.ids.values() : this.#ids(request.names);
        const portraits = [...ids].map((id) => portray(graph, nodeOf(graph, id), serviceOf(view, id).inputs));
        return {
          type: "result",
          text: JSON.stringify({ generation: boot().generation, services: portraits }),
        };
      }
      case "switch":
        return this.#switch(view, request);
      case "reload":
        return this.#tell(view, this.#ids(request.names), "reload", request);
      case "do":
        return this.#tell(view, [this.#id(request.name)], request.action, request);
      case "poweroff":
      case "reboot":
      case "halt":
      case "kexec":
        this.#station.shutDown(request.verb);
        return changing(endGoal, request);
    }
  }

  #tell(view: View, ids: readonly ServiceId[], verb: string, waiting: Waiting): Answer {
    const begun = beginVerb(view, ids, verb, { ...this.#station, onNews: this.#onNews });
    if ("message" in begun) throw new Refused(begun);
    return changing(begun, waiting);
  }

  #change(view: View, request: Extract<Request, { verb: "change" }>): Answer {
    const { graph, driver } = this.#station;
    const { bundle, dryRun, keepGoing = false } = request;
    const members = graph.bundles.get(bundle);
    if (members === undefined) refuseUnknown("bundle", bundle, graph.bundles.keys());
    const plan = planChange(view, members);
    if (dryRun === true) return result(planJson(graph, plan));
    if (plan.obstacle !== null) {
      refuse("refused", `cannot change to ${bundle}: ${plan.obstacle}`, "let go of these by initctl unpin");
    }
    this.#refuseIfBusy(`change to ${bundle}`);
    this.#transaction = new Transaction(view, plan, { bundle, keepGoing }, (event) => driver.post(event));
    return changing(this.#transaction, request);
  }

  #switch(view: View, request: Extract<Request, { verb: "switch" }>): Answer {
    const { driver, switchTo } = this.#station;
    const { init, stop = [] } = request;
    if (!init.startsWith("/")) {
      refuse("refused", `cannot switch to ${init}: it is no absolute path`, "give one");
    }
    this.#refuseIfBusy(`switch to ${init}`);
    const stops = this.#ids(stop);
    refuseHeld(view, `switch to ${init} and stop`, [...needersOf(view, stops), ...stops]);
    this.#transaction = new SwitchGoal(view, init, stops, {
      post: (event) => driver.post(event),
      cross: switchTo,
    });
    return changing(this.#transaction, request);
  }

  #refuseIfBusy(what: string): void {
    if (this.#transaction === null) return;
    refuse("busy", `cannot ${what}: another change is under way`, "wait until it is through");
  }

  #signal(name: string, signal: string): Answer {
    const known = SIGNAL_NAMES.find((each) => each === signal || each === `SIG${signal}`);
    if (known === undefined) {
      refuse("unknown", `cannot send ${signal} to ${name}: there is no such signal`, "see signal(7)");
    }
    const pid = this.#station.driver.processOf(this.#id(name));
    if (pid === null) {
      refuse("refused", `cannot send ${known} to ${name}: it has no process`, `see initctl status ${name}`);
    }
    this.#station.os.kill(pid, known as SignalName, "process");
    return result({ pid });
  }

  #id(name: string): ServiceId {
    const { ids } = this.#station.graph;
    const id = ids.get(name);
    if (id === undefined) refuseUnknown("service", name, ids.keys());
    return id;
  }

  /** Services by their names, or by those of bundles; each once. */
  #ids(names: readonly string[]): ServiceId[] {
    const { bundles, ids } = this.#station.graph;
    const found = new Set<ServiceId>();
    for (const name of names) {
      const bundle = ids.has(name) ? undefined : bundles.get(name);
      for (const id of bundle ?? [this.#id(name)]) found.add(id);
    }
    return [...found].sort((a, b) => a - b);
  }
}

function refuse(code: FaultCode, message: string, cure: string): never {
  throw new Refused(fault(code, message, cure));
}

/** A pin up withstands all that would take a service down, and says nothing. */
function refuseHeld(view: View, what: string, ids: readonly ServiceId[]): void {
  const held = namesOf(view.graph, ids.filter((id) => serviceOf(view, id).pinned === "up"));
  if (held.length === 0) return;
  const cure = held.map((name) => `initctl unpin ${name}`).join("; ");
  refuse("refused", `cannot ${what} ${listed(held, 20)}: pinned up`, `first ${cure}`);
}

function refuseUnknown(what: "service" | "bundle", name: string, known: Iterable<string>): never {
  const near = [...known].filter((each) => each.includes(name) || name.includes(each)).slice(0, 5);
  const list = `see initctl ${what === "bundle" ? "graph" : "status"}`;
  const cure = near.length > 0 ? `did you mean ${near.join(", ")}?` : list;
  refuse("unknown", `cannot find ${name}: there is no such ${what}`, cure);
}
