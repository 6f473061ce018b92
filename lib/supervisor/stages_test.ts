// Attempts of more than one process, and what fails while it runs.
import { assertEquals } from "@std/assert";
import type { Policy } from "../graph/graph.ts";
import { killGrace } from "../graph/settle_policy.ts";
import { usualPolicy } from "../../tests/fixtures/usual_policy.ts";
import { graphOf } from "../../tests/property/graph_of.ts";
import { type Action, deadline, type Event, initialState, type Phase, type State, step } from "./mod.ts";

const policy: Policy = { ...usualPolicy, restart: { ...usualPolicy.restart, permanent: [78] } };

/** One service, and another that needs it, whose events are told by hand. */
class Hand {
  readonly graph;
  state: State = initialState(2);
  now = 1000;

  constructor(kind: "longrun" | "oneshot" = "longrun", restart: Partial<Policy["restart"]> = {}) {
    this.graph = graphOf([
      { kind, policy: { ...policy, restart: { ...policy.restart, ...restart } }, edges: [] },
      { kind: "longrun", policy, edges: [[0, "need"]] },
    ]);
    this.tell({ type: "start", id: 0 });
  }

  /** One event; what is to be done, notifications left out. */
  tell(event: Event): readonly Action[] {
    const [state, actions] = step(this.graph, this.state, event, this.now);
    this.state = state;
    return actions.filter(({ type }) => type !== "notify");
  }

  get service() {
    return this.state.services[0]!;
  }

  get phase(): Phase {
    return this.service.phase;
  }

  before = (pid: number) => this.tell({ type: "beforeSpawned", id: 0, attempt: this.service.attempt, pid });
  spawned = (pid: number) => this.tell({ type: "spawned", id: 0, attempt: this.service.attempt, pid });
  ready = () => this.tell({ type: "ready", id: 0, attempt: this.service.attempt, output: null });
  after = (pid: number, code = 0) =>
    this.tell({ type: "afterSpawned", id: 0, attempt: this.service.attempt, pid, status: { code } });
  failed = () =>
    this.tell({
      type: "failed",
      id: 0,
      attempt: this.service.attempt,
      failure: { type: "unhealthy", detail: "ill" },
    });
  exited = (code: number, more: Pick<Extract<Event, { type: "exited" }>, "stage" | "after"> = {}) =>
    this.tell({ type: "exited", id: 0, attempt: this.service.attempt, status: { code }, ...more });
  wait(): readonly Action[] {
    this.now = Math.max(this.now, deadline(this.state)!);
    return this.tell({ type: "tick" });
  }
}

const signal = (pid: number, signal: string): Action => ({ type: "signal", id: 0, attempt: 1, pid, signal });

Deno.test("step() has one start timeout for what goes before and the process itself", () => {
  const hand = new Hand();
  const due = hand.now + policy.startTimeout;
  hand.before(7);
  assertEquals(hand.phase, { phase: "starting", attempt: 1, pid: 7, deadline: due, stage: "before" });
  hand.now += 1000;
  assertEquals(hand.spawned(8), []);
  assertEquals(hand.phase, { phase: "starting", attempt: 1, pid: 8, deadline: due });
});

Deno.test("step() names what goes before when that takes the whole time", () => {
  const hand = new Hand("longrun", { on: "never" });
  hand.before(7);
  assertEquals(hand.wait(), [signal(7, "SIGTERM")]);
  hand.exited(0, { stage: "before" });
  const failure = { type: "timeout", after: policy.startTimeout, stage: "before" } as const;
  assertEquals(hand.service.why, { reason: "failed", failure, final: "policy" });
});

for (const kind of ["longrun", "oneshot"] as const) {
  Deno.test(`step() fails the start of a ${kind} when what goes before fails, and obeys the policy`, () => {
    const hand = new Hand(kind, { on: "on-failure" });
    hand.before(7);
    hand.exited(3, { stage: "before" });
    const failure = { type: "exit", status: { code: 3 }, ready: false, stage: "before" } as const;
    assertEquals(hand.service.why, { reason: "failed", failure, final: "retry" });
    assertEquals(hand.phase.phase, "backoff");
    hand.wait();
    hand.before(9);
    hand.exited(78, { stage: "before" });
    assertEquals(hand.service.wanted, "down", "trying again is pointless");
  });
}

Deno.test("step() signals the process itself if the start was called off while it was spawned", () => {
  const hand = new Hand();
  hand.before(7);
  assertEquals(hand.tell({ type: "stop", id: 0 }), [signal(7, "SIGTERM")]);
  assertEquals(hand.spawned(8), [signal(8, "SIGTERM")]);
  hand.exited(0);
  assertEquals(hand.phase.phase, "down");
});

Deno.test("step() does not take the end of what goes before for that of a oneshot that is called off", () => {
  const hand = new Hand("oneshot");
  hand.before(7);
  hand.tell({ type: "stop", id: 0 });
  hand.exited(0, { stage: "before" });
  assertEquals(hand.phase.phase, "down");
});

Deno.test("step() starts again only when what comes after has ended, and counts the failure of the process", () => {
  const hand = new Hand();
  hand.spawned(7);
  hand.ready();
  hand.now += 500;
  assertEquals(hand.after(8, 3), []);
  const failure = { type: "exit", status: { code: 3 }, ready: true } as const;
  assertEquals(hand.phase, {
    phase: "stopping",
    attempt: 1,
    pid: 8,
    process: "after",
    sent: "stop",
    deadline: hand.now + policy.stopTimeout,
    after: failure,
    wasUp: true,
  });
  const actions = hand.exited(3);
  assertEquals(actions.map(({ type }) => type), ["spawn"], "the first restart has no delay");
  assertEquals(hand.service.streak, 1);
});

Deno.test("step() leaves those alone that need a service while something cleans up after its process has crashed", () => {
  const hand = new Hand();
  hand.tell({ type: "start", id: 1 });
  hand.spawned(7);
  hand.ready();
  hand.tell({ type: "spawned", id: 1, attempt: 1, pid: 50 });
  hand.tell({ type: "ready", id: 1, attempt: 1, output: null });
  assertEquals(hand.after(8), [], "as after a crash");
  assertEquals(hand.state.services[1]!.phase.phase, "up");
  hand.exited(0);
  hand.spawned(9);
  hand.ready();
  assertEquals(hand.state.services[1]!.phase, { phase: "up", attempt: 1, pid: 50 });
});

Deno.test("step() does not ask what comes after to end, and kills it when it is overdue", () => {
  const hand = new Hand();
  hand.spawned(7);
  hand.ready();
  assertEquals(hand.tell({ type: "stop", id: 0 }), [signal(7, "SIGTERM")]);
  hand.now += 9000;
  assertEquals(hand.after(8), []);
  assertEquals(deadline(hand.state), hand.now + policy.stopTimeout, "it has a time of its own");
  assertEquals(hand.wait(), [signal(8, "SIGKILL")]);
  assertEquals(deadline(hand.state), hand.now + killGrace);
  hand.exited(0);
  assertEquals(hand.phase.phase, "down");
  const stopFault = { type: "timeout", after: policy.stopTimeout, stage: "after" } as const;
  assertEquals(hand.service.stopFault, stopFault);
});

Deno.test("step() notes the failure of what comes after, and is as content as without it", () => {
  const fault = { type: "exit", status: { code: 9 }, ready: true, stage: "after" } as const;
  const hand = new Hand("longrun", { on: "on-failure" });
  hand.spawned(7);
  hand.ready();
  hand.after(8);
  hand.exited(0, { after: fault });
  assertEquals(hand.service.why, { reason: "finished", status: { code: 0 } });
  hand.tell({ type: "start", id: 0 });
  hand.spawned(9);
  hand.ready();
  hand.tell({ type: "stop", id: 0 });
  hand.after(10);
  hand.exited(0, { after: fault });
  assertEquals(hand.service.stopFault, fault);
  assertEquals(hand.service.why, { reason: "stopped", by: "operator" });
});

Deno.test("step() kills what comes after in a hurry", () => {
  const hand = new Hand();
  hand.spawned(7);
  hand.ready();
  hand.tell({ type: "shutdown", power: "exit" });
  hand.after(8);
  assertEquals(hand.tell({ type: "shutdown", power: "exit" }), [signal(8, "SIGKILL")]);
  const late = new Hand();
  late.spawned(7);
  late.ready();
  late.tell({ type: "shutdown", power: "exit" });
  late.tell({ type: "shutdown", power: "exit" });
  assertEquals(late.after(8), [signal(8, "SIGKILL")]);
  assertEquals(late.exited(0), [{ type: "power", power: "exit" }]);
});

Deno.test("step() stops what has failed while it runs, and starts it again by the policy", () => {
  const hand = new Hand();
  hand.tell({ type: "start", id: 1 });
  hand.spawned(7);
  hand.ready();
  hand.now += 500;
  assertEquals(hand.failed()[0], signal(7, "SIGTERM"));
  assertEquals(hand.failed(), [], "it is told only once");
  assertEquals(hand.exited(0).map(({ type }) => type), ["spawn"]);
  assertEquals(hand.service.streak, 1);
  hand.spawned(8);
  hand.ready();
  hand.failed();
  hand.exited(0);
  assertEquals(hand.service.streak, 2, "it was not up for long");
  hand.wait();
  hand.spawned(9);
  hand.ready();
  hand.now += policy.restart.reset;
  hand.failed();
  hand.exited(0);
  assertEquals(hand.service.streak, 1, "it was healthy before");
});

Deno.test("step() tells why a service is down that was ill, and takes no notice of what is ill but down", () => {
  const hand = new Hand("longrun", { on: "never" });
  hand.spawned(7);
  hand.ready();
  hand.failed();
  hand.exited(0);
  const failure = { type: "unhealthy", detail: "ill" } as const;
  assertEquals(hand.service.why, { reason: "failed", failure, final: "policy" });
  const { state } = hand;
  hand.failed();
  assertEquals(hand.state.services, state.services);
});

Deno.test("step does not start a service again whose after ends with 125, and takes what needs it down", () => {
  const hand = new Hand();
  const forbids = { type: "exit", status: { code: 125 }, ready: true, stage: "after" } as const;
  hand.spawned(100);
  hand.ready();
  hand.tell({ type: "start", id: 1 });
  hand.after(101, 1);
  hand.exited(1, { after: forbids });
  assertEquals(hand.phase.phase, "down");
  const failure = { type: "exit", status: { code: 1 }, ready: true } as const;
  assertEquals(hand.service.why, { reason: "failed", failure, final: "permanent" });
  assertEquals([hand.service.wanted, hand.state.services[1]!.wanted], ["down", "down"]);
});
