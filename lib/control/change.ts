import { type Graph, nodeOf, type ServiceId } from "../graph/graph.ts";
import { closure } from "../graph/order.ts";
import { type Event, isLive, isStuck, type ServiceState, wantsUp } from "../supervisor/mod.ts";
import { type Goal, isSteadilyUp, type Outlook, startFault } from "./goal.ts";
import { type Fault, fault } from "./fault.ts";
import { describeStanding, listed, namesOf, serviceOf, type View } from "./words.ts";

/** What a change to a set would do. */
export interface ChangePlan {
  /** What is asked for by name afterwards. */
  readonly members: readonly ServiceId[];
  /** All that is to be up afterwards. */
  readonly target: ReadonlySet<ServiceId>;
  /** In an order in which they may start. */
  readonly starts: readonly ServiceId[];
  /** In an order in which they may stop. */
  readonly stops: readonly ServiceId[];
  /** Why it cannot be done; null if it can. */
  readonly obstacle: string | null;
}

/** Works out what has to start and to stop so that exactly `members`, and what they need, are up. */
export function planChange(view: View, members: readonly ServiceId[]): ChangePlan {
  const { graph, state } = view;
  const target = closure(graph, members);
  const ids = graph.nodes.map(({ id }) => id);
  const starts = ids.filter((id) => target.has(id) && !isSteadilyUp(serviceOf(view, id)));
  const stops = ids.filter((id) => {
    const service = serviceOf(view, id);
    return !target.has(id) && (wantsUp(service, state) || service.phase.phase !== "down");
  }).reverse();
  const heldUp = stops.filter((id) => serviceOf(view, id).pinned === "up");
  const heldDown = starts.filter((id) => serviceOf(view, id).pinned === "down");
  const held = [...heldUp, ...heldDown];
  const obstacle = held.length === 0 ? null : `pinned: ${listed(namesOf(graph, held), 20)}`;
  return { members, target, starts, stops, obstacle };
}

/**
 * A change to exactly one set. If something of it fails, what was wanted
 * before is wanted again, unless it is to keep going. It goes on when its
 * client has gone away, so that nothing is left half done.
 */
export class Transaction implements Goal {
  readonly persistent = true;
  readonly #plan: ChangePlan;
  readonly #bundle: string;
  readonly #keepGoing: boolean;
  readonly #post: (event: Event) => void;
  /** What was before. */
  readonly #before: readonly ServiceState[];
  #fault: Fault | null = null;
  #goesBack = false;

  /** Begins it. */
  constructor(
    view: View,
    plan: ChangePlan,
    { bundle, keepGoing }: { bundle: string; keepGoing: boolean },
    post: (event: Event) => void,
  ) {
    this.#plan = plan;
    this.#bundle = bundle;
    this.#keepGoing = keepGoing;
    this.#post = post;
    this.#before = view.state.services;
    // What stays is asked for by name meanwhile, and first: it is never without somebody who holds it.
    for (const id of plan.members) post({ type: "start", id });
    for (const id of plan.target) if (isSteadilyUp(serviceOf(view, id))) post({ type: "start", id });
    for (const id of plan.stops) post({ type: "stop", id });
  }

  look(view: View): Outlook {
    if (view.state.ending !== null) {
      const why = fault("ending", "the system shuts down", "try again after the next boot");
      return { type: "failed", fault: this.#named(why) };
    }
    return this.#goesBack ? this.#lookBack(view) : this.#lookAhead(view);
  }

  /** Out of time. On the way back there is no limit but that of the services' own policies. */
  expire(view: View): void {
    if (this.#goesBack) return;
    const late = [...this.#plan.target].filter((id) => !isSteadilyUp(serviceOf(view, id)));
    const text = `not in time: ${listed(namesOf(view.graph, [...late, ...this.#unstopped(view)]))}`;
    this.#fail(view, fault("timeout", text, "give it more time by --timeout"));
  }

  #lookAhead(view: View): Outlook {
    const { members, stops } = this.#plan;
    const faults = members.map((id) => isSteadilyUp(serviceOf(view, id)) ? null : startFault(view, id));
    const staying = stops.filter((id) =>
      isStuck(serviceOf(view, id)) || wantsUp(serviceOf(view, id), view.state)
    );
    const why = this.#fault ?? faults.find((fault) => fault !== null) ??
      (staying.length === 0 ? null : stayed(view, staying[0]!));
    if (why !== null && !this.#keepGoing) {
      this.#fail(view, why);
      return { type: "waiting", on: stops };
    }
    const coming = members.filter((id, index) =>
      !isSteadilyUp(serviceOf(view, id)) && faults[index] === null
    );
    const going = this.#unstopped(view).filter((id) => !staying.includes(id));
    if (coming.length + going.length > 0 && this.#fault === null) {
      return { type: "waiting", on: [...coming, ...going] };
    }
    this.#releaseOthers();
    const { target } = this.#plan;
    const differs = differences(view, (id) => target.has(id));
    if (why !== null) return { type: "failed", fault: { ...this.#named(why), differs } };
    const [up, down] = [target, stops].map((ids) => namesOf(view.graph, ids));
    return { type: "reached", result: { up: up!, down: down!, differs } };
  }

  #lookBack(view: View): Outlook {
    const stillToSettle = this.#before.flatMap((before, id) => {
      const now = serviceOf(view, id);
      if (!wasUp(before)) {
        // Whoever wants it up meanwhile has the last word.
        const settled = isWanted(before) || wantsUp(now, view.state) || now.phase.phase === "down" ||
          isStuck(now);
        return settled ? [] : [id];
      }
      return isSteadilyUp(now) || startFault(view, id) !== null ? [] : [id];
    });
    if (stillToSettle.length > 0) return { type: "waiting", on: stillToSettle };
    const differs = differences(view, (id) => isWanted(this.#before[id]!));
    const restored = Object.keys(differs).length === 0
      ? "everything is as before"
      : "not everything is as before";
    const why = this.#named(this.#fault!);
    return { type: "failed", fault: { ...why, message: `${why.message}; ${restored}`, differs } };
  }

  #fail(view: View, why: Fault): void {
    this.#fault = why;
    if (this.#keepGoing) return;
    this.#goesBack = true;
    const ids = view.graph.nodes.map(({ id }) => id);
    for (const id of ids) if (this.#before[id]!.wanted === "asked") this.#post({ type: "start", id });
    for (const id of ids.toReversed()) {
      if (this.#before[id]!.wanted === "down") this.#post({ type: "stop", id });
    }
    for (const id of ids) if (this.#before[id]!.wanted === "needed") this.#post({ type: "release", id });
  }

  /** Only the members are asked for by name afterwards. */
  #releaseOthers(): void {
    const { members, target } = this.#plan;
    for (const id of target) if (!members.includes(id)) this.#post({ type: "release", id });
  }

  #unstopped(view: View): ServiceId[] {
    return this.#plan.stops.filter((id) => serviceOf(view, id).phase.phase !== "down");
  }

  #named(why: Fault): Fault {
    return { ...why, message: `cannot change to ${this.#bundle}: ${why.message}` };
  }
}

/** Services that are not as a set has them, in words by name. */
function differences(view: View, belongs: (id: ServiceId) => boolean): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { id, name } of view.graph.nodes) {
    const service = serviceOf(view, id);
    const fits = belongs(id)
      ? isSteadilyUp(service)
      : service.phase.phase === "down" && !wantsUp(service, view.state);
    if (!fits) found[name] = describeStanding(view, id);
  }
  return found;
}

function isWanted(service: ServiceState): boolean {
  return wantsUp(service, { ending: null });
}

function wasUp(service: ServiceState): boolean {
  return isWanted(service) && isLive(service);
}

function stayed(view: View, id: ServiceId): Fault {
  const { name } = nodeOf(view.graph, id);
  const message = `cannot stop ${name}: it ${describeStanding(view, id)}`;
  return fault("failed", message, `see initctl why ${name}`);
}

/** A plan as the answer to a dry run. */
export function planJson(graph: Graph, { starts, stops, obstacle }: ChangePlan) {
  return { start: namesOf(graph, starts), stop: namesOf(graph, stops), obstacle };
}
