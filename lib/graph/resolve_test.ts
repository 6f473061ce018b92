import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { after, type Deps, milestone, optional } from "../define/dependency.ts";
import { defineService, type Service } from "../define/service.ts";
import { type Bundle, defineBundle, defineSystem } from "../define/system.ts";
import { spawned } from "../readiness/spawned.ts";
import { plain } from "../../tests/fixtures/graph_of.ts";
import { resolve } from "./resolve.ts";

const system = (...services: readonly Service[]) => defineSystem({ boot: defineBundle(services) });

/** Stands for what gets past the types: a cast, a cycle of imports, a module in JavaScript. */
// deno-lint-ignore no-explicit-any -- any type at all is the point
const untyped = (value: unknown): any => value;

/** The causes of everything that is wrong, one for each line. */
function causes(exports: Record<string, unknown>): readonly string[] {
  const { graph, diagnostics } = resolve(exports);
  assertEquals(graph, null);
  for (const { cause, cure } of diagnostics) {
    assertMatch(cause, /^cannot \w+ .*: /s, "the form is: cannot VERB OBJECT: REASON");
    assert(cure.length > 0);
  }
  return diagnostics.map(({ service, setting, cause }) => `${service}|${setting}|${cause}`);
}

function only(exports: Record<string, unknown>, part: string): void {
  const found = causes(exports);
  assertEquals(found.length, 1, found.join("\n"));
  assertStringIncludes(found[0]!, part);
}

Deno.test("resolve() names services after their exports and gives a dependency a smaller id", () => {
  const persistMount = plain();
  const web = plain({ persistMount });
  const { graph } = resolve({ web, persistMount, helper: () => web, default: system(web) });
  assertEquals(graph!.nodes.map(({ id, name }) => [id, name]), [[0, "persist-mount"], [1, "web"]]);
  assertEquals([...graph!.ids], [["persist-mount", 0], ["web", 1]]);
  assertEquals(graph!.nodes[1]!.dependencies, [{ id: 0, kind: "need", key: "persistMount" }]);
  assertEquals(graph!.nodes[0]!.dependents, [{ id: 1, kind: "need", key: "persistMount" }]);
});

Deno.test("resolve() keeps the kind of each dependency and the name that `run` knows it by", () => {
  const [a, b, c, d] = [plain(), plain(), plain(), plain()];
  const deps = { w: a, x: optional(b), y: milestone(c), z: after(d) };
  const top = defineService({ deps, run: () => ({ argv: ["/top"] }), ready: spawned() });
  const { graph } = resolve({ a, b, c, d, top, default: system(top) });
  assertEquals(graph!.nodes[4]!.dependencies, [
    { id: 0, kind: "need", key: "w" },
    { id: 1, kind: "optional", key: "x" },
    { id: 2, kind: "milestone", key: "y" },
    { id: 3, kind: "after", key: "z" },
  ]);
});

Deno.test("resolve() gives the same ids whatever the order of the exports", () => {
  const a = plain();
  const b = plain({ a });
  const c = plain();
  const names = (exports: Record<string, unknown>) => resolve(exports).graph!.nodes.map(({ name }) => name);
  assertEquals(names({ c, b, a, default: system(b) }), names({ a, b, c, default: system(b) }));
});

Deno.test("resolve() flattens bundles, and calls a boot bundle without a name `default`", () => {
  const [a, b, c] = [plain(), plain(), plain()];
  const inner = defineBundle([b, c]);
  const outerSet = defineBundle([a, inner, b]);
  const { graph } = resolve({ a, b, c, inner, outerSet, default: system(c, a) });
  assertEquals(Object.fromEntries(graph!.bundles), {
    inner: [1, 2],
    "outer-set": [0, 1, 2],
    default: [0, 2],
  });
  assertEquals(graph!.boot, [0, 2]);
  const named = resolve({ a, b, c, inner, default: defineSystem({ boot: inner }) });
  assertEquals(Object.fromEntries(named.graph!.bundles), { inner: [1, 2] });
});

Deno.test("resolve() settles the watchdog", () => {
  const a = plain();
  const boot = defineBundle([a]);
  const watchdog = { success: [a, a], deadline: 1000, statusFile: "/s" };
  const { graph } = resolve({ a, default: defineSystem({ boot, watchdog }) });
  const { statusFile, ...rest } = graph!.watchdog!;
  assertEquals([statusFile("g"), rest], ["/s", { success: [0], deadline: 1000, onFailure: "reboot" }]);
  const told = {
    ...watchdog,
    statusFile: (generation: string) => `/${generation}`,
    onFailure: "stay",
  } as const;
  const other = resolve({ a, default: defineSystem({ boot, watchdog: told }) }).graph!.watchdog!;
  assertEquals([other.statusFile("g"), other.onFailure], ["/g", "stay"]);
});

Deno.test("resolve() lets everybody look only where the system says so", () => {
  const a = plain();
  const boot = defineBundle([a]);
  const told = [{}, { control: {} }, { control: { read: "owner" } }, {
    control: { read: "everybody" },
  }] as const;
  assertEquals(
    told.map((more) => resolve({ a, default: defineSystem({ boot, ...more }) }).graph!.everybodyReads),
    [false, false, false, true],
  );
});

Deno.test("resolve() refuses names that are none, or are taken", () => {
  const [a, b] = [plain(), plain()];
  only({ Default: a, default: system(a) }, "cannot name the export Default");
  only({ größe: a, default: system(a) }, "cannot name the export größe");
  only(
    { persistMount: a, persist_mount: b, default: system(a) },
    "persist-mount is the name of persistMount already",
  );
  only({ web: a, Web: defineBundle([a]), default: system(a) }, "web is the name of web already");
  only({ a, b: a, default: system(a) }, "a|b|cannot name one service b: it is exported as a already");
});

Deno.test("resolve() refuses a dependency on what is no service, or has no name", () => {
  const hidden = plain();
  const depending = (deps: Deps) => defineService({ deps, run: () => ({ argv: ["/a"] }), ready: spawned() });
  const on = (value: unknown) => {
    const a = depending({ db: untyped(value) });
    return { a, default: system(a) };
  };
  only(on("db"), 'a|deps.db|cannot let a depend on db: it is the string "db", not a service');
  only(on(undefined), "it is undefined");
  only(on(null), "it is null");
  only(on([hidden]), "it is a list");
  only(on(defineBundle([hidden])), "it is a bundle");
  only(on(optional(untyped(undefined))), "it is undefined");
  only(on(hidden), "that service is not exported");
});

Deno.test("resolve() refuses one service under two names in deps", () => {
  const db = plain();
  const a = defineService({
    deps: { db, cache: optional(db) },
    run: () => ({ argv: ["/a"] }),
    ready: spawned(),
  });
  only({ a, db, default: system(a) }, "a|deps.cache|cannot let a depend on db twice: it is deps.db already");
});

Deno.test("resolve() refuses a cycle of dependencies of any kind, and prints it", () => {
  for (const wrap of [(service: Service) => service, optional, milestone, after]) {
    const deps: Record<string, Deps[string]> = {};
    const a = defineService({ deps, run: () => ({ argv: ["/a"] }), ready: spawned() });
    const b = plain({ a });
    deps["b"] = wrap(b);
    only({ a, b, default: system(a) }, "a|deps|cannot order a -> b -> a");
  }
});

Deno.test("resolve() refuses a bundle that holds something twice, or no service", () => {
  const [a, hidden] = [plain(), plain()];
  const inner = defineBundle([a]);
  only(
    { a, twice: defineBundle([a, a]), default: system(a) },
    "a|twice|cannot put a into twice: it is in there already",
  );
  only(
    { a, inner, twice: defineBundle([inner, inner]), default: system(a) },
    "cannot put a bundle into twice: it is",
  );
  only({ a, bad: defineBundle([untyped(undefined)]), default: system(a) }, "cannot put undefined into bad");
  only(
    { a, bad: defineBundle([hidden]), default: system(a) },
    "cannot put a service without a name into bad",
  );
  only({ a, default: system(a, hidden) }, "cannot put a service without a name into boot");
  assert(resolve({ a, inner, fine: defineBundle([a, inner]), default: system(a) }).graph !== null);
});

Deno.test("resolve() reports what is wrong with a bundle once, however often that is in others", () => {
  const a = plain();
  const bad = defineBundle([untyped("a")]);
  const outer = defineBundle([bad, defineBundle([bad])]);
  only(
    { a, bad, outer, default: defineSystem({ boot: defineBundle([outer, bad]) }) },
    'cannot put the string "a" into bad',
  );
  let deep: Bundle = defineBundle([a]);
  for (let level = 0; level < 100; level++) deep = defineBundle([defineBundle([deep]), deep]);
  assertEquals(resolve({ a, default: defineSystem({ boot: deep }) }).graph?.boot, [0]);
});

Deno.test("resolve() refuses a module without a system", () => {
  const a = plain();
  only({ a }, "default|cannot tell what to boot");
  only({ a, default: a }, "cannot boot the default export");
  only({ a, default: defineBundle([a]) }, "cannot boot the default export");
  only({ a, default: defineSystem({ boot: untyped([a]) }) }, "cannot boot a list");
});

Deno.test("resolve() refuses a watchdog that waits for a service without a name", () => {
  const [a, hidden] = [plain(), plain()];
  const boot: Bundle = defineBundle([a]);
  const watchdog = { success: [hidden], deadline: 1000, statusFile: "/s" };
  only(
    { a, default: defineSystem({ boot, watchdog }) },
    "watchdog.success|cannot put a service without a name",
  );
});

Deno.test("resolve() reports everything at once, each with the place of its service", () => {
  const a = plain({ missing: plain() });
  const { diagnostics } = resolve({ a, größe: plain(), default: a }, { a: "/units/a.ts:7" });
  assertEquals(diagnostics.map(({ setting }) => setting).sort(), ["default", "deps.missing", "größe"]);
  assertEquals(diagnostics.find(({ service }) => service === "a")?.origin, "/units/a.ts:7");
});
