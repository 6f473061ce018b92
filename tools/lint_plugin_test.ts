import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import plugin from "./lint_plugin.ts";
import { root } from "./tree.ts";

/** What the plugin says of a source text that stands at a path: `rule: first words of the message`. */
function lint(path: string, source: string): { rule: string; message: string; hint: string }[] {
  return Deno.lint.runPlugin(plugin, join(root, path), source)
    .map(({ id, message, hint = "" }) => ({ rule: id.replace("denit/", ""), message, hint }));
}

function rulesOf(path: string, source: string): string[] {
  return lint(path, source).map(({ rule }) => rule);
}

const lines = (count: number) => "// line\n".repeat(count);

Deno.test("pure refuses the outside, clocks, timers and randomness in a pure folder", () => {
  for (
    const source of [
      "Deno.cwd();",
      'Deno["cwd"]();',
      "globalThis.Deno.cwd();",
      "const { cwd } = Deno;",
      "export const now = Date.now();",
      "export type When = Date;",
      "export type Name = Deno.Signal;",
      "performance.now();",
      "setTimeout(() => {}, 1);",
      "queueMicrotask(() => {});",
      "Math.random();",
      'Math["random"]();',
      "crypto.randomUUID();",
      'console.log("x");',
      'fetch("http://localhost");',
      "process.exit();",
      "export async function wait() {}",
      "export const wait = async () => {};",
      'import { join } from "@std/path"; export { join };',
      'export { readFileSync } from "node:fs";',
      'export * from "npm:fast-check";',
      'export const lazy = import("./x.ts");',
    ]
  ) {
    assertEquals([source, ...new Set(rulesOf("lib/graph/x.ts", source))], [source, "pure"]);
  }
});

Deno.test("pure leaves alone what only has such a name", () => {
  for (
    const source of [
      "export interface Log { readonly Date: string; readonly process: number }",
      "export const log = { Date: 1, console: 2 };",
      "export function f(process: number, { crypto }: { crypto: number }) { return process + crypto; }",
      "export const f = (performance: number) => performance;",
      'import { now as setTimeout } from "./now.ts"; setTimeout();',
      "export const date = (x: { Date: number }) => x.Date;",
      "export const floor = Math.floor(1.5);",
      "export const text = new TextEncoder().encode(String(URL.canParse('x')));",
    ]
  ) {
    assertEquals([source, ...rulesOf("lib/graph/x.ts", source)], [source]);
  }
});

Deno.test("pure holds in the pure folders only, and not for their tests", () => {
  assertEquals(rulesOf("lib/driver/x.ts", "Date.now();"), []);
  assertEquals(rulesOf("lib/graph/x_test.ts", "Date.now();"), []);
  for (const folder of ["supervisor", "graph", "kinds", "readiness", "define"]) {
    assertEquals(rulesOf(`lib/${folder}/x.ts`, "Date.now();"), ["pure"], folder);
  }
});

Deno.test("pure lets code count with points in time that it is given, but not ask for the time", () => {
  assertEquals(rulesOf("lib/graph/x.ts", 'Temporal.Instant.from("2026-01-01T00:00Z");'), []);
  assertEquals(rulesOf("lib/graph/x.ts", "Temporal.Now.instant();"), ["pure"]);
});

Deno.test("pure says what, why, and what to do", () => {
  const [found] = lint("lib/supervisor/x.ts", "Date.now();");
  assertEquals(found?.message, "a pure folder does not use Date: it tells the time");
  assertStringIncludes(found?.hint ?? "", "take what you need as an argument or an event");
});

Deno.test("readonly is asked of exported types in the pure folders", () => {
  assertEquals(rulesOf("lib/graph/x.ts", "export interface A { b: number }"), ["readonly"]);
  assertEquals(rulesOf("lib/graph/x.ts", "export type A = { b: number };"), ["readonly"]);
  assertEquals(rulesOf("lib/graph/x.ts", "export interface A { readonly b: number }"), []);
  assertEquals(rulesOf("lib/graph/x.ts", "interface A { b: number }"), []);
  assertEquals(rulesOf("lib/graph/x.ts", "export function f(a: { b: number }) { return a; }"), []);
  assertEquals(rulesOf("lib/graph/x.ts", "export type A<T> = T extends { b: number } ? T : never;"), []);
  assertEquals(rulesOf("lib/driver/x.ts", "export interface A { b: number }"), []);
});

Deno.test("ffi-place allows native code in lib/os/linux only", () => {
  for (
    const source of [
      'Deno.dlopen("libc.so.6", {});',
      'Deno["dlopen"]("libc.so.6", {});',
      "const { dlopen } = Deno;",
      "Deno.UnsafePointer.of(new Uint8Array(1));",
      "new Deno.UnsafeCallback({ parameters: [], result: 'void' }, () => {});",
    ]
  ) {
    assertEquals([source, ...rulesOf("lib/driver/x.ts", source)], [source, "ffi-place"]);
    assertEquals([source, ...rulesOf("tests/pid1/x_test.ts", source)], [source, "ffi-place"]);
    assertEquals([source, ...rulesOf("lib/os/linux/x.ts", source)], [source]);
  }
  assertEquals(rulesOf("lib/os/linuxish/x.ts", "Deno.dlopen('', {});"), ["ffi-place"]);
});

Deno.test("no-command-in-init refuses Deno.Command where PID 1 runs", () => {
  const source = 'new Deno.Command("true").spawn();';
  for (const path of ["init.ts", "lib/driver/x.ts", "lib/boot/x.ts", "lib/os/linux/x.ts", "lib/log/x.ts"]) {
    assertEquals([path, ...rulesOf(path, source)], [path, "no-command-in-init"]);
  }
  for (const path of ["build.ts", "lib/build/x.ts", "lib/driver/x_test.ts", "tests/pid1/x_test.ts"]) {
    assertEquals([path, ...rulesOf(path, source)], [path]);
  }
  assertEquals(rulesOf("lib/driver/x.ts", "const { Command } = Deno; Command;"), ["no-command-in-init"]);
  assertEquals(rulesOf("lib/driver/x.ts", 'import { spawn } from "node:child_process"; spawn;'), [
    "no-command-in-init",
  ]);
});

Deno.test("file-size allows 300 lines, 60 in init.ts, any number in tables and tests", () => {
  assertEquals(rulesOf("lib/driver/x.ts", lines(300)), []);
  assertEquals(rulesOf("lib/driver/x.ts", lines(301)), ["file-size"]);
  assertEquals(rulesOf("lib/driver/x.ts", "// line\n".repeat(300) + "// no newline"), ["file-size"]);
  assertEquals(rulesOf("init.ts", lines(60)), []);
  assertEquals(rulesOf("init.ts", lines(61)), ["file-size"]);
  assertEquals(rulesOf("lib/os/errno.ts", lines(1000)), []);
  assertEquals(rulesOf("lib/driver/x_test.ts", lines(1000)), []);
});

Deno.test("no-utils refuses names that say nothing", () => {
  assertEquals(rulesOf("lib/driver/utils.ts", "export {};"), ["no-utils"]);
  assertEquals(rulesOf("lib/driver/utilisation.ts", "export {};"), []);
});

Deno.test("two-type-parameters counts them on exports only", () => {
  const path = "lib/driver/x.ts";
  assertEquals(rulesOf(path, "export function f<A, B>(a: A): B { return f(a); }"), []);
  assertEquals(rulesOf(path, "export function f<A, B, C>(a: A, b: B): C { return f(a, b); }"), [
    "two-type-parameters",
  ]);
  assertEquals(rulesOf(path, "export interface F<A, B, C> { a: A; b: B; c: C }"), ["two-type-parameters"]);
  assertEquals(rulesOf(path, "export type F<A, B, C> = [A, B, C];"), ["two-type-parameters"]);
  assertEquals(rulesOf(path, "type F<A, B, C> = [A, B, C]; export { type F };"), ["two-type-parameters"]);
  assertEquals(rulesOf(path, "type F<A, B, C> = [A, B, C];"), []);
});

Deno.test("no-service-annotation refuses a written type on an exported service", () => {
  const annotated = "export const web: Service<null> = defineService({});";
  assertEquals(rulesOf("units/web.ts", annotated), ["no-service-annotation"]);
  assertEquals(rulesOf("examples/container/units.ts", annotated), ["no-service-annotation"]);
  assertEquals(rulesOf("units/tty.ts", 'export const tty1: Service = getty("tty1");'), [
    "no-service-annotation",
  ]);
  assertEquals(rulesOf("units/web.ts", "export const web = defineService({}) as Service<null>;"), [
    "no-service-annotation",
  ]);
  assertEquals(rulesOf("units/web.ts", "export const web = defineService({}) satisfies Service;"), []);
  assertEquals(rulesOf("units/web.ts", "export const web = defineService({});"), []);
  assertEquals(rulesOf("units/web.ts", 'export const path: string = "/persist";'), []);
  assertEquals(rulesOf("lib/driver/x.ts", annotated), []);
});

Deno.test("no-double-cast refuses a cast by way of unknown", () => {
  assertEquals(rulesOf("lib/driver/x.ts", "export const x = (y: string) => y as unknown as number;"), [
    "no-double-cast",
  ]);
  assertEquals(rulesOf("lib/driver/x.ts", "export const x = (y: unknown) => y as number;"), []);
});
