import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  defineBundle,
  defineService,
  defineSystem,
  milestone,
  notificationFd,
  optional,
  seconds,
  spawned,
} from "denit";
import { isSteadilyUp } from "../../lib/control/goal.ts";
import { closure, resolve, type ServiceId } from "../../lib/graph/mod.ts";
import {
  type Child,
  crashes,
  exitsBeforeReady,
  ignoresTerm,
  lingers,
  longrun,
  notifies,
} from "../../lib/os/fake/mod.ts";
import type { Event } from "../../lib/supervisor/mod.ts";
import { type Line, Rig } from "./control_rig.ts";
import { howOften } from "./run.ts";

const daemon = (path: string) => ({
  run: () => ({ argv: [path] as const }),
  ready: notificationFd(3, { timeout: seconds(5) }),
});
const a = defineService({ kind: "oneshot", run: () => ({ argv: ["a"] }), undo: () => ({ argv: ["a"] }) });
const b = defineService({ ...daemon("b"), deps: { a } });
const c = defineService({ ...daemon("c"), deps: { b: optional(b) } });
const d = defineService({ ...daemon("d"), deps: { a: milestone(a), c }, restart: { giveUp: { after: 1 } } });
const e = defineService({
  run: () => ({ argv: ["e"] }),
  ready: spawned(),
  deps: { b },
  restart: { on: "never" },
});
const f = defineService({ ...daemon("f"), stop: { timeout: seconds(1) } });
const graph = resolve({
  a,
  b,
  c,
  d,
  e,
  f,
  first: defineBundle([d, f]),
  second: defineBundle([e, f]),
  third: defineBundle([c]),
  default: defineSystem({ boot: defineBundle([d]) }),
}).graph!;
const bundles = ["first", "second", "third"] as const;

/** What one process does: 0 is the tamest. */
const cast: readonly ((name: string) => Child)[] = [
  (name) => name === "a" ? exitsBeforeReady(0, 20) : name === "e" ? longrun() : notifies(3, 50),
  (name) => name === "a" ? exitsBeforeReady(0, 20) : lingers(300, notifies(3, 400)),
  (name) => name === "a" ? exitsBeforeReady(0, 900) : ignoresTerm(notifies(3, 10)),
  () => exitsBeforeReady(1, 30),
  () => crashes("SIGSEGV", 200),
  () => longrun(),
];

const plans = fc.record({
  from: fc.constantFrom(...bundles),
  to: fc.constantFrom(...bundles),
  keepGoing: fc.boolean(),
  timeout: fc.option(fc.integer({ min: 1, max: 4000 }), { nil: undefined }),
  /** What the processes of each service do, one after another; the last of them goes on for ever. */
  casts: fc.array(fc.array(fc.integer({ min: 0, max: cast.length - 1 }), { minLength: 1, maxLength: 4 }), {
    minLength: 6,
    maxLength: 6,
  }),
  kills: fc.array(fc.tuple(fc.integer({ min: 0, max: 3000 }), fc.nat(5)), { maxLength: 12 }),
  hangsUp: fc.boolean(),
});

/** A rig whose processes do what they should for 20 s, then what they are cast for. */
function stageFor(casts: readonly (readonly number[])[]): Rig {
  const turns = new Map<string, number>();
  const stage = new Rig({
    graph,
    behave: ({ argv }) => {
      const [name] = argv;
      if (stage.os.now() < 20_000) return cast[0]!(name);
      const turn = turns.get(name) ?? 0;
      turns.set(name, turn + 1);
      const own = casts[graph.ids.get(name)!]!;
      return cast[own[Math.min(turn, own.length - 1)]!]!(name);
    },
  });
  return stage;
}

Deno.test("a change ends in the old set or the new one, or says exactly what differs, whoever is killed meanwhile", async () => {
  const ends = { reached: 0, failed: 0 };
  await fc.assert(
    fc.asyncProperty(plans, async ({ from, to, keepGoing, timeout, casts, kills, hangsUp }) => {
      const stage = stageFor(casts);
      const [client, leaver] = [stage.client(), stage.client()];
      let before: ReadonlySet<number> = new Set();
      let seen:
        | { readonly line: Line; readonly up: ReadonlySet<number>; readonly down: ReadonlySet<number> }
        | null = null;
      const idsWhere = (holds: (id: number) => boolean) =>
        new Set(graph.nodes.map(({ id }) => id).filter(holds));
      client.onLine = (line) => {
        if (line.id !== 1 || "progress" in line) return;
        const { services } = stage.driver.state;
        seen = {
          line,
          up: idsWhere((id) => isSteadilyUp(services[id]!)),
          down: idsWhere((id) => services[id]!.phase.phase === "down" && services[id]!.wanted === "down"),
        };
      };
      for (const id of graph.bundles.get(from)!) stage.at(0, () => stage.driver.post({ type: "start", id }));
      stage.at(20_000, () => {
        before = idsWhere((id) => stage.driver.state.services[id]!.wanted !== "down");
        const parameters = { bundle: to, keepGoing, ...timeout === undefined ? {} : { timeout } };
        // Whoever hangs up is not told, but the change goes on to an end all the same: the next one may begin.
        if (hangsUp) {
          leaver.ask("change", parameters);
          stage.at(20_100, () => leaver.close());
        } else client.ask("change", parameters);
      });
      for (const [time, id] of kills) {
        stage.at(20_000 + time, () => {
          const { phase } = stage.driver.state.services[id]!;
          if ("pid" in phase && phase.pid !== null) stage.os.kill(phase.pid, "SIGKILL", "process");
        });
      }
      stage.at(600_000, () => client.ask("change", { bundle: to, dryRun: true }));
      stage.at(600_001, () => client.ask("change", { bundle: from, noWait: true }));
      const left = await stage.run(900_000);
      assertEquals(left, 0);
      const last = client.lines.findLast((line) => line.id === (hangsUp ? 2 : 3));
      assert(last !== undefined && "result" in last, `the change has not ended: ${JSON.stringify(last)}`);
      if (hangsUp) return;
      assert(seen !== null, "a change has an answer");
      const { line, up, down }: { line: Line; up: ReadonlySet<number>; down: ReadonlySet<number> } = seen;
      const reached = "result" in line;
      ends[reached ? "reached" : "failed"]++;
      const target = closure(graph, graph.bundles.get(to)!);
      const should = reached || keepGoing ? target : before;
      const differing = graph.nodes.filter(({ id }) => !(should.has(id) ? up : down).has(id)).map((
        { name },
      ) => name);
      assertEquals(Object.keys((reached ? line.result : line.error).differs).sort(), differing.sort());
      // The members themselves are up, or it is no success.
      if (reached) { for (const id of graph.bundles.get(to)!) assert(up.has(id)); }
    }),
    { seed: 20_261_125, ...howOften(300) },
  );
  assert(ends.reached > 20 && ends.failed > 20, JSON.stringify(ends));
});

/** What others may wish for a service while a change is under way, as the supervisor hears it. */
const wishes: readonly ((id: ServiceId) => Event)[] = [
  (id) => ({ type: "start", id }),
  (id) => ({ type: "stop", id }),
  (id) => ({ type: "restart", id }),
  (id) => ({ type: "release", id }),
  (id) => ({ type: "pin", id, pinned: "up" }),
  (id) => ({ type: "pin", id, pinned: "down" }),
  (id) => ({ type: "pin", id, pinned: null }),
];

const meddling = fc.array(
  fc.tuple(fc.integer({ min: 0, max: 3000 }), fc.nat(5), fc.constantFrom(...wishes)),
  { minLength: 1, maxLength: 8 },
);

Deno.test("a change ends, whatever others wish meanwhile", async () => {
  await fc.assert(
    fc.asyncProperty(plans, meddling, async ({ from, to, keepGoing, casts }, meddling) => {
      const stage = stageFor(casts);
      const client = stage.client();
      for (const id of graph.bundles.get(from)!) stage.at(0, () => stage.driver.post({ type: "start", id }));
      stage.at(20_000, () => client.ask("change", { bundle: to, keepGoing }));
      for (const [time, id, wish] of meddling) stage.at(20_000 + time, () => stage.driver.post(wish(id)));
      // Nobody wishes anything any more, and no service takes that long.
      stage.at(600_000, () => {
        const { services } = stage.driver.state;
        const standing = graph.nodes.map(({ id, name }) => `${name} ${JSON.stringify(services[id])}`);
        const told = client.lines.at(-1);
        assert(client.final(1) !== undefined, `${JSON.stringify(told)}\n${standing.join("\n")}`);
      });
      assertEquals(await stage.run(900_000), 0);
    }),
    { seed: 20_261_126, ...howOften(300) },
  );
});
