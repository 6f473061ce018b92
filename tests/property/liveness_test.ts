import { assert } from "@std/assert";
import type { ServiceId } from "../../lib/graph/graph.ts";
import { nodeOf } from "../../lib/graph/graph.ts";
import { wantsUp } from "../../lib/supervisor/mod.ts";
import type { VirtualWorld } from "../conformance/virtual_world.ts";
import { play } from "./plan.ts";
import { forAllPlans } from "./run.ts";

/** Longer than any sum of timeouts and pauses that a plan can have. */
const forever = 1e9;

Deno.test("step brings up whatever is wanted once the disturbances are over, and leaves nothing waiting", () => {
  forAllPlans(6_000, { services: 8, moves: 30, consequences: false }, (world, plan) => {
    for (const { id } of world.graph.nodes) world.send({ type: "start", id });
    for (const move of plan.moves) play(world, move, false);
    world.release();
    assert(world.settle(world.now + forever), "it never comes to rest");
    checkSettled(world);
  });
});

Deno.test("step starts every service on demand from whatever has become of it", () => {
  forAllPlans(6_000, { services: 8, moves: 30, consequences: false }, (world, plan) => {
    for (const move of plan.moves) play(world, move, false);
    world.release();
    for (const { id } of world.graph.nodes) world.send({ type: "pin", id, pinned: null });
    // From the top, so that starting a service has to start what it needs.
    for (const { id } of world.graph.nodes.toReversed()) world.send({ type: "start", id });
    // Children that were there before may still fail, for good; asked for once more, everything has to work.
    assert(world.settle(world.now + forever), "it never comes to rest");
    for (const { id } of world.graph.nodes.toReversed()) world.send({ type: "start", id });
    assert(world.settle(world.now + forever), "it never comes to rest");
    for (const { id } of world.graph.nodes) assertUp(world, id);
  });
});

Deno.test("step accepts each command in every phase, and does what it says", () => {
  forAllPlans(3_000, { services: 6, moves: 40, consequences: false }, (world, plan) => {
    world.watch = ({ event, before, after }) => {
      if (!("id" in event) || before.ending !== null) return;
      const [then, now] = [before.services[event.id]!, after.services[event.id]!];
      if (event.type === "stop" && then.pinned !== "up") assert(!wantsUp(now, after), "stopped, but wanted");
      if (event.type === "release" && then.pinned !== "up") {
        assert(now.wanted !== "asked", "released, but asked for");
      }
      if (event.type === "pin") assert(now.pinned === event.pinned, "not pinned as told");
      if (event.type === "start" || event.type === "restart") {
        const possible = startable(world, event.id);
        assert(
          now.wanted === "asked" || event.type === "restart" && now.wanted === then.wanted || !possible,
          `${event.type}, but not asked for`,
        );
        assert(!possible || now.phase.phase !== "backoff", `${event.type}, but it still waits for its time`);
        const needs = nodeOf(world.graph, event.id).dependencies.filter(({ kind }) => kind === "need");
        const complete = needs.every((edge) =>
          wantsUp(after.services[edge.id]!, after) || !startable(world, edge.id)
        );
        assert(complete || !possible, `${event.type}, but not of what it needs`);
        if (event.type === "restart" && possible && then.phase.phase === "up") {
          assert(now.phase.phase !== "up" || now.renew >= now.phase.attempt, "it goes on as before");
        }
      }
    };
    for (const { id } of world.graph.nodes) world.send({ type: "start", id });
    for (const move of plan.moves) play(world, move, false);
  });
});

/** Whether nothing that a service cannot do without is pinned down. */
function startable(world: VirtualWorld, id: ServiceId): boolean {
  const { pinned, phase } = world.state.services[id]!;
  if (pinned === "down") return false;
  if (pinned === "up" && phase.phase === "up") return true;
  return nodeOf(world.graph, id).dependencies.every((edge) =>
    edge.kind === "optional" || edge.kind === "after" || startable(world, edge.id)
  );
}

function checkSettled(world: VirtualWorld): void {
  for (const [id, service] of world.state.services.entries()) {
    if (!wantsUp(service, world.state)) {
      assert(service.phase.phase === "down", `service ${id} is unwanted, yet ${service.phase.phase} at rest`);
      continue;
    }
    // Held up while what it needs is not wanted, it has nothing to wait for.
    const stranded = needsOf(world, id).some((need) => !wantsUp(world.state.services[need]!, world.state));
    if (!stranded) assertUp(world, id);
  }
}

function needsOf(world: VirtualWorld, id: ServiceId): readonly ServiceId[] {
  const found = new Set([id]);
  for (const each of found) {
    for (const edge of nodeOf(world.graph, each).dependencies) if (edge.kind !== "after") found.add(edge.id);
  }
  return [...found];
}

function assertUp(world: VirtualWorld, id: ServiceId): void {
  const { phase, why, renew } = world.state.services[id]!;
  assert(phase.phase === "up", `service ${id} is ${phase.phase} at rest: ${JSON.stringify(why)}`);
  assert(renew < phase.attempt, `service ${id} was to be renewed, and goes on as before`);
}
