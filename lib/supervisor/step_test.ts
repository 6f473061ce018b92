import { assert, assertEquals } from "@std/assert";
import type { Millis } from "../define/time.ts";
import type { Edge, Policy } from "../graph/graph.ts";
import { killGrace } from "../graph/settle_policy.ts";
import { graphOf } from "../../tests/property/graph_of.ts";
import {
  type Action,
  deadline,
  type Event,
  initialState,
  type ServiceState,
  type State,
  step,
} from "./mod.ts";
import { usualPolicy } from "../../tests/fixtures/usual_policy.ts";

/** What a service of these tests depends on, and what else is unusual about it. */
interface Plan {
  readonly deps?: readonly (readonly [number, Edge["kind"]])[];
  readonly oneshot?: boolean;
  readonly undo?: boolean;
  readonly restart?: Partial<Policy["restart"]>;
}

/** A supervisor whose events are told by hand; the time stands still unless it is moved. */
class Hand {
  readonly graph;
  state: State;
  now: Millis = 1000;
  #pid = 100;

  constructor(...plans: readonly Plan[]) {
    this.graph = graphOf(plans.map(({ deps = [], oneshot = false, undo = false, restart = {} }) => ({
      kind: oneshot ? "oneshot" : "longrun",
      policy: { ...usualPolicy, undo, restart: { ...usualPolicy.restart, ...restart } },
      edges: deps,
    })));
    this.state = initialState(plans.length);
  }

  /** One event; what is to be done, notifications left out. */
  tell(event: Event): readonly Action[] {
    const [state, actions] = step(this.graph, this.state, event, this.now);
    this.state = state;
    return actions.filter(({ type }) => type !== "notify");
  }

  start = (id: number) => this.tell({ type: "start", id });
  stop = (id: number) => this.tell({ type: "stop", id });
  spawned = (id: number) => this.tell({ type: "spawned", id, attempt: this.attempt(id), pid: this.#pid++ });
  ready = (id: number, output: string | null = null) =>
    this.tell({ type: "ready", id, attempt: this.attempt(id), output });
  exited = (id: number, code: number) =>
    this.tell({ type: "exited", id, attempt: this.attempt(id), status: { code } });
  killed = (id: number, signal: string) =>
    this.tell({ type: "exited", id, attempt: this.attempt(id), status: { signal } });

  /** Lets time pass until something is due, and says what follows. */
  wait(): readonly Action[] {
    this.now = Math.max(this.now, deadline(this.state)!);
    return this.tell({ type: "tick" });
  }

  /** Brings a service up whose start has been ordered. */
  rise(id: number, output: string | null = null): readonly Action[] {
    this.spawned(id);
    return this.ready(id, output);
  }

  /** Brings up all services, in order. */
  boot(): void {
    for (const { id } of this.graph.nodes) this.start(id);
    for (const { id, kind } of this.graph.nodes) {
      if (kind === "longrun") this.rise(id);
      else {
        this.spawned(id);
        this.exited(id, 0);
      }
    }
  }

  service = (id: number): ServiceState => this.state.services[id]!;
  attempt = (id: number): number => this.service(id).attempt;
  phases = (): string => this.state.services.map(({ phase }) => phase.phase).join(" ");
}

const need = (...ids: number[]) => ids.map((id) => [id, "need"] as const);

Deno.test("step() gives a dependent the output of what it needs, by the name that it knows it by", () => {
  const hand = new Hand({}, { deps: need(0) });
  hand.start(1);
  hand.spawned(0);
  assertEquals(hand.ready(0, "here"), [{ type: "spawn", id: 1, attempt: 1, inputs: { d0: "here" } }]);
});

Deno.test("step() leaves dependents alone when a service recovers with an equal output", () => {
  const hand = new Hand({}, { deps: need(0) }, { deps: need(1) });
  hand.boot();
  const [before, after] = [hand.service(1), hand.service(2)];
  assertEquals(hand.killed(0, "SIGSEGV").map(({ type }) => type), ["spawn"]);
  assertEquals(hand.rise(0), []);
  assert(hand.service(1) === before && hand.service(2) === after);
});

Deno.test("step() renews dependents, the last one first, when a service recovers with another output", () => {
  const hand = new Hand({}, { deps: need(0) }, { deps: need(1) });
  hand.boot();
  hand.killed(0, "SIGSEGV");
  hand.spawned(0);
  const types = (actions: readonly Action[]) =>
    actions.map((action) => `${action.type} ${"id" in action && action.id}`);
  assertEquals(types(hand.ready(0, "new")), ["signal 2"]);
  assertEquals(types(hand.killed(2, "SIGTERM")), ["signal 1"]);
  assertEquals(types(hand.killed(1, "SIGTERM")), ["spawn 1"]);
  assertEquals(hand.service(1).inputs, { d0: "new" });
  assertEquals(types(hand.rise(1)), ["spawn 2"]);
  assertEquals([hand.service(1).restarts, hand.service(1).streak], [0, 0]);
});

Deno.test("step() tells each that falls which dependency it was, down to the first cause", () => {
  const hand = new Hand({ restart: { on: "never" } }, { deps: need(0) }, { deps: need(1) });
  hand.start(2);
  hand.spawned(0);
  hand.exited(0, 5);
  assertEquals(hand.phases(), "down down down");
  assertEquals(hand.service(2).why, { reason: "dependency", on: 1 });
  assertEquals(hand.service(1).why, { reason: "dependency", on: 0 });
  const failure = { type: "exit", status: { code: 5 }, ready: false } as const;
  assertEquals(hand.service(0).why, { reason: "failed", failure, final: "policy" });
  assertEquals(hand.state.services.map(({ wanted }) => wanted), ["down", "down", "down"]);
});

Deno.test("step() says of those that wait for a service in trouble that it is the reason", () => {
  const hand = new Hand({}, { deps: need(0) }, { deps: [[1, "optional"]] });
  for (const id of [0, 1, 2]) hand.start(id);
  assertEquals([hand.service(1).why, hand.phases()], [null, "starting blocked blocked"]);
  hand.spawned(0);
  const actions = hand.exited(0, 1);
  // Who can do without does not wait any longer.
  assertEquals(actions, [{ type: "spawn", id: 2, attempt: 1, inputs: {} }]);
  assertEquals(hand.service(1).why, { reason: "dependency", on: 0 });
  hand.wait();
  hand.rise(0);
  assertEquals([hand.service(1).why, hand.phases()], [null, "up starting starting"]);
});

Deno.test("step() takes the whole system down when a service is given up whose policy says so", () => {
  for (const then of ["shutdown", "poweroff", "reboot"] as const) {
    const hand = new Hand({ restart: { giveUp: { after: 1, within: null, then } } }, {});
    hand.boot();
    hand.exited(0, 1);
    hand.rise(0);
    assertEquals(hand.exited(0, 1).map(({ type }) => type), ["signal"]);
    const power = then === "shutdown" ? "exit" : then;
    assertEquals(hand.state.ending, { power, hurry: false });
    assertEquals(hand.killed(1, "SIGTERM"), [{ type: "power", power }]);
    const { why } = hand.service(0);
    assert(why?.reason === "failed" && why.final === "gave-up");
  }
});

Deno.test("step() does not take the system down for a service that fails for good without being given up", () => {
  const giveUp = { after: 1, within: null, then: "reboot" } as const;
  const hand = new Hand({ restart: { permanent: [78], giveUp } });
  hand.boot();
  hand.exited(0, 78);
  assertEquals([hand.state.ending, hand.phases()], [null, "down"]);
});

Deno.test("step() kills at once what runs when a shutdown is asked for again, and lets an undo finish", () => {
  const hand = new Hand({ oneshot: true, undo: true }, { deps: need(0) }, { deps: need(1) }, {
    oneshot: true,
    undo: true,
  });
  hand.boot();
  hand.tell({ type: "shutdown", power: "reboot" });
  assertEquals(hand.phases(), "up up stopping stopping");
  hand.spawned(3);
  const again = hand.tell({ type: "shutdown", power: "reboot" });
  assertEquals(again.map((action) => action.type === "signal" && [action.id, action.signal]), [[
    2,
    "SIGKILL",
  ]]);
  const next = hand.killed(2, "SIGKILL");
  assertEquals(next.map((action) => action.type === "signal" && [action.id, action.signal]), [[
    1,
    "SIGKILL",
  ]]);
  assertEquals(hand.killed(1, "SIGKILL").map(({ type }) => type), ["undo"]);
  hand.spawned(0);
  hand.exited(0, 0);
  assertEquals(hand.exited(3, 0), [{ type: "power", power: "reboot" }]);
});

Deno.test("step() goes on without a process that outlives SIGKILL, and never starts a second one beside it", () => {
  const hand = new Hand({}, { deps: need(0) });
  hand.boot();
  hand.stop(0);
  const signals = [hand.wait(), hand.wait()].map((actions) =>
    actions.map((action) => action.type === "signal" && action.signal)
  );
  assertEquals(signals, [["SIGKILL"], ["SIGTERM"]]);
  assertEquals(hand.phases(), "stopping stopping");
  assertEquals(hand.service(1).why, { reason: "stuck", pid: 101 });
  hand.killed(0, "SIGTERM");
  hand.start(1);
  hand.rise(0);
  assertEquals([hand.phases(), hand.attempt(1)], ["up stopping", 1]);
  assertEquals(hand.killed(1, "SIGKILL").map(({ type }) => type), ["spawn"]);
});

Deno.test("step() says stuck only once the grace after SIGKILL is over", () => {
  const hand = new Hand({});
  hand.boot();
  hand.stop(0);
  hand.wait();
  const killed = hand.now;
  hand.now += killGrace - 1;
  hand.tell({ type: "tick" });
  assertEquals(hand.service(0).why?.reason, "stopped");
  hand.wait();
  assertEquals([hand.now - killed, hand.service(0).why?.reason], [killGrace, "stuck"]);
  assertEquals(deadline(hand.state), null);
});

Deno.test("step() undoes a oneshot that has done its work although it was told to stop", () => {
  const hand = new Hand({ oneshot: true, undo: true });
  hand.start(0);
  hand.spawned(0);
  hand.stop(0);
  const actions = hand.tell({ type: "exited", id: 0, attempt: 1, status: { code: 0 }, output: "done" });
  assertEquals(actions, [{ type: "undo", id: 0, attempt: 2, inputs: {}, output: "done" }]);
  hand.spawned(0);
  hand.exited(0, 0);
  assertEquals([hand.phases(), hand.service(0).why], ["down", { reason: "stopped", by: "operator" }]);
});

Deno.test("step() does such a oneshot over if it is wanted again by then", () => {
  const hand = new Hand({}, { oneshot: true, undo: true, deps: need(0) });
  hand.boot();
  hand.tell({ type: "restart", id: 1 });
  hand.spawned(1);
  hand.exited(1, 0);
  hand.spawned(1);
  hand.stop(1);
  hand.start(1);
  assertEquals(hand.exited(1, 0).map(({ type }) => type), ["undo"]);
  hand.spawned(1);
  assertEquals(hand.exited(1, 0).map(({ type }) => type), ["spawn"]);
});

Deno.test("step() signals a process that was called off before its process id was known", () => {
  const hand = new Hand({});
  hand.start(0);
  assertEquals(hand.stop(0), []);
  assertEquals(hand.spawned(0), [{ type: "signal", id: 0, attempt: 1, pid: 100, signal: "SIGTERM" }]);
});

Deno.test("step() lets an undo finish, then hurries it", () => {
  const hand = new Hand({ oneshot: true, undo: true });
  hand.boot();
  hand.stop(0);
  hand.spawned(0);
  const pressed = [hand.wait(), hand.wait()].map((actions) =>
    actions.map((action) => action.type === "signal" && action.signal)
  );
  assertEquals(pressed, [["SIGTERM"], ["SIGKILL"]]);
  hand.killed(0, "SIGKILL");
  assertEquals([hand.phases(), hand.service(0).stopFault?.type], ["down", "timeout"]);
});

Deno.test("step() holds a service up when what it needs is stopped, and drops it once it is let go", () => {
  const hand = new Hand({}, { deps: need(0) });
  hand.boot();
  hand.tell({ type: "pin", id: 1, pinned: "up" });
  hand.stop(0);
  hand.killed(0, "SIGTERM");
  assertEquals(hand.phases(), "down up");
  assertEquals(hand.stop(1), []);
  hand.tell({ type: "pin", id: 1, pinned: null });
  assertEquals([hand.phases(), hand.service(1).why], ["down stopping", { reason: "dependency", on: 0 }]);
});

Deno.test("step() starts what a service that is held up has lost, when it is asked for again", () => {
  const hand = new Hand({}, { deps: need(0) });
  hand.boot();
  hand.tell({ type: "pin", id: 1, pinned: "up" });
  hand.stop(0);
  hand.killed(0, "SIGTERM");
  hand.tell({ type: "restart", id: 1 });
  assertEquals(hand.phases(), "starting stopping");
});

Deno.test("step() refuses to start what is held down, and what needs it", () => {
  const hand = new Hand({}, { deps: need(0) });
  hand.tell({ type: "pin", id: 0, pinned: "down" });
  assertEquals([hand.start(0), hand.start(1)], [[], []]);
  assertEquals([hand.service(0).why, hand.service(1).why], [{ reason: "pinned" }, {
    reason: "dependency",
    on: 0,
  }]);
});

Deno.test("step() does not let a dependent come back that is being stopped while what it needs is held down", () => {
  const hand = new Hand({}, { deps: need(0) });
  hand.boot();
  hand.tell({ type: "pin", id: 0, pinned: "down" });
  hand.start(1);
  assertEquals([hand.service(1).wanted, hand.phases()], ["down", "up stopping"]);
  hand.killed(1, "SIGTERM");
  assertEquals(hand.phases(), "stopping down");
});

Deno.test("step() brings a service back that ends by itself while its restart waits for its dependents", () => {
  const hand = new Hand({ restart: { on: "never" } }, { deps: need(0) });
  hand.boot();
  hand.tell({ type: "restart", id: 0 });
  assertEquals(hand.phases(), "up stopping");
  hand.exited(0, 0);
  assertEquals([hand.phases(), hand.service(0).restarts], ["starting stopping", 0]);
});

Deno.test("step() restarts a service that was to go down but still waits for its dependents", () => {
  const hand = new Hand({}, { deps: need(0) });
  hand.boot();
  hand.stop(0);
  hand.tell({ type: "restart", id: 0 });
  assertEquals(hand.killed(1, "SIGTERM").map(({ type }) => type), ["signal"]);
  assertEquals(hand.killed(0, "SIGTERM").map(({ type }) => type), ["spawn"]);
  assertEquals(hand.service(1).wanted, "down");
});

Deno.test("step() does not spawn for a moment what falls in the same breath", () => {
  // 2 needs 1 and had 0 as its milestone; 1 was waiting for 0 only in order not to miss it.
  const hand = new Hand({ restart: { on: "never" } }, { deps: [[0, "optional"]] }, {
    deps: [[1, "need"], [0, "milestone"]],
  });
  hand.start(2);
  hand.spawned(0);
  assertEquals(hand.exited(0, 1), []);
  assertEquals(hand.phases(), "down down down");
});

Deno.test("step() lets nobody start without an optional dependency only because it was in trouble before", () => {
  const hand = new Hand({}, { deps: need(0) }, { deps: [[1, "optional"]] });
  hand.start(1);
  hand.spawned(0);
  hand.exited(0, 1);
  assertEquals(hand.start(2).map((action) => "id" in action && action.id), [0]);
  hand.rise(0);
  assertEquals(hand.phases(), "up starting blocked");
});

Deno.test("step() renews a service that was held up while what it needs changed, once it is let go", () => {
  const hand = new Hand({}, { deps: need(0) });
  hand.boot();
  hand.tell({ type: "pin", id: 1, pinned: "up" });
  hand.killed(0, "SIGSEGV");
  assertEquals(hand.rise(0, "new"), []);
  assertEquals(hand.tell({ type: "pin", id: 1, pinned: null }).map(({ type }) => type), ["signal"]);
  hand.killed(1, "SIGTERM");
  assertEquals([hand.phases(), hand.service(1).inputs], ["up starting", { d0: "new" }]);
});

Deno.test("step() leaves the wish for a service as it is when it is restarted", () => {
  const hand = new Hand({}, { deps: need(0) });
  hand.start(1);
  hand.rise(0);
  hand.rise(1);
  hand.tell({ type: "restart", id: 0 });
  assertEquals(hand.service(0).wanted, "needed");
  hand.tell({ type: "release", id: 1 });
  assertEquals(hand.state.services.map(({ wanted }) => wanted), ["down", "down"]);
});

Deno.test("step() walks a lattice of dependencies once, not along each of its paths", () => {
  // 2^60 paths lead through it.
  const layers = Array.from({ length: 60 }, (_, layer): Plan[] => {
    const deps = layer === 0 ? [] : need(2 * layer - 2, 2 * layer - 1);
    return [{ deps }, { deps }];
  });
  const hand = new Hand(...layers.flat());
  hand.start(119);
  assertEquals(hand.state.services.filter(({ wanted }) => wanted !== "down").length, 119);
  hand.rise(0);
  hand.rise(1);
  hand.tell({ type: "restart", id: 0 });
  hand.stop(0);
  assertEquals(hand.state.services.filter(({ wanted }) => wanted !== "down").length, 0);
});

// What init does itself has no process: its pid stays null, and no signal can end it.

Deno.test("step() sends no signal to a task without a process, and says in time that it is stuck", () => {
  const hand = new Hand({ oneshot: true });
  hand.start(0);
  const signals = [hand.stop(0), hand.wait(), hand.wait()];
  assertEquals(signals, [[], [], []]);
  assertEquals([hand.phases(), hand.service(0).why], ["stopping", { reason: "stuck", pid: 0 }]);
  assertEquals(deadline(hand.state), null, "nothing is tried again and again");
  const ended = hand.tell({ type: "shutdown", power: "exit" });
  assertEquals([ended.map(({ type }) => type), hand.state.ended], [["power"], true]);
});

Deno.test("step() takes note when a task that was stuck has ended after all", () => {
  for (const undo of [false, true]) {
    const hand = new Hand({ oneshot: true, undo });
    hand.start(0);
    hand.stop(0);
    hand.wait();
    hand.wait();
    const actions = hand.exited(0, 0);
    assertEquals(actions.map(({ type }) => type), undo ? ["undo"] : []);
    if (undo) hand.exited(0, 0);
    assertEquals([hand.phases(), hand.service(0).why], ["down", { reason: "stopped", by: "operator" }]);
    hand.start(0);
    assertEquals(hand.phases(), "starting");
  }
});

Deno.test("step() fails a task that is out of time, and takes note of its end", () => {
  const hand = new Hand({ oneshot: true, restart: { on: "never" } });
  hand.start(0);
  assertEquals([hand.wait(), hand.wait(), hand.wait()], [[], [], []]);
  assertEquals(hand.service(0).why?.reason, "stuck");
  hand.exited(0, 0);
  const failure = { type: "timeout", after: usualPolicy.startTimeout } as const;
  assertEquals(hand.service(0).why, { reason: "failed", failure, final: "policy" });
  assertEquals(hand.phases(), "down");
});

Deno.test("step() lets an undo without a process be stuck, and fail late", () => {
  const hand = new Hand({ oneshot: true, undo: true });
  hand.start(0);
  hand.exited(0, 0);
  assertEquals(hand.stop(0).map(({ type }) => type), ["undo"]);
  assertEquals([hand.wait(), hand.wait(), hand.wait()], [[], [], []]);
  assertEquals([hand.service(0).why?.reason, deadline(hand.state)], ["stuck", null]);
  const failure = { type: "spawn", stage: "save seed", code: "EIO", message: "cannot save seed" } as const;
  hand.tell({ type: "spawnFailed", id: 0, attempt: 2, failure });
  assertEquals([hand.phases(), hand.service(0).stopFault?.type], ["down", "timeout"]);
});
