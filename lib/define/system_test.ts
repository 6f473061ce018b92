import { assertEquals, assertStrictEquals } from "@std/assert";
import { defineService } from "./service.ts";
import {
  contentsOf,
  defineBundle,
  defineSystem,
  isBundle,
  isSystem,
  membersOf,
  settingsOf,
} from "./system.ts";

const [a, b, c] = ["/a", "/b", "/c"].map((argv) =>
  defineService({ kind: "oneshot", run: () => ({ argv: [argv] }) })
);

Deno.test("membersOf() flattens bundles of bundles, in the order written, each service once", () => {
  const inner = defineBundle([b!, c!]);
  assertEquals(membersOf(defineBundle([inner, a!, b!, defineBundle([inner])])), [b!, c!, a!]);
  assertEquals(membersOf(defineBundle([])), []);
});

Deno.test("membersOf() looks at each bundle once, however often it is in others", () => {
  let deep = defineBundle([a!]);
  for (let level = 0; level < 100; level++) deep = defineBundle([deep, deep]);
  assertEquals(membersOf(deep), [a!]);
});

Deno.test("contentsOf() gives what was written, as it was written", () => {
  const inner = defineBundle([a!]);
  assertEquals(contentsOf(defineBundle([inner, a!, a!])), [inner, a!, a!]);
});

Deno.test("isBundle() and isSystem() tell bundles, systems and services apart", () => {
  const bundle = defineBundle([a!]);
  const system = defineSystem({ boot: bundle });
  const values = [bundle, system, a, null, undefined, "bundle", {}];
  assertEquals(values.map(isBundle), values.map((value) => value === bundle));
  assertEquals(values.map(isSystem), values.map((value) => value === system));
});

Deno.test("settingsOf() gives what the system was defined with", () => {
  const settings = { boot: defineBundle([a!]) };
  assertStrictEquals(settingsOf(defineSystem(settings)), settings);
});
