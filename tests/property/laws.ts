/**
 * The laws that every step has to keep, checked against a model of its own:
 * what the supervisor was told of each service's newest process, no more.
 */
import { assert, assertEquals } from "@std/assert";
import type { Json } from "../../lib/define/json.ts";
import type { Millis } from "../../lib/define/time.ts";
import { type Graph, nodeOf, type ServiceId } from "../../lib/graph/graph.ts";
import { at, draftOf, touch } from "../../lib/supervisor/draft.ts";
import {
  type Action,
  deadline,
  equalJson,
  isLive,
  isStuck,
  type ServiceState,
  type State,
  wantsUp,
} from "../../lib/supervisor/mod.ts";
import { settle } from "../../lib/supervisor/settle.ts";
import type { Moment, VirtualWorld } from "../conformance/virtual_world.ts";

/** What was heard of a service. */
interface Record {
  attempt: number;
  /** Asked for, and not heard to have ended. */
  running: boolean;
  role: "run" | "undo" | "arm";
  /** The newest attempt has been ready, or for a oneshot: is done, and not undone. */
  ready: boolean;
  everReady: boolean;
  /** The newest attempt has been ready at some time. */
  wasReady: boolean;
  signals: number;
  spawnedAt: Millis;
}

/** Watches a world, and throws at the first law that a step breaks. */
export function keepLaws(world: VirtualWorld): void {
  const { graph } = world;
  const records = graph.nodes.map((): Record => ({
    attempt: 0,
    running: false,
    role: "run",
    ready: false,
    everReady: false,
    wasReady: false,
    signals: 0,
    spawnedAt: -Infinity,
  }));
  world.watch = (moment) => {
    hear(records, graph, moment);
    checkStale(moment);
    for (const action of moment.actions) checkAction(records, graph, moment, action, world);
    checkState(records, graph, moment);
    checkRecovery(graph, moment);
    checkRest(graph, moment);
  };
}

/** Takes note of what the supervisor was told. */
function hear(records: Record[], graph: Graph, { event, before }: Moment): void {
  if (!("attempt" in event)) return;
  const record = records[event.id]!;
  if (event.attempt !== record.attempt || !record.running) return;
  const { kind, policy } = nodeOf(graph, event.id);
  if (event.type === "spawnFailed") record.running = false;
  if (event.type === "ready" && before.services[event.id]!.phase.phase === "starting") record.ready = true;
  if (event.type === "ready" && record.role === "arm") record.running = false;
  if (event.type === "exited") {
    record.running = false;
    // Whatever a process yields that was in the way of its own start timeout comes too late.
    const { phase } = before.services[event.id]!;
    const late = phase.phase === "stopping" && phase.after !== null;
    const mayEnd = kind === "oneshot" || policy.triggered && phase.phase === "up";
    record.ready = mayEnd && event.stage === undefined && record.role === "run" && "code" in event.status &&
      event.status.code === 0 &&
      event.fault === undefined && !late;
  }
  record.wasReady ||= record.ready;
  record.everReady ||= record.ready;
}

/** What is heard of an attempt that is over changes nothing. */
function checkStale({ event, before, after, actions }: Moment): void {
  if (!("attempt" in event)) return;
  const { phase } = before.services[event.id]!;
  if ("attempt" in phase && phase.attempt === event.attempt) return;
  assertEquals(actions, [], "an event of an attempt that is over leads to an action");
  for (const [id, service] of after.services.entries()) {
    assert(service === before.services[id], `an event of an attempt that is over changes service ${id}`);
  }
}

function checkAction(
  records: Record[],
  graph: Graph,
  { after, before, now }: Moment,
  action: Action,
  world: VirtualWorld,
): void {
  if (action.type === "notify") return;
  if (action.type === "power") {
    return assert(after.ended && !before.ended, "a power action, but not at the end");
  }
  const { id, attempt } = action;
  const record = records[id]!;
  const service = after.services[id]!;
  switch (action.type) {
    case "spawn":
      assert(!record.running, `service ${id} is spawned while a process of it lives`);
      assert(
        world.processOf(id) === undefined,
        `service ${id} is spawned while a process of it really lives`,
      );
      assert(attempt > record.attempt, `attempt ${attempt} of service ${id} is used again`);
      assert(wantsUp(service, after), `service ${id} is spawned although nobody wants it`);
      assert(after.ending === null, `service ${id} is spawned during the shutdown`);
      checkInputs(records, graph, after, id, action.inputs);
      // After a command, or once it has been stopped for a renewal, it has no failures in a row.
      if (!record.wasReady && service.streak > 0) {
        const gap = now - record.spawnedAt;
        assert(gap >= 1000, `service ${id} spins: it is tried again after ${gap} ms`);
      }
      Object.assign(record, {
        attempt,
        running: true,
        role: "run",
        ready: false,
        wasReady: false,
        signals: 0,
      });
      record.spawnedAt = now;
      return;
    case "arm":
      assert(!record.running, `service ${id} is armed while a process of it lives`);
      assert(nodeOf(graph, id).policy.triggered, `service ${id} is armed, but nothing triggers it`);
      assert(attempt > record.attempt, `attempt ${attempt} of service ${id} is used again`);
      assert(wantsUp(service, after), `service ${id} is armed although nobody wants it`);
      Object.assign(record, {
        attempt,
        running: true,
        role: "arm",
        ready: false,
        wasReady: false,
        signals: 0,
      });
      return;
    case "undo":
      assert(!record.running, `service ${id} is undone while a process of it lives`);
      assert(record.ready && nodeOf(graph, id).policy.undo, `service ${id} is undone but was not done`);
      assert(attempt > record.attempt, `attempt ${attempt} of service ${id} is used again`);
      checkDependentsGone(records, graph, after, id);
      Object.assign(record, { attempt, running: true, role: "undo", ready: false, signals: 0 });
      return;
    case "signal":
      assert(
        record.running && record.attempt === attempt,
        `a signal to an attempt of service ${id} that is over`,
      );
      if (record.signals === 0 && record.ready && !hasFailed(service)) {
        checkDependentsGone(records, graph, after, id);
      }
      record.signals++;
      record.ready = false;
      return;
  }
}

/** Nothing starts before what it depends on, and it is given what that yields now. */
function checkInputs(
  records: Record[],
  graph: Graph,
  after: State,
  id: ServiceId,
  inputs: Readonly<{ [key: string]: Json | undefined }>,
): void {
  for (const edge of nodeOf(graph, id).dependencies) {
    const dependency = after.services[edge.id]!;
    const record = records[edge.id]!;
    const up = dependency.phase.phase === "up";
    const given = inputs[edge.key];
    if (edge.kind === "need") {
      assert(up && record.ready, `service ${id} is spawned before ${edge.id}, which it needs, is up`);
      assert(
        equalJson(given, dependency.output),
        `service ${id} is given an output that ${edge.id} no longer has`,
      );
    } else if (edge.kind === "milestone") {
      assert(record.everReady, `service ${id} is spawned before its milestone ${edge.id} has worked`);
      assert(
        equalJson(given, dependency.output),
        `service ${id} is given an output that ${edge.id} never had`,
      );
    } else {
      const wanted = wantsUp(dependency, after);
      assert(up || !wanted || isTroubled(dependency), `service ${id} does not wait for ${edge.id}`);
      if (edge.kind === "after") assertEquals(given, undefined);
      else if (up && wanted) assert(equalJson(given, dependency.output));
    }
  }
}

/** Whether somebody who can do without a service need not wait for it: it has failed, hangs, or waits for such a one. */
function isTroubled(service: ServiceState): boolean {
  return service.streak > 0 || isStuck(service) || service.phase.phase === "backoff" ||
    service.phase.phase === "blocked" && service.why?.reason === "dependency";
}

/** Whether there is something for a blocked service to wait for. */
function waits(records: Record[], graph: Graph, after: State, id: ServiceId): boolean {
  return nodeOf(graph, id).dependencies.some((edge) => {
    const dependency = after.services[edge.id]!;
    const { phase } = dependency;
    if (phase.phase === "up" && wantsUp(dependency, after) && dependency.renew < phase.attempt) return false;
    if (edge.kind === "need" || edge.kind === "milestone" && !records[edge.id]!.everReady) return true;
    return wantsUp(dependency, after) && !isTroubled(dependency);
  });
}

/** Whether a process is ended because it does not work any more: as after a crash, those that need it stay. */
function hasFailed({ phase }: ServiceState): boolean {
  return phase.phase === "stopping" && phase.after !== null;
}

/** Who is told to stop while it is up has nobody left who needs it. */
function checkDependentsGone(records: Record[], graph: Graph, after: State, id: ServiceId): void {
  for (const edge of nodeOf(graph, id).dependents) {
    const dependent = after.services[edge.id]!;
    const record = records[edge.id]!;
    if (edge.kind !== "need" || dependent.pinned === "up" || isStuck(dependent)) continue;
    assert(
      !record.running && !isLive(dependent),
      `service ${id} is stopped while ${edge.id}, which needs it, lives`,
    );
  }
}

function checkState(records: Record[], graph: Graph, { after, before, event, now, actions }: Moment): void {
  if (event.type === "exited") {
    const service = before.services[event.id]!;
    const renewed = service.phase.phase === "up" && wantsUp(service, before) &&
      service.renew >= service.phase.attempt;
    if (renewed) assert(wantsUp(after.services[event.id]!, after), `service ${event.id} was to come back`);
  }
  for (const [id, service] of after.services.entries()) {
    const { phase } = service;
    const record = records[id]!;
    if (phase.phase === "down") assert(service.why !== null, `service ${id} is down and does not say why`);
    if (phase.phase === "starting" || phase.phase === "stopping") {
      assert(
        record.running && record.attempt === phase.attempt,
        `service ${id} is ${phase.phase} without a process`,
      );
    } else if (phase.phase === "up") {
      assert(record.ready, `service ${id} is up but was never ready`);
      const { kind, policy } = nodeOf(graph, id);
      const runs = policy.triggered ? phase.pid !== null : kind === "longrun";
      assert(record.running === runs, `service ${id} is up, its process is not`);
    } else {
      assert(!record.running, `service ${id} is ${phase.phase} while its process lives`);
    }
    const wanted = wantsUp(service, after);
    if (!wanted) {
      assert(phase.phase !== "blocked" && phase.phase !== "backoff", `service ${id} waits though unwanted`);
      continue;
    }
    assert(phase.phase !== "down", `service ${id} is wanted and rests`);
    if (phase.phase === "blocked") {
      assert(waits(records, graph, after, id), `service ${id} waits for nothing`);
    }
    for (const edge of nodeOf(graph, id).dependencies) {
      const dependency = after.services[edge.id]!;
      if (edge.kind !== "need" || service.pinned === "up") continue;
      assert(wantsUp(dependency, after), `service ${id} is wanted without ${edge.id}, which it needs`);
      if (phase.phase !== "up" || service.renew >= phase.attempt) continue;
      if (dependency.phase.phase !== "up" || dependency.renew >= dependency.phase.attempt) continue;
      const stale = !equalJson(service.inputs?.[edge.key], dependency.output);
      assert(!stale, `service ${id} lives with an output that ${edge.id} no longer has`);
    }
  }
  const held = (id: ServiceId) =>
    nodeOf(graph, id).dependents.some((edge) =>
      edge.kind !== "after" && wantsUp(after.services[edge.id]!, after)
    );
  for (const [id, service] of after.services.entries()) {
    if (service.wanted === "needed") assert(held(id), `service ${id} is wanted on behalf of nobody`);
  }
  const due = deadline(after);
  if (event.type === "tick") {
    assert(due === null || due > now, "a tick leaves something due behind");
    const late = deadline(before);
    if (late !== null && late <= now) {
      const idle = after.services.every((service, id) => service === before.services[id]);
      assert(!idle || actions.length > 0, "a tick at the deadline changes nothing");
    }
  }
  if (after.ended) {
    assert(after.services.every((service) => !isLive(service)), "the end, but something lives");
  }
  if (after.ending !== null && !after.ended) {
    assert(after.services.some(isLive), "all is down but it does not end");
  }
}

/** A dependency that comes back with what it had before leaves those that live with it alone. */
function checkRecovery(graph: Graph, { before, after, event, actions }: Moment): void {
  if (event.type !== "ready") return;
  const [then, since] = [before.services[event.id]!, after.services[event.id]!];
  if (then.phase.phase !== "starting" || since.phase.phase !== "up") return;
  if (then.outputs === 0 || !equalJson(then.output, event.output)) return;
  for (const edge of nodeOf(graph, event.id).dependents) {
    const [dependent, now] = [before.services[edge.id]!, after.services[edge.id]!];
    if (dependent.phase.phase !== "up") continue;
    assert(dependent.phase === now.phase && dependent.renew === now.renew, `service ${edge.id} is disturbed`);
    const touched = actions.some((action) => "id" in action && action.id === edge.id);
    assert(!touched, `something is done to service ${edge.id} though nothing changed for it`);
  }
}

/** Nothing was forgotten: looking at everything once more, nothing follows. */
function checkRest(graph: Graph, { after, now }: Moment): void {
  // What is overdue follows with the next tick.
  if ((deadline(after) ?? Infinity) <= now) return;
  const draft = draftOf(graph, after, now);
  for (const { id } of graph.nodes) touch(draft, id);
  settle(draft);
  assertEquals(draft.actions, [], "something was due and was not done");
  for (const [id, service] of after.services.entries()) {
    assert(
      at(draft, id) === service,
      `service ${id} was not looked at although something had changed for it`,
    );
  }
}
