import { assert } from "@std/assert";
import fc from "fast-check";
import type { Json } from "../define/json.ts";
import { equalJson } from "./equal.ts";

Deno.test("equalJson() agrees with what JSON makes of two values", () => {
  const pair = fc.tuple(fc.jsonValue({ maxDepth: 3 }), fc.jsonValue({ maxDepth: 3 }), fc.boolean());
  fc.assert(fc.property(pair, ([a, b, same]) => {
    const other = same ? JSON.parse(JSON.stringify(a)) : b;
    return equalJson(a as Json, other) === (canonical(a) === canonical(other));
  }));
});

Deno.test("equalJson() does not care for the order of keys", () => {
  assert(equalJson({ a: 1, b: { c: [1, 2], d: null } }, { b: { d: null, c: [1, 2] }, a: 1 }));
});

Deno.test("equalJson() tells apart what looks alike", () => {
  const alike: readonly (readonly [Json | undefined, Json | undefined])[] = [
    [null, undefined],
    [0, "0"],
    [[], {}],
    [["a"], { 0: "a" }],
    [{ a: 1 }, { a: 1, b: 2 }],
    [{ a: 1, b: 2 }, { a: 1, c: 2 }],
    [[1, 2], [2, 1]],
    [{ a: null }, {}],
    [null, {}],
  ];
  for (const [a, b] of alike) {
    assert(!equalJson(a, b), `${JSON.stringify(a)} and ${JSON.stringify(b)}`);
    assert(!equalJson(b, a), `${JSON.stringify(b)} and ${JSON.stringify(a)}`);
  }
});

/** JSON text with its keys sorted. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part) => {
    if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => a < b ? -1 : 1));
  });
}
