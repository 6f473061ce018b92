import { assert, assertEquals } from "@std/assert";
import { type Event, initialState, type State, step } from "../../lib/supervisor/mod.ts";
import { play } from "./plan.ts";
import { forAllPlans } from "./run.ts";

const wildness = { services: 6, moves: 30, consequences: true };

Deno.test("step leaves the state that it is given alone", () => {
  forAllPlans(2_000, wildness, (world, plan) => {
    world.state = freeze(world.state);
    // A frozen state throws where it is written to.
    world.step = (graph, state, event, now) => {
      const [next, actions] = step(graph, state, freeze(event), now);
      return [freeze(next), actions];
    };
    for (const { id } of world.graph.nodes) world.send({ type: "start", id });
    for (const move of plan.moves) play(world, move, true);
  });
});

Deno.test("step goes on from a state that was written down as JSON as from the state itself", () => {
  forAllPlans(2_000, wildness, (world, plan) => {
    let revived: State = JSON.parse(JSON.stringify(world.state));
    world.step = (graph, state, event, now) => {
      const [next, actions] = step(graph, state, event, now);
      const [copy, same] = step(graph, revived, event, now);
      revived = JSON.parse(JSON.stringify(copy));
      assertEquals(revived, next, "the state is not what JSON makes of it");
      assertEquals(same, actions, "the actions differ");
      return [next, actions];
    };
    for (const { id } of world.graph.nodes) world.send({ type: "start", id });
    for (const move of plan.moves) play(world, move, true);
  });
});

Deno.test("step gives the same trace for the same events", () => {
  forAllPlans(2_000, wildness, (world, plan) => {
    for (const { id } of world.graph.nodes) world.send({ type: "start", id });
    for (const move of plan.moves) play(world, move, true);
    let state = initialState(world.graph.nodes.length);
    for (const { event, now, after, actions } of world.moments) {
      const [next, again] = step(world.graph, state, event, now);
      assertEquals(again, actions);
      state = next;
      if (event === world.moments.at(-1)!.event) assertEquals(state, after);
    }
  });
});

Deno.test("step never throws, whatever events it is given in whatever order", () => {
  forAllPlans(3_000, wildness, (world, plan) => {
    let state = world.state;
    let now = 0;
    for (const [what, service, amount] of plan.moves) {
      const id = service % world.graph.nodes.length;
      now += amount * 300;
      const attempt = state.services[id]!.attempt - (amount % 3 === 0 ? 1 : 0);
      const failure = { type: "spawn", stage: "exec", code: "EACCES", message: "denied" } as const;
      const anything: readonly Event[] = [
        { type: "start", id },
        { type: "ready", id, attempt, output: { port: amount } },
        { type: "spawned", id, attempt, pid: amount },
        { type: "exited", id, attempt, status: { code: amount % 2 } },
        { type: "exited", id, attempt, status: { code: 0 }, fault: "not JSON" },
        { type: "exited", id, attempt, status: { signal: "SIGKILL" } },
        { type: "readyFailed", id, attempt, detail: "garbled" },
        { type: "extended", id, attempt, until: now + 5000 },
        { type: "moved", id, attempt, pid: 3 },
        { type: "spawnFailed", id, attempt, failure },
        { type: "tick" },
        { type: "stop", id },
        { type: "restart", id },
        { type: "release", id },
        { type: "pin", id, pinned: amount % 2 === 0 ? "up" : null },
        { type: "pin", id, pinned: amount % 2 === 0 ? "down" : null },
        { type: "shutdown", power: "halt" },
      ];
      const [next] = step(world.graph, state, anything[what % anything.length]!, now);
      assert(next.services.length === state.services.length);
      state = next;
    }
  });
});

/** Freezes a value and all that it holds. */
function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) freeze(part);
  }
  return value;
}
