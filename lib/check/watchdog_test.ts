import { assertEquals, assertStringIncludes } from "@std/assert";
import { after, optional } from "../define/dependency.ts";
import { defineService, type Service } from "../define/service.ts";
import type { Watchdog } from "../define/system.ts";
import { mount } from "../kinds/mount.ts";
import { notificationFd } from "../readiness/notification_fd.ts";
import { checkWatchdog } from "./watchdog.ts";
import type { Diagnostic } from "../graph/diagnostic.ts";
import { graphOf, plain } from "../../tests/fixtures/graph_of.ts";
import { reportTo } from "./report.ts";

interface Judged {
  readonly boot?: readonly Service[];
  readonly watchdog?: Watchdog;
}

function diagnose(units: Record<string, Service>, judged: Judged): readonly Diagnostic[] {
  const graph = graphOf(units, judged);
  const found: Diagnostic[] = [];
  checkWatchdog(graph, reportTo(found, graph));
  return found;
}

const settings = (units: Record<string, Service>, judged: Judged) =>
  diagnose(units, judged).map(({ setting }) => setting);
const base = { deadline: 600_000, statusFile: "/status" };
const slow = (deps: Record<string, Service>, timeout: number, within = {}) =>
  defineService({
    deps,
    run: () => ({ argv: ["/s"] }),
    ready: notificationFd(3, { timeout }),
    restart: within,
  });

Deno.test("checkWatchdog() has nothing to say where there is no watchdog, or a good one", () => {
  const a = plain();
  assertEquals(diagnose({ a }, {}), []);
  assertEquals(diagnose({ a }, { watchdog: { ...base, success: [a] } }), []);
});

Deno.test("checkWatchdog() refuses a success that nothing or nobody could bring about", () => {
  const [a, b] = [plain(), plain()];
  assertEquals(settings({ a }, { watchdog: { ...base, success: [] } }), ["watchdog.success"]);
  const [found] = diagnose({ a, b }, { boot: [a], watchdog: { ...base, success: [b] } });
  assertStringIncludes(found!.cause, "b must have been ready, but boot does not start it");
});

Deno.test("checkWatchdog() counts as started what boot needs or wants, not what it only comes after", () => {
  const b = plain();
  const top = (wrap: typeof optional | typeof after) =>
    defineService({ deps: { b: wrap(b) }, run: () => ({ argv: ["/a"] }), ready: notificationFd(3) });
  const [wanting, ordered] = [top(optional), top(after)];
  assertEquals(settings({ a: wanting, b }, { boot: [wanting], watchdog: { ...base, success: [b] } }), []);
  assertEquals(settings({ a: ordered, b }, { boot: [ordered], watchdog: { ...base, success: [b] } }), [
    "watchdog.success",
  ]);
});

Deno.test("checkWatchdog() refuses a deadline that the boot may miss, and names the path", () => {
  const a = slow({}, 30_000);
  const b = slow({ a }, 60_000);
  const aside = slow({}, 500_000);
  const judged = (deadline: number) => ({ watchdog: { ...base, success: [b], deadline } });
  assertEquals(diagnose({ a, b, aside }, judged(90_000)), [], "what nobody waits for does not count");
  const [found] = diagnose({ a, b, aside }, judged(89_999));
  assertStringIncludes(found!.cause, "deadline of 89.999 s: it may take 90 s: a (30 s) -> b (60 s)");
});

Deno.test("checkWatchdog() counts one attempt of a service that never gives up, and all of one that does", () => {
  const judged = (b: Service) => ({ watchdog: { ...base, success: [b], deadline: 70_000 } });
  const [stubborn, patient] = [slow({}, 60_000), slow({}, 60_000, { giveUp: { after: 1 } })];
  assertEquals(settings({ b: stubborn }, judged(stubborn)), []);
  assertEquals(settings({ b: patient }, judged(patient)), ["watchdog.deadline"]);
});

Deno.test("checkWatchdog() refuses a deadline that is no length of time", () => {
  const a = plain();
  for (const deadline of [0, -1, NaN, Infinity]) {
    assertEquals(settings({ a }, { watchdog: { ...base, success: [a], deadline } }), ["watchdog.deadline"]);
  }
});

Deno.test("checkWatchdog() refuses a status file that could not be written", () => {
  const a = plain();
  const throwing = (): string => {
    throw new Error("no generation");
  };
  for (const statusFile of ["status", "", "/", "/persist/", "/a\0b", () => "status", throwing]) {
    assertEquals(settings({ a }, { watchdog: { ...base, success: [a], statusFile } }), [
      "watchdog.statusFile",
    ]);
  }
});

Deno.test("checkWatchdog() wants the status file's mount among what success waits for", () => {
  const persist = mount({ device: "a", path: "/persist/" });
  const [apart, needing] = [plain(), plain({ persist })];
  const statusFile = (generation: string) => `/persist/${generation}/status`;
  const [found] = diagnose({ persist, apart }, { watchdog: { ...base, success: [apart], statusFile } });
  assertStringIncludes(found!.cause, "which persist may mount after the boot has succeeded");
  for (const success of [[needing], [apart, persist]]) {
    assertEquals(diagnose({ persist, apart, needing }, { watchdog: { ...base, success, statusFile } }), []);
  }
});
