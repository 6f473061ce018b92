import { assertEquals, assertStringIncludes } from "@std/assert";
import { optional } from "../define/dependency.ts";
import type { Log } from "../define/log.ts";
import type { Restart } from "../define/policy.ts";
import { defineService, type Service } from "../define/service.ts";
import { defineBundle, defineSystem } from "../define/system.ts";
import { resolve } from "../graph/mod.ts";
import { spawned } from "../readiness/spawned.ts";
import { type Failure, initialState, type State, type Status, type Why } from "../supervisor/mod.ts";
import { Container } from "./container.ts";

interface Plan {
  readonly restart?: Restart;
  readonly log?: Log;
  readonly stop?: number;
}

const daemon = (deps: Record<string, Service> = {}, { restart = {}, log, stop = 10_000 }: Plan = {}) =>
  defineService({
    deps,
    run: () => ({ argv: ["/s"] }),
    ready: spawned(),
    restart,
    stop: { timeout: stop },
    ...log === undefined ? {} : { log },
  });

/** A container of a database and of a web server that needs it and is essential. */
function shop(plan: Plan = {}, settings: Partial<ConstructorParameters<typeof Container>[1]> = {}) {
  const db = daemon({}, { ...plan, restart: {} });
  const web = daemon({ db }, plan);
  const { graph } = resolve({
    db,
    web,
    default: defineSystem({ boot: defineBundle([web]), essential: [web] }),
  });
  return new Container(graph!, { logsToFiles: false, stopWithin: undefined, ...settings });
}

const [DB, WEB] = [0, 1];
const down = { phase: "down" } as const;

/** A state in which services are down for these reasons. */
function stateOf(reasons: Readonly<Record<number, Why>>): State {
  const state = initialState(2);
  return {
    ...state,
    services: state.services.map((service, id) => ({ ...service, why: reasons[id] ?? service.why })),
  };
}

/** The exit code of a container whose essential service is down for a reason. */
function codeAfter(why: Why, state = stateOf({ [WEB]: why })): number | null {
  const container = shop();
  container.notePhase(state, WEB, down, why);
  return container.exitCode;
}

const failed = (failure: Failure): Why => ({ reason: "failed", failure, final: "policy" });
const exited = (status: Status, ready = true): Why => failed({ type: "exit", status, ready });
const spawn = (code: string): Why => failed({ type: "spawn", stage: "execve", code, message: "" });

Deno.test("Container ends with the exit code of an essential service, or 128 and its signal", () => {
  assertEquals(codeAfter(exited({ code: 42 })), 42);
  assertEquals(codeAfter(exited({ signal: "SIGKILL" })), 137);
  assertEquals(codeAfter({ reason: "finished", status: { code: 0 } }), 0);
  assertEquals(codeAfter({ reason: "finished", status: { signal: "SIGTERM" } }), 143);
  assertEquals(codeAfter(exited({ code: 0 })), 0, "given up after it has ended well too often");
});

Deno.test("Container ends with another code than 0 when there was no process that worked", () => {
  assertEquals(codeAfter(exited({ code: 0 }, false)), 1);
  assertEquals(codeAfter(failed({ type: "timeout", after: 1000 })), 1);
  assertEquals(codeAfter(spawn("ENOENT")), 127);
  assertEquals(codeAfter(spawn("EACCES")), 126);
});

Deno.test("Container ends with the exit code of what an essential service has fallen with", () => {
  const lost: Why = { reason: "dependency", on: DB };
  assertEquals(codeAfter(lost, stateOf({ [WEB]: lost, [DB]: exited({ code: 3 }) })), 3);
  assertEquals(
    codeAfter(lost, stateOf({ [WEB]: lost, [DB]: { reason: "finished", status: { code: 0 } } })),
    1,
  );
});

Deno.test("Container goes on when somebody stops a service, and when one is only renewed", () => {
  const stopped: Why = { reason: "stopped", by: "operator" };
  assertEquals(codeAfter(stopped), null);
  assertEquals(codeAfter({ reason: "dependency", on: DB }, stateOf({ [DB]: stopped })), null);
  const state = stateOf({});
  const renewed = {
    ...state,
    services: state.services.map((service) => ({ ...service, wanted: "asked" } as const)),
  };
  assertEquals(codeAfter(exited({ code: 1 }), renewed), null);
});

Deno.test("Container goes on whatever becomes of services that are not essential", () => {
  const container = shop();
  assertEquals(container.notePhase(stateOf({}), DB, down, exited({ code: 1 })), null);
  container.noteExit(DB, { code: 1 });
  assertEquals(container.exitCode, null);
});

Deno.test("Container that is asked to end takes for good what it has asked for", () => {
  const codeAtEnd = (status: Status) => {
    const container = shop();
    container.noteExit(WEB, status);
    return container.exitCode;
  };
  assertEquals(codeAtEnd({ code: 0 }), null);
  assertEquals(codeAtEnd({ signal: "SIGTERM" }), null);
  assertEquals(codeAtEnd({ code: 143 }), null, "as a Java runtime says it");
  assertEquals(codeAtEnd({ code: 3 }), 3);
  assertEquals(codeAtEnd({ signal: "SIGKILL" }), 137);
});

Deno.test("Container does not start an essential service again unless its unit says so", () => {
  const modes = (restart: Restart) => shop({ restart }).graph.nodes.map(({ policy }) => policy.restart.on);
  assertEquals(modes({}), ["always", "never"]);
  assertEquals(modes({ delay: 1 }), ["always", "never"]);
  assertEquals(modes({ giveUp: { after: 3 } }), ["always", "always"]);
  assertEquals(modes({ on: "on-failure" }), ["always", "on-failure"]);
});

Deno.test("Container prints logs that are not expressly for files, if there is no folder for them", () => {
  const where = (log: Log | undefined, logsToFiles = false) =>
    shop(log === undefined ? {} : { log }, { logsToFiles }).graph.nodes[WEB]!.definition.log;
  assertEquals(where(undefined), { to: "console" });
  assertEquals(where({ rateLimit: 5 }), { to: "console", rateLimit: 5 });
  assertEquals(where({ to: "file" }), { to: "file" });
  assertEquals(where({ to: "none" }), { to: "none" });
  assertEquals(where({ rateLimit: 5 }, true), { rateLimit: 5 });
});

Deno.test("Container shortens stop timeouts in proportion, and never lengthens them", () => {
  const timeouts = (stopWithin: number) =>
    shop({}, { stopWithin }).graph.nodes.map(({ policy }) => policy.stopTimeout);
  assertEquals(timeouts(8000), [4000, 4000]);
  assertEquals(timeouts(60_000), [10_000, 10_000]);
});

Deno.test("Container counts the longest chain, also where the dependency is a weak one", () => {
  const db = daemon({}, { stop: 1000 });
  const web = defineService({
    deps: { db: optional(db) },
    run: () => ({ argv: ["/s"] }),
    ready: spawned(),
    stop: { timeout: 2000 },
  });
  const side = daemon({}, { stop: 5000 });
  const system = defineSystem({ boot: defineBundle([web, side]) });
  const { graph } = resolve({ db, web, side, default: system });
  const container = new Container(graph!, { logsToFiles: false, stopWithin: 2500 });
  assertEquals(container.graph.nodes.map(({ name, policy }) => `${name} ${policy.stopTimeout}`).sort(), [
    "db 500",
    "side 2500",
    "web 1000",
  ]);
});

Deno.test("Container says how long its end may take where docker stop would not wait that long", () => {
  assertStringIncludes(shop().patience(), "which may take 20 s");
  assertEquals(shop({ stop: 2000 }).patience(), "");
  assertEquals(shop({}, { stopWithin: 60_000 }).patience(), "", "whoever gives this knows");
});

Deno.test("Container counts a oneshot without an undo only while nothing that needs it can run", () => {
  const oneshot = (deps: Record<string, Service>, stop: number) =>
    defineService({ kind: "oneshot", deps, run: () => ({ argv: ["/o"] }), stop: { timeout: stop } });
  const db = daemon({}, { stop: 3000 });
  const schema = oneshot({ db }, 2000);
  const web = daemon({ schema }, { stop: 5000 });
  const { graph } = resolve({ db, schema, web, default: defineSystem({ boot: defineBundle([web]) }) });
  const container = new Container(graph!, { logsToFiles: false, stopWithin: 4000 });
  assertEquals(container.graph.nodes.map(({ policy }) => policy.stopTimeout), [1500, 1000, 2500]);
});
