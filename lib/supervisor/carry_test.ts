import { assert, assertEquals } from "@std/assert";
import { defineService, spawned } from "denit";
import { graphOf } from "../../tests/fixtures/graph_of.ts";
import { carryState, isSettled } from "./carry.ts";
import type { Graph } from "../graph/graph.ts";
import { initialState, type State } from "./state.ts";
import { step } from "./step.ts";

const run = () => ({ argv: ["/x"] as const });
const a = defineService({ run, ready: spawned() });
const b = defineService({ deps: { a }, run, ready: spawned() });
const c = defineService({ run, ready: spawned() });

function up(graph: Graph, names: readonly string[]): State {
  let state = initialState(graph.nodes.length);
  for (const name of names) {
    const id = graph.ids.get(name)!;
    state = step(graph, state, { type: "start", id }, 1)[0];
    for (const attempt of [1]) {
      state = step(graph, state, { type: "spawned", id, attempt, pid: 100 + id }, 2)[0];
      state = step(graph, state, { type: "ready", id, attempt, output: name }, 3)[0];
    }
  }
  return state;
}

Deno.test("carryState() keeps services by their names, whatever their numbers are", () => {
  const before = graphOf({ a, b }), after = graphOf({ c, a, b });
  const names = before.nodes.map(({ name }) => name);
  const state = up(before, ["a", "b"]);
  assert(isSettled(state));
  const carried = carryState(after, { names, services: state.services }, (name) => name !== "b");
  const of = (name: string) => carried.services[after.ids.get(name)!]!;
  assertEquals(of("a"), state.services[before.ids.get("a")!]!);
  assertEquals(of("b").phase.phase, "down");
  assertEquals(of("b").why, { reason: "not-started" });
  assertEquals(of("c").phase.phase, "down");
});

Deno.test("carryState() lets a reason speak of the same service, or of none where it is gone", () => {
  const before = graphOf({ a, b });
  const names = before.nodes.map(({ name }) => name);
  const waits = up(before, []);
  const on = before.ids.get("a")!;
  const services = waits.services.map((service, id) =>
    id === before.ids.get("b") ? { ...service, why: { reason: "dependency", on } as const } : service
  );
  const after = graphOf({ c, a, b });
  const why = (graph: Graph) =>
    carryState(graph, { names, services }, () => true).services[graph.ids.get("b")!]!.why;
  assertEquals(why(after), { reason: "dependency", on: after.ids.get("a")! });
  const alone = defineService({ run, ready: spawned() });
  assertEquals(why(graphOf({ b: alone })), { reason: "stopped", by: "operator" });
});

Deno.test("isSettled() waits for whatever is on its way, but not for what hangs in the kernel", () => {
  const graph = graphOf({ a });
  const starting = step(graph, initialState(1), { type: "start", id: 0 }, 0)[0];
  assert(!isSettled(starting));
  const running = step(graph, step(graph, starting, { type: "spawned", id: 0, attempt: 1, pid: 7 }, 0)[0], {
    type: "ready",
    id: 0,
    attempt: 1,
    output: null,
  }, 0)[0];
  assert(isSettled(running));
  const stopping = step(graph, running, { type: "stop", id: 0 }, 0)[0];
  assert(!isSettled(stopping));
  const killed = step(graph, stopping, { type: "tick" }, 20_000)[0];
  const stuck = step(graph, killed, { type: "tick" }, 40_000)[0];
  assert(isSettled(stuck));
  const task = stuck.services.map((service) => ({ ...service, phase: { ...service.phase, pid: null } }));
  assert(!isSettled({ ...stuck, services: task }));
  assert(!isSettled({ ...running, ending: { power: "exit", hurry: false } }));
});
