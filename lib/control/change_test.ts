import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { defineBundle, defineService, defineSystem, notificationFd } from "denit";
import { type Line, Rig } from "../../tests/property/control_rig.ts";
import { type Graph, resolve } from "../graph/mod.ts";
import { cannotExec, exitsBeforeReady, ignoresTerm, lingers, notifies } from "../os/fake/mod.ts";

const daemon = (path: string) => ({ run: () => ({ argv: [path] as const }), ready: notificationFd(3) });
const disk = defineService(daemon("disk"));
const db = defineService({ ...daemon("db"), deps: { disk } });
const web = defineService({ ...daemon("web"), deps: { db } });
const debug = defineService({ ...daemon("debug"), deps: { disk } });
const broken = defineService({ ...daemon("broken"), deps: { disk }, restart: { on: "never" } });
const graph: Graph = resolve({
  disk,
  db,
  web,
  debug,
  broken,
  full: defineBundle([web]),
  rescue: defineBundle([debug]),
  mixed: defineBundle([db, broken]),
  default: defineSystem({ boot: defineBundle([web]) }),
}).graph!;

/** A system with `full` up; `broken` fails, and whatever else is named does what it is given. */
function rig(): Rig {
  const stage = new Rig({
    graph,
    behave: (request) =>
      request.argv[0] === "broken" ? exitsBeforeReady(7, 50) : lingers(50, notifies(3, 100)),
  });
  stage.at(0, () => stage.driver.post({ type: "start", id: graph.ids.get("web")! }));
  return stage;
}

/** The names of the services that are up, at this moment. */
function upIn(stage: Rig): string[] {
  return graph.nodes.filter(({ id }) => stage.driver.state.services[id]!.phase.phase === "up")
    .map(({ name }) => name).sort();
}

const starts = (stage: Rig, name: string) => stage.os.spawns.filter(({ argv }) => argv[0] === name).length;

Deno.test("Transaction brings the system to exactly one set, and leaves alone what both sets have", async () => {
  const stage = rig();
  const client = stage.client();
  let up: string[] = [];
  stage.at(1000, () => client.ask("change", { bundle: "rescue", dryRun: true }));
  stage.at(1001, () => assertEquals(upIn(stage), ["db", "disk", "web"]));
  stage.at(1002, () => client.ask("change", { bundle: "rescue" }));
  stage.at(3000, () => up = upIn(stage));
  await stage.run(4000);
  assertEquals(client.final(1).result, { start: ["debug"], stop: ["web", "db"], obstacle: null });
  assertEquals(client.final(2).result, { up: ["debug", "disk"], down: ["web", "db"], differs: {} });
  assertEquals(up, ["debug", "disk"]);
  assertEquals(starts(stage, "disk"), 1);
});

Deno.test("Transaction rolls back when something fails, and says what", async () => {
  const stage = rig();
  const client = stage.client();
  let up: string[] = [];
  stage.at(1000, () => client.ask("change", { bundle: "mixed" }));
  stage.at(3000, () => up = upIn(stage));
  await stage.run(4000);
  const { error } = client.final(1);
  assertEquals(error.code, "failed");
  assertEquals(
    error.message,
    "cannot change to mixed: cannot start broken: it is down: exit code 7 before it was ready; everything is as before",
  );
  assertEquals(error.differs, {});
  assertEquals(up, ["db", "disk", "web"]);
  assertEquals([starts(stage, "db"), starts(stage, "disk")], [1, 1], "what stays is not disturbed");
});

Deno.test("Transaction that keeps going reports what fails, and carries the rest out", async () => {
  const stage = rig();
  const client = stage.client();
  let up: string[] = [];
  stage.at(1000, () => client.ask("change", { bundle: "mixed", keepGoing: true }));
  stage.at(3000, () => up = upIn(stage));
  await stage.run(4000);
  const { error } = client.final(1);
  assertEquals(Object.keys(error.differs), ["broken"]);
  assertMatch(error.differs.broken, /exit code 7/);
  assertEquals(up, ["db", "disk"]);
});

Deno.test("Transaction that is out of time rolls back", async () => {
  const stage = new Rig({ graph, behave: ({ argv }) => notifies(3, argv[0] === "debug" ? 20_000 : 10) });
  const client = stage.client();
  let up: string[] = [];
  stage.at(0, () => stage.driver.post({ type: "start", id: graph.ids.get("web")! }));
  stage.at(1000, () => client.ask("change", { bundle: "rescue", timeout: 3000 }));
  stage.at(9000, () => up = upIn(stage));
  await stage.run(10_000);
  assertEquals(client.final(1).error.code, "timeout");
  assertStringIncludes(client.final(1).error.message, "not in time: debug; everything is as before");
  assertEquals(up, ["db", "disk", "web"]);
});

Deno.test("Transaction goes on when its client hangs up, and admits no other meanwhile", async () => {
  const stage = rig();
  const [client, other] = [stage.client(), stage.client()];
  let up: string[] = [];
  stage.at(1000, () => client.ask("change", { bundle: "rescue" }));
  stage.at(1001, () => client.close());
  stage.at(1002, () => other.ask("change", { bundle: "full" }));
  stage.at(3000, () => up = upIn(stage));
  stage.at(3001, () => other.ask("change", { bundle: "full", noWait: true }));
  stage.at(3002, () => assertEquals(other.final(2).result, {}));
  await stage.run(6000);
  assertEquals(other.final(1).error.code, "busy");
  assertEquals(up, ["debug", "disk"]);
  assertEquals(starts(stage, "web"), 2);
});

Deno.test("Transaction is not begun against a pin, and not finished against a shutdown", async () => {
  const stage = rig();
  const client = stage.client();
  stage.at(1000, () => client.ask("pin", { name: "web", to: "up" }));
  stage.at(1100, () => client.ask("change", { bundle: "rescue" }));
  stage.at(1200, () => client.ask("unpin", { name: "web" }));
  stage.at(1300, () => client.ask("change", { bundle: "rescue" }));
  stage.at(1301, () => client.ask("reboot"));
  stage.at(1400, () => client.ask("change", { bundle: "nope" }));
  await stage.run(9000);
  assertEquals(client.final(2).error.message, "cannot change to rescue: pinned: web");
  assertEquals(client.final(4).error.message, "cannot change to rescue: the system shuts down");
  assertEquals(client.final(6).error.code, "ending");
});

Deno.test("Transaction ends although somebody holds up meanwhile what was down before", async () => {
  const stage = rig();
  const [client, other] = [stage.client(), stage.client()];
  stage.at(1000, () => client.ask("change", { bundle: "mixed" }));
  stage.at(1010, () => other.ask("pin", { name: "debug", to: "up" }));
  stage.at(9000, () => assertEquals(client.lines.length, 1, "it has ended long since"));
  await stage.run(9001);
  const { error } = client.final(1);
  assertStringIncludes(error.message, "not everything is as before");
  assertEquals(error.differs, { debug: "is up" });
});

Deno.test("Transaction that keeps going ends although others want up again what it takes down", async () => {
  const stage = rig();
  const [client, other] = [stage.client(), stage.client()];
  stage.at(1000, () => client.ask("change", { bundle: "rescue", keepGoing: true }));
  stage.at(1010, () => other.ask("start", { names: ["web", "db"] }));
  stage.at(9000, () => assertEquals(client.lines.length, 1, "it has ended long since"));
  await stage.run(9001);
  const { error } = client.final(1);
  assertStringIncludes(error.message, "cannot change to rescue: cannot stop web");
  assertEquals(Object.keys(error.differs), ["db", "web"]);
});

Deno.test("Transaction says what differs when not everything comes back", async () => {
  let dbFails = false;
  const stage = new Rig({
    graph,
    behave: (request) => {
      const [name] = request.argv;
      if (name === "web" && dbFails) return cannotExec(request);
      return name === "debug" ? exitsBeforeReady(1, 500) : ignoresTerm(notifies(3, 10));
    },
  });
  const client = stage.client();
  stage.at(0, () => stage.driver.post({ type: "start", id: graph.ids.get("web")! }));
  stage.at(1000, () => client.ask("change", { bundle: "rescue" }));
  stage.at(1001, () => dbFails = true);
  await stage.run(60_000);
  const { error }: Line = client.final(1);
  assertStringIncludes(error.message, "not everything is as before");
  assertEquals(Object.keys(error.differs), ["web"]);
  assert(error.differs.web.includes("ENOENT"));
});
