import { hookCommand } from "../define/hooks.ts";
import { messageOf } from "../define/message_of.ts";
import { describeStatus, type Driver } from "../driver/mod.ts";
import { nodeOf, type ServiceId } from "../graph/graph.ts";
import type { ExitStatus, Os } from "../os/os.ts";
import type { Goal, Outlook } from "./goal.ts";
import { type Fault, fault } from "./fault.ts";
import { namesOf, serviceOf, type View } from "./words.ts";

/** How long the process of a verb may take, in ms. */
const LIMIT = 60_000;

/** What carrying out verbs of services takes. */
export interface VerbStation {
  readonly driver: Pick<Driver, "processOf" | "runBeside" | "notify">;
  readonly os: Os;
  /** Told when the process of a verb has ended. */
  readonly onNews: () => void;
}

/** Has services do something, if all of them can: what is to come of it, or why it was not begun. */
export function beginVerb(
  view: View,
  ids: readonly ServiceId[],
  verb: string,
  station: VerbStation,
): Goal | Fault {
  for (const id of ids) {
    const obstacle = obstacleTo(view, id, verb);
    if (obstacle !== null) return obstacle;
  }
  return new VerbGoal(view, ids, verb, station);
}

/** Why a service cannot be told to do something; null if it can. */
function obstacleTo(view: View, id: ServiceId, verb: string): Fault | null {
  const { name, definition } = nodeOf(view.graph, id);
  const known = Object.keys(definition.hooks.verbs);
  if (!known.includes(verb)) {
    if (verb === "reload") {
      const cure = `give its definition reload: "SIGHUP", or a command; or restart it`;
      return fault("refused", `cannot reload ${name}: it does not say how`, cure);
    }
    const cure = known.length === 0 ? "give its definition verbs" : `it can ${known.join(", ")}`;
    return fault("unknown", `cannot ${phrase(verb, name)}: it has no such verb`, cure);
  }
  if (serviceOf(view, id).phase.phase === "up") return null;
  return fault("refused", `cannot ${phrase(verb, name)}: it is not up`, `see initctl why ${name}`);
}

/** Services that are to have done something. One whose process ends meanwhile has not. */
class VerbGoal implements Goal {
  readonly #ids: readonly ServiceId[];
  readonly #verb: string;
  readonly #station: VerbStation;
  readonly #awaited = new Set<ServiceId>();
  #fault: Fault | null = null;

  /** Begins it. */
  constructor(view: View, ids: readonly ServiceId[], verb: string, station: VerbStation) {
    this.#ids = ids;
    this.#verb = verb;
    this.#station = station;
    for (const id of ids) {
      try {
        this.#begin(view, id);
      } catch (error) {
        this.#fail(view, id, messageOf(error));
      }
    }
  }

  look(view: View): Outlook {
    if (this.#awaited.size > 0) return { type: "waiting", on: [...this.#awaited] };
    if (this.#fault !== null) return { type: "failed", fault: this.#fault };
    const names = namesOf(view.graph, this.#ids);
    return { type: "reached", result: this.#verb === "reload" ? { reloaded: names } : { done: names } };
  }

  #begin(view: View, id: ServiceId): void {
    const { driver, os, onNews } = this.#station;
    const how = nodeOf(view.graph, id).definition.hooks.verbs[this.#verb]!;
    const pid = driver.processOf(id)!;
    if (typeof how === "string") {
      if (this.#verb === "reload") this.#awaitWord(view, id);
      os.kill(pid, how, "process");
      return;
    }
    const inputs = serviceOf(view, id).inputs ?? {};
    const command = hookCommand(this.#verb, () => how(inputs), { MAINPID: String(pid) });
    this.#awaited.add(id);
    const beside = driver.runBeside(id, command, (status) => {
      clearTimeout(timer);
      this.#awaited.delete(id);
      if (!isSuccess(status)) this.#fail(view, id, `its command ended: ${describeStatus(status)}`);
      onNews();
    });
    const timer = setTimeout(() => os.kill(beside, "SIGKILL", "group"), LIMIT);
  }

  /** A service that tells when it has read its configuration is awaited until it has. */
  #awaitWord(view: View, id: ServiceId): void {
    const { driver, onNews } = this.#station;
    const giveUp = driver.notify.awaitReload(id, (fault) => {
      clearTimeout(timer);
      this.#awaited.delete(id);
      if (fault !== null) this.#fail(view, id, fault);
      onNews();
    });
    if (giveUp === null) return;
    this.#awaited.add(id);
    const timer = setTimeout(giveUp, LIMIT);
  }

  #fail(view: View, id: ServiceId, reason: string): void {
    this.#awaited.delete(id);
    const { name } = nodeOf(view.graph, id);
    const message = `cannot ${phrase(this.#verb, name)}: ${reason}`;
    this.#fault ??= fault("failed", message, `see initctl logs ${name}`);
  }
}

/** What a service is told to do, after "cannot". */
function phrase(verb: string, name: string): string {
  return verb === "reload" ? `reload ${name}` : `have ${name} do ${verb}`;
}

function isSuccess(status: ExitStatus): boolean {
  return "code" in status && status.code === 0;
}
