import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { defineService, notificationFd, optional, seconds, spawned } from "denit";
import { graphOf } from "../../tests/fixtures/graph_of.ts";
import { Rig, type RigSettings, SOCKET } from "../../tests/property/control_rig.ts";
import { exitsBeforeReady, lingers, longrun, notifies } from "../os/fake/mod.ts";
import { LONGEST_BACKLOG } from "./connection.ts";
import type { Shape } from "./shape.ts";
import { verbs } from "./verbs.ts";

const daemon = (path: string) => ({ run: () => ({ argv: [path] as const }), ready: notificationFd(3) });
const db = defineService(daemon("/bin/db"));
const cache = defineService(daemon("/bin/cache"));
const web = defineService({ ...daemon("/bin/web"), deps: { db, cache: optional(cache) } });
const other = defineService({ run: () => ({ argv: ["/bin/other"] }), ready: spawned() });
const broken = defineService({ ...daemon("/bin/broken"), restart: { giveUp: { after: 1 } } });
const top = defineService({ ...daemon("/bin/top"), deps: { broken } });
const system = graphOf({ db, cache, web, other, broken, top }, { boot: [web, other] });

/** A rig whose daemons do what they should, but for those named. */
function rig(special: Partial<RigSettings> = {}): Rig {
  return new Rig({
    graph: system,
    behave: ({ argv }) =>
      argv[0] === "/bin/broken"
        ? exitsBeforeReady(3, 10)
        : argv[0] === "/bin/other"
        ? longrun()
        : lingers(200, notifies(3, 100)),
    ...special,
  });
}

const phases = (line: { result: { services: { name: string; phase: string }[] } }) =>
  Object.fromEntries(line.result.services.map(({ name, phase }) => [name, phase]));

Deno.test("ControlServer tells how everything stands, as the contract has it", async () => {
  const stage = rig();
  const client = stage.client();
  stage.at(0, () => client.ask("start", { names: ["db"] }));
  stage.at(500, () => client.ask("status"));
  stage.at(500, () => client.ask("status", { names: ["web", "db"] }));
  await stage.run(600);
  const { result } = client.final(2);
  assertEquals(Object.keys(result), ["generation", "pid", "boot", "nowNs", "ending", "services"]);
  assertEquals(result.boot, { state: "ok", startedNs: 0, finishedNs: 1_000_000 });
  const of = (name: string) => result.services.find((service: { name: string }) => service.name === name);
  assertEquals(of("cache"), {
    name: "cache",
    kind: "longrun",
    wanted: "down",
    phase: "down",
    ready: false,
    pid: null,
    sinceNs: 0,
    restarts: 0,
    why: { reason: "not-started", text: "nobody has asked for it" },
    output: null,
    pinned: null,
    status: null,
    contained: "group",
    sockets: [],
    nextRun: null,
    lastFailure: null,
    unenforced: [],
    notes: [],
  });
  const { pid, ...up } = of("db");
  assertGreater(pid, 1);
  assertEquals([up.phase, up.ready, up.wanted, up.sinceNs, up.why], ["up", true, "up", 100_000_000, null]);
  assertEquals(Object.keys(phases(client.final(3))).sort(), ["db", "web"]);
});

Deno.test("ControlServer answers a change when its outcome is there, and tells meanwhile who is awaited", async () => {
  const stage = rig({
    behave: ({ argv }) => argv[0] === "/bin/db" ? notifies(3, 7000) : lingers(1500, notifies(3, 100)),
  });
  const client = stage.client();
  stage.at(0, () => client.ask("start", { names: ["web"] }));
  stage.at(8000, () => client.ask("stop", { names: ["web"] }));
  await stage.run(10_000);
  assertEquals(client.final(1).result, { up: ["web"] });
  const news = client.lines.filter((line) => "progress" in line);
  assertEquals(news.map(({ id }) => id), [1, 1, 2]);
  assertEquals(news[0].progress, {
    awaited: ["web"],
    text: "waits for db (starts for 1.0 s, is given up in 59.0 s); then web may start",
  });
  assertStringIncludes(
    news[2].progress.text,
    "web (stops for 1.0 s, SIGKILL in 9.0 s); then db, cache may stop",
  );
  assertEquals(client.final(2).result, { down: ["web"], notes: [] });
});

Deno.test("ControlServer fails a start with the chain to the first cause, and what that printed last", async () => {
  const stage = rig({ tail: (service) => [`${service} cannot find its file`] });
  const client = stage.client();
  stage.at(0, () => client.ask("start", { names: ["top"] }));
  stage.at(5000, () => client.ask("why", { name: "top" }));
  await stage.run(6000);
  const { error } = client.final(1);
  assertEquals(error.code, "failed");
  assertEquals(error.message, "cannot start top: broken is down: exit code 3 before it was ready; given up");
  const chain = client.final(2).result.chain;
  assertEquals(chain, error.chain);
  assertEquals(chain.map(({ service, text }: { service: string; text: string }) => `${service} ${text}`), [
    "top is down: broken is not there",
    "broken is down: exit code 3 before it was ready; given up",
  ]);
  assertEquals(chain[1].why.failure, { type: "exit", status: { code: 3 }, ready: false });
  assertEquals(chain[1].logs, ["broken cannot find its file"]);
  assertEquals(chain[0].logs, []);
});

Deno.test("ControlServer fails a start that fails again and again, although it goes on being tried", async () => {
  const crashing = defineService({ ...daemon("/bin/broken"), restart: { delay: seconds(1) } });
  const stage = rig({ graph: graphOf({ crashing }) });
  const client = stage.client();
  stage.at(0, () => client.ask("start", { names: ["crashing"] }));
  await stage.run(60_000);
  const { error } = client.final(1);
  assertMatch(
    error.message,
    /^cannot start crashing: it failed: exit code 3 before it was ready; next try in /,
  );
  assertStringIncludes(error.cure, "initctl logs crashing");
});

Deno.test("ControlServer refuses to stop what is needed, names who needs it, and stops these too by force [dinit: igr force-stop]", async () => {
  const stage = rig();
  const client = stage.client();
  stage.at(0, () => client.ask("start", { names: ["web", "other"] }));
  stage.at(1000, () => client.ask("stop", { names: ["db"] }));
  stage.at(1100, () => client.ask("stop", { names: ["db", "web"] }));
  stage.at(2000, () => client.ask("start", { names: ["web"] }));
  stage.at(3000, () => client.ask("stop", { names: ["db"], force: true }));
  stage.at(4000, () => client.ask("status"));
  await stage.run(5000);
  assertEquals(client.final(2).error.message, "cannot stop db: needed by web");
  assertEquals(client.final(2).error.code, "refused");
  assertEquals(client.final(3).result.down.sort(), ["db", "web"]);
  assertEquals(client.final(5).result.down.sort(), ["db", "web"]);
  const now = phases(client.final(6));
  assertEquals([now["db"], now["web"], now["other"]], ["down", "down", "up"]);
});

Deno.test("ControlServer restarts with what needs it and was up, and nothing else [dinit: tests.cc basic_test9]", async () => {
  const stage = rig();
  const client = stage.client();
  stage.at(0, () => client.ask("start", { names: ["web"] }));
  stage.at(1000, () => client.ask("restart", { names: ["db"] }));
  stage.at(3000, () => client.ask("restart", { names: ["cache"] }));
  stage.at(4000, () => client.ask("status"));
  await stage.run(5000);
  assertEquals(client.final(2).result.up.sort(), ["db", "web"]);
  assertEquals(client.final(3).result.up, ["cache"]);
  const starts = (path: string) => stage.os.spawns.filter(({ argv }) => argv[0] === path).length;
  assertEquals([starts("/bin/db"), starts("/bin/web"), starts("/bin/cache"), starts("/bin/top")], [
    2,
    2,
    2,
    0,
  ]);
  assertEquals(phases(client.final(4))["web"], "up");
});

Deno.test("ControlServer waits for what is asked for, or answers at once [systemd: TEST-03-JOBS]", async () => {
  const stage = rig();
  const [client, waiter] = [stage.client(), stage.client()];
  stage.at(0, () => client.ask("start", { names: ["other"] }));
  stage.at(100, () => waiter.ask("wait", { names: ["other"] }));
  stage.at(200, () => waiter.ask("wait", { names: ["other"], for: "down" }));
  stage.at(200, () => waiter.ask("wait", { names: ["web"], timeout: 300 }));
  stage.at(1000, () => client.ask("stop", { names: ["other"] }));
  await stage.run(2000);
  assertEquals(waiter.lines.map(({ id }) => id), [1, 3, 2]);
  assertEquals(waiter.final(1).result, { up: ["other"] });
  assertEquals(waiter.final(2).result, { down: ["other"], exitCode: 255 });
  assertEquals(waiter.final(3).error.code, "timeout");
});

Deno.test("ControlServer pins, lets go, releases and signals", async () => {
  const stage = rig();
  const client = stage.client();
  stage.at(0, () => client.ask("start", { names: ["web", "db"] }));
  stage.at(1000, () => client.ask("pin", { name: "db", to: "down" }));
  stage.at(1000, () => client.ask("pin", { name: "web", to: "up" }));
  stage.at(1100, () => client.ask("stop", { names: ["web"] }));
  stage.at(1200, () => client.ask("unpin", { name: "web" }));
  stage.at(1300, () => client.ask("release", { names: ["db"] }));
  stage.at(1400, () => client.ask("signal", { name: "web", signal: "HUP" }));
  stage.at(2000, () => client.ask("release", { names: ["web"] }));
  await stage.run(5000);
  assertEquals(client.final(2).error.message, "cannot stop db: needed by web");
  assertEquals(client.final(3).result, { up: ["web"] });
  assertEquals(client.final(4).error.message, "cannot stop web: pinned up");
  assertEquals(client.final(5).result, {});
  assertEquals(client.final(6).result, { kept: ["db"] });
  assertEquals(typeof client.final(7).result.pid, "number");
  assertEquals(client.final(8).result.down, ["web"]);
  assertEquals(stage.os.signals.filter(({ signal }) => signal === "SIGHUP").length, 1);
});

Deno.test("ControlServer does not fail a start for what can be done without, while what is needed comes", async () => {
  const extra = defineService({
    ...daemon("/bin/broken"),
    restart: { delay: seconds(0.01), giveUp: "never" },
  });
  const slow = defineService(daemon("/bin/slow"));
  const site = defineService({ ...daemon("/bin/site"), deps: { extra: optional(extra), slow } });
  const stage = rig({
    graph: graphOf({ extra, slow, site }),
    behave: ({ argv }) => argv[0] === "/bin/broken" ? exitsBeforeReady(3, 10) : notifies(3, 5000),
  });
  const client = stage.client();
  stage.at(0, () => client.ask("start", { names: ["site"] }));
  stage.at(2000, () => client.ask("why", { name: "site" }));
  await stage.run(20_000);
  assertEquals(client.final(1).result, { up: ["site"] });
  const chain: { service: string }[] = client.final(2).result.chain;
  assertEquals(chain.map(({ service }) => service), ["site", "slow"]);
});

Deno.test("ControlServer fails a start of what is held up, but waits for something that nobody wants any more", async () => {
  const stage = rig();
  const client = stage.client();
  stage.at(0, () => client.ask("pin", { name: "web", to: "up" }));
  stage.at(1000, () => client.ask("restart", { names: ["web"] }));
  // As by a client whose request has come in the same turn as the pin.
  stage.at(1010, () => stage.driver.post({ type: "stop", id: system.ids.get("db")! }));
  stage.at(9000, () => client.ask("start", { names: ["web"] }));
  await stage.run(10_000);
  assertMatch(client.final(2).error.message, /^cannot start web: db stops for /);
  assertEquals(client.final(3).result, { up: ["web"] }, "whoever asks for it again wants that, too");
});

Deno.test("ControlServer refuses at once to take down what is pinned up, waited for or not, and tells the cure", async () => {
  const stage = rig();
  const client = stage.client();
  stage.at(0, () => client.ask("pin", { name: "web", to: "up" }));
  stage.at(1000, () => client.ask("stop", { names: ["web", "other"], noWait: true }));
  stage.at(1000, () => client.ask("stop", { names: ["db"], force: true }));
  stage.at(1000, () => client.ask("release", { names: ["web"] }));
  stage.at(1000, () => client.ask("switch", { init: "/init", stop: ["db"] }));
  stage.at(1000, () => client.ask("status"));
  // Whoever pins it the other way has said enough.
  stage.at(2000, () => client.ask("pin", { name: "web", to: "down" }));
  await stage.run(5000);
  const refused = (what: string) => ({
    code: "refused",
    message: `cannot ${what} web: pinned up`,
    cure: "first initctl unpin web",
  });
  assertEquals(client.final(1).result, { up: ["web"] });
  assertEquals([2, 3, 4, 5].map((id) => client.final(id).error), [
    refused("stop"),
    refused("stop"),
    refused("release"),
    refused("switch to /init and stop"),
  ]);
  const { db, web } = phases(client.final(6));
  assertEquals([db, web], ["up", "up"], "nothing of it has begun");
  assertEquals(client.final(7).result.down, ["web"]);
});

Deno.test("ControlServer takes everything down for whoever asks, tells when, and refuses other changes meanwhile", async () => {
  const stage = rig();
  const client = stage.client();
  stage.at(0, () => client.ask("start", { names: ["web"] }));
  stage.at(1000, () => client.ask("poweroff"));
  const changing = Object.entries(verbs).filter(([verb, { right }]) =>
    right === "change" && !["poweroff", "reboot", "halt", "kexec"].includes(verb)
  );
  stage.at(1050, () => {
    for (const [verb, { required }] of changing) {
      const given = Object.entries(required).map(([key, shape]) => [key, parameterOf(shape)]);
      client.ask(verb, Object.fromEntries(given));
    }
  });
  await stage.run(60_000);
  assertEquals(client.final(2).result, { ended: true });
  assertGreater(changing.length, 10);
  for (const [index, [verb]] of changing.entries()) {
    assertEquals(client.final(3 + index).error, {
      code: "ending",
      message: `cannot do ${verb}: the system shuts down`,
      cure: "try again after the next boot",
    });
  }
});

/** Something that a parameter may be. */
function parameterOf(shape: Shape): unknown {
  if ("enum" in shape) return shape.enum[0];
  return shape.type === "array" ? ["other"] : shape.type === "string" ? "other" : 1;
}

Deno.test("ControlServer lets root and its own user change things, and others look only if they may", async () => {
  for (const everybodyReads of [false, true]) {
    const stage = rig({ access: { owner: 1000, everybodyReads } });
    const [root, owner, stranger] = [
      stage.client(),
      stage.client({ uid: 1000 }),
      stage.client({ uid: 1001 }),
    ];
    stage.at(0, () => [root, owner, stranger].forEach((client) => client.ask("status")));
    stage.at(
      10,
      () => [root, owner, stranger].forEach((client) => client.ask("start", { names: ["other"] })),
    );
    await stage.run(1000);
    for (const client of [root, owner]) {
      assertEquals(client.lines.map((line) => "result" in line), [true, true]);
    }
    assertEquals(stranger.lines.map((line) => line.error?.code), [
      everybodyReads ? undefined : "forbidden",
      "forbidden",
    ]);
    assertEquals(stage.os.spawns.length, 1);
  }
});

Deno.test("ControlServer shows what happens from an entry on, live, with numbers that go on", async () => {
  const stage = rig();
  const [client, late] = [stage.client(), stage.client()];
  stage.at(0, () => client.ask("events", { since: 0 }));
  stage.at(10, () => client.ask("start", { names: ["other"] }));
  stage.at(500, () => late.ask("events", { since: 2 }));
  await stage.run(1000);
  const seen = client.lines.filter((line) => "event" in line).map(({ event }) => event);
  assertEquals(seen.map(({ seq }) => seq), [...seen.keys()]);
  assertEquals(seen.slice(0, 3).map(({ event, service }) => `${service} ${event}`), [
    "other start",
    "other blocked",
    "other starting",
  ]);
  assertEquals(late.lines.map(({ event }) => event), seen.slice(2));
});

Deno.test("ControlServer tells who reads events too slowly how many are lost, and goes on", async () => {
  const stage = rig();
  const client = stage.client();
  client.reads = false;
  stage.at(0, () => client.ask("events", { since: 0 }));
  stage.at(10, () => {
    for (let count = 0; count < 20_000; count++) stage.journal.note(10, "test", "other", { count });
  });
  stage.at(100, () => client.reads = true);
  stage.at(101, () => stage.driver.post({ type: "tick" }));
  await stage.run(1000);
  const lost = client.lines.filter((line) => "lost" in line);
  assertGreater(lost.length, 0);
  const events = client.lines.filter((line) => "event" in line && line.event.event === "test");
  const missing = lost.reduce((sum, { lost }) => sum + lost.count, 0);
  assertEquals(events.length + missing, 20_000);
  assertEquals(events.at(-1).event.count, 19_999);
});

Deno.test("ControlServer follows what a service prints", async () => {
  const stage = rig({ tail: () => ["one", "two", "three"] });
  const client = stage.client();
  stage.at(0, () => client.ask("logs", { name: "web", lines: 2 }));
  stage.at(0, () => client.ask("logs", { name: "web", follow: true, lines: 1 }));
  const bytes = new TextEncoder().encode("grüße\n");
  stage.at(10, () => {
    stage.server.noteOutput("web", bytes.subarray(0, 3));
    stage.server.noteOutput("db", bytes);
    stage.server.noteOutput("web", bytes.subarray(3));
  });
  await stage.run(1000);
  assertEquals(client.final(1).result, {
    lines: ["two", "three"],
    log: { to: "file", path: "/var/log/web.log" },
  });
  const texts = client.lines.filter((line) => "output" in line).map(({ output }) => output.text);
  assertEquals(texts.join(""), "three\ngrüße\n");
});

Deno.test("ControlServer does not hear a client that does not read, until it reads, and nobody else notices", async () => {
  const stage = rig();
  const [rude, polite] = [stage.client(), stage.client()];
  rude.reads = false;
  stage.at(0, () => Array.from({ length: 400 }, () => rude.ask("graph")));
  stage.at(100, () => polite.ask("status"));
  stage.at(200, () => assert("result" in polite.final(1)));
  stage.at(200, () => assertEquals(rude.lines, []));
  stage.at(300, () => rude.reads = true);
  for (let time = 301; time < 400; time++) stage.at(time, () => stage.driver.post({ type: "tick" }));
  await stage.run(1000);
  assertEquals(rude.lines.length, 400);
});

Deno.test("ControlServer cuts a client off that lets too much lie that it has waited for", async () => {
  const stage = rig({ tail: () => ["x".repeat(100_000)] });
  const rude = stage.client();
  rude.reads = false;
  stage.at(0, () => Array.from({ length: 40 }, () => rude.ask("start", { names: ["top"] })));
  stage.at(9000, () => assertEquals(stage.server.clients, 0));
  stage.at(9000, () => rude.reads = true);
  await stage.run(10_000);
  assert(rude.hungUp);
  assertLess(rude.lines.filter((line) => "error" in line).length, LONGEST_BACKLOG / 100_000);
});

/** A server that has hung up is what some of these clients are about. */
function say(action: () => void): void {
  try {
    action();
  } catch {
    // EPIPE.
  }
}

Deno.test("ControlServer serves two hundred clients of every bad kind, and leaks nothing", async () => {
  const stage = rig();
  const left: (() => void)[] = [];
  const good = stage.client();
  for (let index = 0; index < 200; index++) {
    const client = stage.client();
    client.reads = index % 3 !== 0;
    const kinds: (() => void)[] = [
      () => client.say('{"v":1,"id":1,"verb":"sta'),
      () => client.say("x".repeat(60_000)),
      () => client.say("\n".repeat(300)),
      () => client.say('{"v":1,"id":1,"verb":"status"}\n'.repeat(50)),
      () => client.say(new Uint8Array(5000).map((_, at) => at * 7)),
    ];
    const act = kinds[index % kinds.length]!;
    for (const time of [1, 20, 300]) stage.at(time + index % 7, () => say(act));
    stage.at(2000 + index, () => client.close());
    left.push(() => client.close());
  }
  stage.at(100, () => good.ask("start", { names: ["web"] }));
  stage.at(2500, () => good.ask("status"));
  stage.at(2600, () => assertEquals(stage.server.clients, 1));
  assertEquals(await stage.run(3000), 0);
  assertEquals(good.final(1).result, { up: ["web"] });
  assertEquals(phases(good.final(2))["web"], "up");
});

Deno.test("ControlServer turns clients away when there are too many, or no descriptors left", async () => {
  const stage = rig();
  const first = stage.client();
  const crowd = Array.from({ length: 300 }, () => stage.client());
  stage.at(10, () => first.ask("status"));
  await stage.run(1000);
  assert("result" in first.final(1));
  const refused = crowd.filter((client) => client.lines.some((line) => line.error?.code === "busy"));
  assertEquals(refused.length, 300 - 255);

  const poor = rig({ descriptors: 40 });
  const clients = Array.from({ length: 17 }, () => poor.client());
  poor.at(10, () => poor.os.connect(SOCKET));
  poor.at(20, () => say(() => poor.os.connect(SOCKET)));
  poor.at(30, () => clients[0]!.ask("status"));
  await poor.run(1000);
  assert("result" in clients[0]!.final(1));
});

Deno.test("ControlServer forgets who has hung up: their waits end, what they asked for goes on", async () => {
  const stage = rig({ behave: () => lingers(100, notifies(3, 3000)) });
  const [client, witness] = [stage.client(), stage.client()];
  stage.at(0, () => client.ask("start", { names: ["web"] }));
  stage.at(100, () => client.close());
  stage.at(200, () => assertEquals([stage.server.clients, stage.server.due()], [1, Infinity]));
  stage.at(9000, () => witness.ask("status", { names: ["web"] }));
  await stage.run(10_000);
  assertEquals(phases(witness.final(1)), { web: "up" });
});

Deno.test("ControlServer lets a client wait for so many things and no more", async () => {
  const stage = rig();
  const client = stage.client();
  stage.at(0, () => {
    for (let count = 0; count < 100; count++) client.ask("wait", { names: ["web"] });
  });
  await stage.run(1000);
  assertEquals(client.lines.filter((line) => line.error?.code === "busy").length, 36);
});

Deno.test("ControlServer answers even a request at which it fails itself, and goes on", async () => {
  const faults: unknown[] = [];
  const stage = rig({
    tail: () => {
      throw new Error("no such file");
    },
    onFault: (error) => faults.push(error),
  });
  const client = stage.client();
  stage.at(0, () => client.ask("logs", { name: "web" }));
  stage.at(0, () => client.ask("status"));
  await stage.run(1000);
  assertEquals(client.final(1).error.message, "cannot do logs: no such file");
  assert("result" in client.final(2));
  assertEquals(faults.length, 1);
});
