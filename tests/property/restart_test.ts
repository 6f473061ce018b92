import { assert, assertEquals } from "@std/assert";
import type { Millis } from "../../lib/define/time.ts";
import type { Policy } from "../../lib/graph/graph.ts";
import { isClean } from "../../lib/supervisor/policy.ts";
import { VirtualWorld } from "../conformance/virtual_world.ts";
import { castFor, graphFor, permanent, type Plan } from "./plan.ts";
import { forAllPlans } from "./run.ts";

/** One attempt, as it was seen from outside. */
interface Attempt {
  readonly spawned: Millis;
  ready: Millis | null;
  /** When its process ended, after which something else ran. */
  left: Millis | null;
  ended: Millis | null;
  /** The status, if it ended by itself. */
  status: { readonly code: number } | { readonly signal: string } | null;
}

/** What the documentation of `restart` promises after the last of some attempts: a point in time, or never again. */
function promised(
  attempts: readonly Attempt[],
  { on, delay, backoff, max, reset, giveUp }: Policy["restart"],
): Millis | null {
  const last = attempts.at(-1)!;
  const ended = last.ended!;
  if (last.status !== null && "code" in last.status && last.status.code === permanent) return null;
  if (on === "never") return null;
  if (on === "on-failure" && last.ready !== null && last.status !== null && isClean(last.status)) return null;
  let row = 0;
  for (const attempt of attempts) {
    const lived = (attempt.left ?? attempt.ended!) - (attempt.ready ?? Infinity);
    row = lived >= reset ? 1 : row + 1;
  }
  const within = giveUp?.within ?? null;
  const count = within === null ? row : attempts.filter((attempt) => attempt.ended! > ended - within).length;
  if (giveUp !== null && count > giveUp.after) return null;
  let pause = 0;
  for (let restart = 2, next = delay; restart <= row; restart++, next *= backoff) pause = Math.min(next, max);
  return last.ready === null ? Math.max(ended + pause, last.spawned + 1000) : ended + pause;
}

Deno.test("step starts a failing service again exactly when its policy says, and no more often", () => {
  forAllPlans(8_000, { services: 1, moves: 0, consequences: true }, (_, plan) => {
    const world = failing(plan);
    const attempts: Attempt[] = [];
    world.watch = ({ event, now, actions, after }) => {
      const current = attempts.at(-1);
      if (event.type === "ready" && after.services[0]!.phase.phase === "up") current!.ready ??= now;
      if (event.type === "spawnFailed") Object.assign(current!, { ended: now });
      if (event.type === "afterSpawned") current!.left = now;
      if (event.type === "exited" && current !== undefined) {
        const process = world.processes.findLast(({ role }) => role !== "after")!;
        if (after.services[0]!.phase.phase !== "up") {
          Object.assign(current, { ended: now, status: process.signals.length === 0 ? event.status : null });
        }
      }
      const spawn = actions.find(({ type }) => type === "spawn");
      const fell = current !== undefined && current.ended === now && event.type !== "tick" &&
        event.type !== "ready";
      const due = fell ? promised(attempts, world.graph.nodes[0]!.policy.restart) : null;
      if (fell && due === null) {
        assertEquals(after.services[0]!.wanted, "down", "it is tried again although its policy says no");
        assertEquals(spawn, undefined);
      }
      if (fell && due !== null) {
        const { phase } = after.services[0]!;
        const planned = phase.phase === "backoff" ? phase.until : spawn === undefined ? null : now;
        assertEquals(planned, due, `it is tried again at ${planned}, not at ${due}`);
      }
      if (spawn !== undefined) {
        attempts.push({ spawned: now, ready: null, left: null, ended: null, status: null });
      }
    };
    world.send({ type: "start", id: 0 });
    world.settle(600_000, () => attempts.length > 12);
  });
});

Deno.test("step lets the system follow a service that it gives up as its policy says", () => {
  forAllPlans(2_000, { services: 4, moves: 0, consequences: true }, (world) => {
    const powers: string[] = [];
    world.watch = ({ actions, before, after }) => {
      for (const action of actions) if (action.type === "power") powers.push(action.power);
      if (before.ending !== null) return;
      const culprit = world.graph.nodes.find(({ id, policy }) => {
        const { why } = after.services[id]!;
        return why?.reason === "failed" && why.final === "gave-up" &&
          policy.restart.giveUp?.then !== "stay-down";
      });
      assert(
        (culprit !== undefined) === (after.ending !== null),
        "the system goes down if a service is given up, and only then",
      );
      if (culprit === undefined || after.ending === null) return;
      const then = culprit.policy.restart.giveUp!.then;
      assertEquals(after.ending.power, then === "shutdown" ? "exit" : then);
    };
    for (const { id } of world.graph.nodes) world.send({ type: "start", id });
    world.settle(600_000, () => world.state.ended);
    if (world.state.ended) assertEquals(powers, [world.state.ending!.power]);
  });
});

/** A world of one service that goes through its cast again and again. */
function failing(plan: Plan): VirtualWorld {
  const cast = castFor(plan);
  const length = Math.max(1, plan.services[0]!.cast.length);
  // Whatever is triggered starts when it is triggered.
  const services = plan.services.map((service) => ({ ...service, triggered: false }));
  return new VirtualWorld(graphFor({ ...plan, services }), (id, nth, role) => cast(id, nth % length, role));
}
