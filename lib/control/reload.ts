import type { Driver } from "../driver/mod.ts";
import { nodeOf, type ServiceId } from "../graph/graph.ts";
import { describeStatus } from "../driver/mod.ts";
import { messageOf } from "../define/message_of.ts";
import type { ExitStatus, Os } from "../os/os.ts";
import type { Goal, Outlook } from "./goal.ts";
import { type Fault, fault } from "./reply.ts";
import { namesOf, serviceOf, type View } from "./words.ts";

/** How long the process of a reload may take, in ms. */
const LIMIT = 60_000;

/** What reloading takes. */
export interface ReloadStation {
  readonly driver: Pick<Driver, "processOf" | "runBeside">;
  readonly os: Os;
  /** Told when a reload has ended. */
  readonly onNews: () => void;
}

/** Why a service cannot be reloaded; null if it can. */
export function reloadObstacle(view: View, id: ServiceId): Fault | null {
  const { name, definition } = nodeOf(view.graph, id);
  if (definition.reload === null) {
    const cure = `give its definition reload: "SIGHUP", or a command; or restart it`;
    return fault("refused", `cannot reload ${name}: it does not say how`, cure);
  }
  if (serviceOf(view, id).phase.phase === "up") return null;
  return fault("refused", `cannot reload ${name}: it is not up`, `see initctl why ${name}`);
}

/** Services that are to have read their configuration anew. One that is restarted meanwhile has done so, too. */
export class ReloadGoal implements Goal {
  readonly #ids: readonly ServiceId[];
  readonly #station: ReloadStation;
  readonly #awaited = new Set<ServiceId>();
  #fault: Fault | null = null;

  /** Begins it. */
  constructor(view: View, ids: readonly ServiceId[], station: ReloadStation) {
    this.#ids = ids;
    this.#station = station;
    for (const id of ids) {
      try {
        this.#reload(view, id);
      } catch (error) {
        this.#fail(view, id, messageOf(error));
      }
    }
  }

  look(view: View): Outlook {
    if (this.#awaited.size > 0) return { type: "waiting", on: [...this.#awaited] };
    if (this.#fault !== null) return { type: "failed", fault: this.#fault };
    return { type: "reached", result: { reloaded: namesOf(view.graph, this.#ids) } };
  }

  #reload(view: View, id: ServiceId): void {
    const { driver, os, onNews } = this.#station;
    const { definition } = nodeOf(view.graph, id);
    const pid = driver.processOf(id)!;
    if (typeof definition.reload === "string") {
      os.kill(pid, definition.reload, "process");
      return;
    }
    const command = definition.reload!(serviceOf(view, id).inputs ?? {});
    const env = { ...command.env, MAINPID: String(pid) };
    this.#awaited.add(id);
    const beside = driver.runBeside(id, { ...command, env }, (status) => {
      clearTimeout(timer);
      this.#awaited.delete(id);
      if (!isSuccess(status)) this.#fail(view, id, `its command ended: ${describeStatus(status)}`);
      onNews();
    });
    const timer = setTimeout(() => os.kill(beside, "SIGKILL", "group"), LIMIT);
  }

  #fail(view: View, id: ServiceId, reason: string): void {
    this.#awaited.delete(id);
    const { name } = nodeOf(view.graph, id);
    this.#fault ??= fault("failed", `cannot reload ${name}: ${reason}`, `see initctl logs ${name}`);
  }
}

function isSuccess(status: ExitStatus): boolean {
  return "code" in status && status.code === 0;
}
