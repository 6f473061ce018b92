/** Generated systems, the processes that play in them, and what is done to them. */
import fc from "fast-check";
import type { Millis } from "../../lib/define/time.ts";
import type { Edge, Graph, Policy, ServiceId } from "../../lib/graph/graph.ts";
import {
  type Behaviour,
  daemon,
  ignoringStop,
  lingering,
  task,
  unkillable,
  work,
} from "../conformance/behaviour.ts";
import { type Casting, VirtualWorld } from "../conformance/virtual_world.ts";
import { graphOf } from "./graph_of.ts";

/** A service by small numbers, of which 0 is the tamest: what shrinking leaves is what matters. */
export interface ServicePlan {
  readonly oneshot: boolean;
  readonly edges: readonly (readonly [to: number, kind: number])[];
  readonly times: number;
  readonly on: number;
  readonly pace: number;
  readonly giveUp: number;
  readonly undo: number;
  readonly triggered: boolean;
  readonly cast: readonly (readonly [sort: number, delay: number, output: number])[];
}

/** Something that is done to the system, and to whom. */
export type Move = readonly [what: number, id: number, amount: number];

/** A system and its fate. */
export interface Plan {
  readonly services: readonly ServicePlan[];
  readonly moves: readonly Move[];
}

/** What a generated system may contain. */
export interface Wildness {
  readonly services: number;
  readonly moves: number;
  /** Whether giving up may shut the system down. */
  readonly consequences: boolean;
}

/** Any plan. */
export function plans({ services, moves, consequences }: Wildness): fc.Arbitrary<Plan> {
  const small = { size: "max" } as const;
  const service = fc.record({
    oneshot: fc.boolean(),
    edges: fc.array(fc.tuple(fc.nat(services - 1), fc.nat(6)), { maxLength: 3, ...small }),
    times: fc.nat(starts.length * stops.length - 1),
    on: fc.nat(2),
    pace: fc.nat(paces.length - 1),
    giveUp: fc.nat(consequences ? 6 : 4),
    undo: fc.nat(10),
    triggered: fc.nat(7).map((number) => number === 7),
    cast: fc.array(fc.tuple(fc.nat(longruns.length + 6), fc.nat(delays.length - 1), fc.nat(2)), {
      maxLength: 4,
      ...small,
    }),
  });
  return fc.record({
    services: fc.array(service, { minLength: 1, maxLength: services, ...small }),
    moves: fc.array(fc.tuple(fc.nat(mix.length - 1), fc.nat(services - 1), fc.nat(delays.length - 1)), {
      maxLength: moves,
      ...small,
    }),
  });
}

const delays: readonly Millis[] = [0, 1, 10, 300, 900, 2500, 7000, 70_000];
const starts: readonly Millis[] = [60_000, 5000, 400, 3];
const stops: readonly Millis[] = [10_000, 2000, 50, 2];
const extensions: readonly Millis[] = [0, 500, 100_000];
const kinds: readonly Edge["kind"][] = ["need", "need", "optional", "milestone", "after", "need", "need"];
const paces = [
  { delay: 200, backoff: 2, max: 30_000, reset: 10_000 },
  { delay: 0, backoff: 2, max: 30_000, reset: 500 },
  { delay: 1000, backoff: 1, max: 1000, reset: 0 },
  { delay: 50, backoff: 3, max: 1000, reset: 60_000 },
];
const giveUps: readonly Policy["restart"]["giveUp"][] = [
  null,
  { after: 1, within: null, then: "stay-down" },
  { after: 3, within: null, then: "stay-down" },
  { after: 2, within: 5000, then: "stay-down" },
  { after: 1, within: 100_000, then: "stay-down" },
  { after: 2, within: null, then: "shutdown" },
  { after: 1, within: null, then: "reboot" },
];

/** The exit code that every generated service calls permanent. */
export const permanent = 78;

/** The graph of a plan. */
export function graphFor(plan: Plan): Graph {
  return graphOf(plan.services.map(({ oneshot, edges, times, on, pace, giveUp, undo, triggered }, id) => ({
    kind: oneshot ? "oneshot" : "longrun",
    policy: {
      startTimeout: starts[times % starts.length]!,
      stopSignal: "SIGTERM",
      stopTimeout: stops[Math.floor(times / starts.length)]!,
      extend: extensions[times % extensions.length]!,
      restart: {
        on: (["always", "on-failure", "never"] as const)[on]!,
        ...paces[pace]!,
        giveUp: giveUps[giveUp]!,
        permanent: [permanent],
      },
      undo: oneshot && undo > 1 && !triggered,
      triggered,
    },
    edges: id === 0 ? [] : edges.map(([to, kind]) => [to % id, kinds[kind]!] as const),
  })));
}

/** Who plays the services of a plan: each in the order of its cast, and well-behaved when that is through. */
export function castFor(plan: Plan): Casting {
  return (id, nth, role) => {
    const { cast, oneshot, undo } = plan.services[id]!;
    if (role === "undo") return undoes[Math.max(0, undo - 2)]!;
    if (role === "arm") return nth % 4 === 3 ? { ...work, spawnFault: "listen" } : work;
    const [sort, delay, output] = cast[nth] ?? [0, 0, cast.at(-1)?.[2] ?? 0];
    const pool = oneshot ? oneshots : longruns;
    return { ...(pool[sort % pool.length]!)(delays[delay]!), output: outputs[output]! };
  };
}

const outputs = [null, { port: 1 }, { port: 2, hosts: ["a"] }];

const longruns: readonly ((delay: Millis) => Behaviour)[] = [
  (delay) => ({ ...daemon, readyAfter: delay }),
  (delay) => ({ ...lingering(daemon, delay), readyAfter: delay }),
  (delay) => ({ ...daemon, spawnTakes: Math.min(delay, 300) }),
  (delay) => ({ ...ignoringStop(daemon), readyAfter: delay }),
  (delay) => ({ ...unkillable(daemon), readyAfter: delay }),
  () => ({ ...daemon, readyAfter: null }),
  () => ({ ...ignoringStop(daemon), readyAfter: null }),
  (delay) => ({ ...daemon, readyAfter: null, ends: { after: delay, status: { code: 1 } } }),
  (delay) => ({ ...daemon, readyAfter: null, ends: { after: delay, status: { code: 0 } } }),
  (delay) => ({ ...daemon, ends: { after: delay + 1, status: { code: 1 } } }),
  (delay) => ({ ...daemon, ends: { after: delay + 1, status: { signal: "SIGSEGV", core: true } } }),
  (delay) => ({ ...daemon, ends: { after: delay + 1, status: { code: 0 } } }),
  (delay) => ({ ...daemon, ends: { after: delay + 1, status: { signal: "SIGTERM" } } }),
  () => ({ ...daemon, spawnFault: "exec" }),
  (delay) => ({ ...daemon, readyAfter: delay, garbled: true }),
  (delay) => ({ ...daemon, readyLate: true, ends: { after: delay, status: { code: 2 } } }),
  (delay) => ({ ...daemon, ends: { after: delay, status: { code: permanent } } }),
  (delay) => ({
    ...daemon,
    readyAfter: delay,
    before: { ...work, ends: { after: delay, status: { code: 0 } } },
  }),
  (delay) => ({ ...daemon, before: { ...work, ends: { after: delay, status: { code: 1 } } } }),
  () => ({ ...daemon, before: { ...ignoringStop(work), ends: null } }),
  (delay) => ({
    ...daemon,
    before: { ...lingering(work, 5, { code: 0 }), ends: null, spawnTakes: delay % 301 },
  }),
  (delay) => ({ ...daemon, readyAfter: delay, before: { ...work, spawnFault: "exec" } }),
  (delay) => ({ ...daemon, after: { ...work, ends: { after: delay, status: { code: 2 } } } }),
  (delay) => ({
    ...daemon,
    ends: { after: delay + 1, status: { code: 1 } },
    after: { ...work, ends: { after: delay, status: { code: 0 } } },
  }),
  (delay) => ({ ...daemon, ends: { after: delay + 1, status: { code: 0 } }, after: { ...work, ends: null } }),
  () => ({ ...ignoringStop(daemon), after: { ...unkillable(work), ends: null } }),
  (delay) => ({
    ...daemon,
    readyAfter: null,
    ends: { after: delay, status: { code: permanent } },
    after: work,
  }),
  () => daemon,
  () => daemon,
  () => daemon,
];

const oneshots: readonly ((delay: Millis) => Behaviour)[] = [
  (delay) => ({ ...work, ends: { after: delay, status: { code: 0 } } }),
  (delay) => ({ ...lingering(work, 5, { code: 0 }), ends: { after: delay, status: { code: 0 } } }),
  (delay) => ({ ...ignoringStop(work), ends: { after: delay, status: { code: 0 } } }),
  (delay) => ({ ...work, spawnTakes: Math.min(delay, 300) }),
  (delay) => ({ ...work, ends: { after: delay, status: { code: 1 } } }),
  (delay) => ({ ...work, ends: { after: delay, status: { signal: "SIGSEGV" } } }),
  () => ({ ...work, ends: null }),
  () => ({ ...ignoringStop(work), ends: null }),
  () => ({ ...unkillable(work), ends: null }),
  () => ({ ...work, spawnFault: "run" }),
  () => ({ ...work, fault: "not JSON" }),
  (delay) => ({
    ...work,
    before: { ...lingering(work, 5, { code: 0 }), ends: { after: delay, status: { code: 0 } } },
  }),
  () => ({ ...work, before: { ...work, ends: { after: 3, status: { code: 1 } } } }),
  () => ({ ...work, before: { ...unkillable(work), ends: null } }),
  (delay) => ({ ...work, ends: { after: delay, status: { code: permanent } } }),
  () => work,
  (delay) => ({ ...task, ends: { after: delay, status: { code: 0 } } }),
  () => ({ ...task, spawnTakes: 50, spawnFault: "load module" }),
  () => ({ ...task, ends: null }),
];

const undoes: readonly Behaviour[] = [
  work,
  { ...work, ends: { after: 40, status: { code: 0 } } },
  { ...work, ends: { after: 0, status: { code: 3 } } },
  { ...work, ends: null },
  { ...ignoringStop(work), ends: null },
  { ...unkillable(work), ends: null },
  { ...work, spawnFault: "exec" },
  task,
  { ...task, ends: null },
];

/** A world in which a plan is to be played, with nothing done yet. */
export function worldFor(plan: Plan): VirtualWorld {
  return new VirtualWorld(graphFor(plan), castFor(plan));
}

/** How commands, the passing of time and lies are mixed. */
const mix = [
  "start",
  "advance",
  "next",
  "start",
  "next",
  "stop",
  "next",
  "restart",
  "next",
  "release",
  "next",
  "pin-up",
  "unpin",
  "pin-down",
  "unpin",
  "stale",
  "stall",
  "next",
  "start",
  "stop",
  "next",
  "restart",
  "crash",
  "crash",
  "next",
  "start",
  "advance",
  "next",
  "unpin",
  "stale",
  "shutdown",
  "next",
  "extend",
  "fail",
  "next",
  "move",
  "trigger",
] as const; // deno-fmt-ignore

/** Carries out one move. Without `shutdowns`, time passes instead of them. */
export function play(world: VirtualWorld, [what, service, amount]: Move, shutdowns: boolean): void {
  const id: ServiceId = service % world.graph.nodes.length;
  const move = mix[what]!;
  switch (move) {
    case "start":
    case "stop":
    case "restart":
    case "release":
      world.send({ type: move, id });
      return;
    case "trigger":
      world.send({ type: "triggered", id });
      return;
    case "pin-up":
      world.send({ type: "pin", id, pinned: "up" });
      return;
    case "pin-down":
      world.send({ type: "pin", id, pinned: "down" });
      return;
    case "unpin":
      world.send({ type: "pin", id, pinned: null });
      return;
    case "advance":
      return world.advanceTo(world.now + delays[amount]!);
    case "next":
      return next(world);
    case "stall":
      return world.stall(delays[amount]!);
    case "crash": {
      const victim = world.processOf(id);
      if (victim !== undefined && victim.behaviour.killable) world.kill(victim, "SIGSEGV");
      return;
    }
    case "extend": {
      const { phase } = world.state.services[id]!;
      if (!("attempt" in phase)) return;
      world.send({ type: "extended", id, attempt: phase.attempt, until: world.now + delays[amount]! });
      return;
    }
    case "fail": {
      const { phase } = world.state.services[id]!;
      if (!("attempt" in phase) || world.graph.nodes[id]!.kind === "oneshot") return;
      const failure = { type: "watchdog", after: delays[amount]! } as const;
      world.send({ type: "failed", id, attempt: phase.attempt, failure });
      return;
    }
    case "move": {
      const mover = world.processOf(id);
      if (mover !== undefined) world.move(mover);
      return;
    }
    case "stale": {
      // Word of an attempt that is over.
      const { phase, attempt: newest } = world.state.services[id]!;
      const attempt = newest - ("attempt" in phase ? 1 : 0) - amount % 2;
      if (attempt < 1) return;
      const word = [
        { type: "ready", id, attempt, output: "stale" },
        { type: "exited", id, attempt, status: { code: 0 }, output: "stale" },
        { type: "exited", id, attempt, status: { code: 1 } },
        { type: "spawned", id, attempt, pid: 99 },
        { type: "readyFailed", id, attempt, detail: "stale" },
        { type: "extended", id, attempt, until: world.now + 1000 },
        { type: "failed", id, attempt, failure: { type: "watchdog", after: 1000 } },
        { type: "moved", id, attempt, pid: 99 },
      ] as const;
      world.send(word[amount % word.length]!);
      return;
    }
    case "shutdown":
      if (shutdowns) world.send({ type: "shutdown", power: "exit" });
      else next(world);
      return;
  }
}

function next(world: VirtualWorld): void {
  const time = world.next();
  if (time !== null) world.advanceTo(time);
}
