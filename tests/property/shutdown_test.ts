import { assert, assertEquals } from "@std/assert";
import type { Millis } from "../../lib/define/time.ts";
import { type Node, nodeOf, type ServiceId } from "../../lib/graph/graph.ts";
import { killGrace } from "../../lib/graph/settle_policy.ts";
import { isLive, isStuck, type State } from "../../lib/supervisor/mod.ts";
import type { VirtualWorld } from "../conformance/virtual_world.ts";
import { type Plan, play, worldFor } from "./plan.ts";
import { forAllPlans } from "./run.ts";

const wildness = { services: 8, moves: 25, consequences: false };

Deno.test("step ends every shutdown within the longest sum of timeouts along the graph, with one power action", () => {
  forAllPlans(5_000, wildness, (world, plan) => {
    disturb(world, plan);
    const begun = world.now;
    shutDown(world);
    const bound = Math.max(...longestStops(world));
    assert(world.now - begun <= bound, `the shutdown took ${world.now - begun} ms, not ${bound}`);
    const powers = world.moments.flatMap(({ actions }) => actions.filter(({ type }) => type === "power"));
    assertEquals(powers, [{ type: "power", power: "reboot" }]);
    for (const service of world.state.services) assert(!isLive(service));
  });
});

Deno.test("step is not slower with a shutdown that is asked for twice", () => {
  forAllPlans(4_000, wildness, (world, plan) => {
    disturb(world, plan);
    const [hurried, begun] = [worldFor(plan), world.now];
    disturb(hurried, plan);
    shutDown(world);
    const delay = (plan.moves[0]?.[2] ?? 0) * 100;
    hurried.send({ type: "shutdown", power: "reboot" });
    hurried.advanceTo(begun + delay);
    const ended = hurried.state.ended;
    if (!ended) {
      hurried.send({ type: "shutdown", power: "reboot" });
      for (const { signals, role, id } of hurried.live) {
        const untold = role !== "after" && signals.length === 0;
        const told = role === "undo" || untold || signals.at(-1) === "SIGKILL";
        assert(told, `service ${id} is given time although there is a hurry`);
      }
      assert(
        hurried.settle(Infinity, () => hurried.state.ended) && hurried.state.ended,
        "the shutdown never ends",
      );
    }
    assert(ended || hurried.now <= world.now, `it took until ${hurried.now} instead of ${world.now}`);
  });
});

Deno.test("step starts nothing once a shutdown has begun, whatever is asked for", () => {
  forAllPlans(2_000, wildness, (world, plan) => {
    disturb(world, plan);
    world.send({ type: "shutdown", power: "exit" });
    world.watch = ({ actions, after }) => {
      assert(actions.every(({ type }) => type !== "spawn"), "something is spawned during the shutdown");
      assert(
        after.services.every(({ wanted }) => wanted === "down"),
        "something is wanted during the shutdown",
      );
    };
    for (const move of plan.moves) play(world, move, true);
    assert(world.settle(Infinity, () => world.state.ended) && world.state.ended, "the shutdown never ends");
  });
});

Deno.test("step brings what is stopped down within the sum of the timeouts of it and its dependents", () => {
  forAllPlans(5_000, wildness, (world, plan) => {
    disturb(world, plan);
    const id = (plan.moves[0]?.[1] ?? 0) % world.graph.nodes.length;
    world.send({ type: "stop", id });
    const pinned = world.state.services[id]!.pinned === "up";
    // What hung in the kernel and comes back after all has its time from then on.
    let hung = false;
    world.watch = ({ after }) => hung ||= after.services.some(isStuck);
    world.advanceTo(world.now + sumOfStops(world, id));
    if (!pinned && !hung) {
      assert(isDown(world.state, id), `service ${id} is still ${world.state.services[id]!.phase.phase}`);
    }
  });
});

function disturb(world: VirtualWorld, plan: Plan): void {
  for (const { id } of world.graph.nodes) world.send({ type: "start", id });
  for (const move of plan.moves) play(world, move, false);
}

function shutDown(world: VirtualWorld): void {
  world.send({ type: "shutdown", power: "reboot" });
  assert(world.settle(Infinity, () => world.state.ended) && world.state.ended, "the shutdown never ends");
}

function isDown(state: State, id: ServiceId): boolean {
  const service = state.services[id]!;
  return service.phase.phase === "down" || isStuck(service);
}

/** The longest that a service may take to go down: a oneshot may do its work at the last moment, and has to be undone. */
function stopBound({ kind, policy }: Node): Millis {
  const end = policy.stopTimeout + policy.extend + killGrace;
  // Something may come after the process of a longrun, and nobody extends the time of that.
  if (kind === "longrun") return end + policy.stopTimeout + killGrace;
  return end + (policy.undo ? policy.startTimeout + end : 0);
}

/** For each service the longest time until it is down if everything goes down. */
function longestStops(world: VirtualWorld): readonly Millis[] {
  const longest: Millis[] = [];
  for (const node of world.graph.nodes.toReversed()) {
    const before = Math.max(0, ...node.dependents.map((edge) => longest[edge.id]!));
    longest[node.id] = before + stopBound(node);
  }
  return longest;
}

function sumOfStops(world: VirtualWorld, id: ServiceId): Millis {
  const found = new Set([id]);
  let sum = 0;
  for (const each of found) {
    const node = nodeOf(world.graph, each);
    sum += stopBound(node);
    for (const edge of node.dependents) found.add(edge.id);
  }
  return sum;
}
