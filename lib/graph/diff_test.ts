import { assertEquals } from "@std/assert";
import { defineService, script, seconds, spawned, tcpProbe } from "denit";
import { graphOf } from "../../tests/fixtures/graph_of.ts";
import { diffSystems, portray } from "./diff.ts";
import type { Service } from "../define/service.ts";

const base = defineService({ run: () => ({ argv: ["/base"] }), ready: tcpProbe({ port: 80 }) });

/** The difference between two systems, the first of which has been given these inputs. */
function diff(
  before: Record<string, Service>,
  after: Record<string, Service>,
  inputs: Record<string, unknown> | null = null,
) {
  const running = graphOf(before);
  return diffSystems(running.nodes.map((node) => portray(running, node, inputs)), graphOf(after));
}

Deno.test("diffSystems() finds nothing where nothing has changed", () => {
  const make = () =>
    defineService({
      deps: { base },
      run: () => ({ argv: ["/web"], env: { B: "2", A: "1" } }),
      ready: spawned(),
    });
  const { same, ...rest } = diff({ base, web: make() }, { base, web: make() });
  assertEquals(same, ["base", "web"]);
  assertEquals(rest, { added: [], removed: [], restarted: {}, adjusted: {} });
});

Deno.test("diffSystems() tells what has to be started anew, and by which setting", () => {
  const web = (argv: readonly [string, ...string[]]) =>
    defineService({ run: () => ({ argv }), ready: spawned() });
  const old = web(["/web"]);
  assertEquals(diff({ web: old }, { web: web(["/web", "-v"]) }).restarted, { web: ["command"] });
  const probed = defineService({ run: () => ({ argv: ["/web"] }), ready: tcpProbe({ port: 81 }) });
  assertEquals(diff({ web: old }, { web: probed }).restarted, { web: ["ready", "timeout"] });
  const needing = defineService({ deps: { base }, run: () => ({ argv: ["/web"] }), ready: spawned() });
  assertEquals(diff({ base, web: old }, { base, web: needing }).restarted, { web: ["deps"] });
  const piped = defineService({ run: () => ({ argv: ["/web"] }), ready: spawned(), log: { to: base } });
  assertEquals(Object.keys(diff({ base, web: old }, { base, web: piped }).restarted), ["web"]);
  const bodies = [1, 2].map((number) => script({ run: number === 1 ? () => ({ n: 1 }) : () => ({ n: 2 }) }));
  assertEquals(diff({ one: bodies[0]! }, { one: bodies[1]! }).restarted, { one: ["body"] });
});

Deno.test("diffSystems() lets what only its supervision goes by change while it runs", () => {
  const web = (stop: number) =>
    defineService({
      description: `${stop}`,
      run: () => ({ argv: ["/web"] }),
      ready: spawned(),
      stop: { timeout: seconds(stop) },
    });
  assertEquals(diff({ web: web(1) }, { web: web(2) }), {
    added: [],
    removed: [],
    restarted: {},
    adjusted: { web: ["description", "stop"] },
    same: [],
  });
});

Deno.test("diffSystems() lets what runs before, beside and after a process change while that runs", () => {
  const web = (word: string) =>
    defineService({
      deps: { base },
      run: () => ({ argv: ["/web"] }),
      ready: spawned(),
      before: ({ base }) => ({ argv: ["/before", word, `${base.port}`] }),
      after: () => ({ argv: ["/after", word] }),
      stop: { command: () => ({ argv: ["/stop", word] }) },
      alive: { probe: { type: "file", path: `/${word}` }, every: seconds(1) },
      verbs: { flush: () => ({ argv: ["/flush", word] }), poke: "SIGHUP" },
    });
  assertEquals(diff({ base, web: web("a") }, { base, web: web("a") }).same, ["base", "web"]);
  const { restarted, adjusted } = diff({ base, web: web("a") }, { base, web: web("b") });
  assertEquals(restarted, {});
  assertEquals(adjusted, { web: ["stop", "before", "after", "alive", "verbs"] });
});

Deno.test("diffSystems() takes what an older generation does not tell of for what it has not", () => {
  const running = graphOf({ base });
  const known = portray(running, running.nodes[0]!, null);
  const { before: _, after: __, alive: ___, verbs: ____, ...supervision } = known.supervision;
  assertEquals(diffSystems([{ ...known, supervision }], running).same, ["base"]);
});

Deno.test("diffSystems() compares commands for what the running service was given", () => {
  const old = defineService({
    deps: { base },
    run: ({ base }) => ({ argv: ["/web", `${base.port}`] }),
    ready: spawned(),
  });
  const fixed = defineService({ deps: { base }, run: () => ({ argv: ["/web", "80"] }), ready: spawned() });
  assertEquals(diff({ base, web: old }, { base, web: fixed }, { base: { port: 80 } }).restarted, {});
  assertEquals(diff({ base, web: old }, { base, web: fixed }, { base: { port: 81 } }).restarted, {
    web: ["command"],
  });
  const throws = defineService({
    deps: { base },
    run: ({ base }) => {
      if (base.port === 80) throw new Error("not this one");
      return { argv: ["/web"] };
    },
    ready: spawned(),
  });
  assertEquals(diff({ base, web: old }, { base, web: throws }, { base: { port: 80 } }).restarted, {
    web: ["command"],
  });
});

Deno.test("diffSystems() names what comes and what goes", () => {
  const other = defineService({ run: () => ({ argv: ["/o"] }), ready: spawned() });
  const { added, removed, same } = diff({ base, old: other }, { base, fresh: other });
  assertEquals([added, removed, same], [["fresh"], ["old"], ["base"]]);
});
