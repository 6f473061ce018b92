// What runs before, beside and after processes, on a virtual machine.
import { assertEquals } from "@std/assert";
import { defineService, type Json, notificationFd, seconds, type Service, spawned } from "denit";
import { graphOf } from "../../tests/fixtures/graph_of.ts";
import { noLogs } from "../log/mod.ts";
import { type Child, type FakeOs, fakeOs, ignoresTerm, longrun, notifies, oneshot } from "../os/fake/mod.ts";
import type { SpawnRequest } from "../os/os.ts";
import { Driver } from "./driver.ts";
import type { Inheritance } from "./handover.ts";
import { Journal } from "./journal.ts";

interface Line {
  readonly event: string;
  readonly service?: string;
  readonly [detail: string]: Json | undefined;
}

/** One init of these services. */
class Machine {
  readonly lines: Line[] = [];
  readonly driver: Driver;

  constructor(
    units: Record<string, Service>,
    os: FakeOs,
    { inheritance, alarm = () => {}, at = Infinity }: {
      inheritance?: Inheritance;
      /** What happens at a point in time. */
      alarm?: (driver: Driver) => void;
      at?: number;
    } = {},
  ) {
    const graph = graphOf(units);
    let rung = false;
    this.driver = new Driver({
      graph,
      os,
      prober: () => Promise.resolve(null),
      inheritance,
      habitat: { env: {}, cwd: "/", self: ["/proc/self/exe"] },
      journal: new Journal(graph, (text) => {
        for (const part of text.trimEnd().split("\n")) this.lines.push(JSON.parse(part));
      }),
      logs: noLogs,
      alarm: {
        due: () => rung ? null : at,
        ring: () => {
          rung = true;
          alarm(this.driver);
        },
      },
      onPhase() {},
      onSignal() {},
      onFault(error) {
        throw error;
      },
    });
  }

  events(service: string): string[] {
    return this.lines.filter((line) => line.service === service).map(({ event }) => event);
  }
}

const end = (driver: Driver) => driver.post({ type: "shutdown", power: "exit" });
const command = (path: string) => () => ({ argv: [path] as const });
/** Programs behave as it says here; others end well at once. `asked` gets what was asked for. */
const behave = (programs: Record<string, Child>, asked: SpawnRequest[] = []) => (request: SpawnRequest) => {
  asked.push(request);
  return programs[request.argv[0]] ?? oneshot({ after: 1 });
};

Deno.test("Driver gives what goes before, beside and after a process no descriptor but its log", async () => {
  const asked: SpawnRequest[] = [];
  const os = fakeOs({ behave: behave({ "/web": notifies(3, 5) }, asked) });
  const web = defineService({
    run: command("/web"),
    ready: notificationFd(3),
    before: command("/before"),
    after: command("/after"),
    stop: { command: () => ({ argv: ["/stop"], env: { A: "b" } }) },
  });
  const before = os.openFds().length;
  const machine = new Machine({ web }, os, { at: 1000, alarm: end });
  machine.driver.post({ type: "start", id: 0 });
  assertEquals(await machine.driver.run(), "exit");
  const [prepares, runs, stops, cleans] = asked.map(({ argv, fds }) => [argv[0], ...fds.map(({ to }) => to)]);
  assertEquals([prepares, runs], [["/before", 1, 2], ["/web", 1, 2, 3]]);
  assertEquals([stops, cleans], [["/stop", 1, 2], ["/after", 1, 2]]);
  assertEquals(asked[2]!.env, { A: "b", MAINPID: String(os.spawns[1]!.pid) });
  assertEquals(asked[3]!.env["SERVICE_RESULT"], "timeout", "the stop command has not stopped it");
  assertEquals(os.openFds().length, before);
  machine.driver.dispose();
});

Deno.test("Driver sends the signal when the stop command fails, to a process that is still there", async () => {
  const os = fakeOs({ behave: behave({ "/web": longrun(), "/stop": oneshot({ after: 3, code: 1 }) }) });
  const web = defineService({ run: command("/web"), ready: spawned(), stop: { command: command("/stop") } });
  const machine = new Machine({ web }, os, { at: 2000, alarm: end });
  machine.driver.post({ type: "start", id: 0 });
  await machine.driver.run();
  assertEquals(os.now(), 2003);
  assertEquals(machine.events("web").slice(-4), ["stopping", "stopCommandFailed", "exited", "down"]);
  machine.driver.dispose();
});

Deno.test("Driver lets who reads what a service prints read what cleans up after it, too", async () => {
  const os = fakeOs({
    behave: behave({ "/logger": longrun(), "/web": longrun(), "/after": oneshot({ after: 50 }) }),
  });
  const logger = defineService({ run: command("/logger"), ready: spawned() });
  const web = defineService({
    run: command("/web"),
    ready: spawned(),
    after: command("/after"),
    log: { to: logger },
  });
  const machine = new Machine({ logger, web }, os, { at: 2000, alarm: end });
  machine.driver.post({ type: "start", id: 1 });
  await machine.driver.run();
  const order = machine.lines.filter(({ event }) => event === "exited" || event === "stopping");
  assertEquals(order.map(({ service, event }) => `${service} ${event}`), [
    "web stopping",
    "web exited",
    "logger stopping",
    "logger exited",
  ]);
  machine.driver.dispose();
});

Deno.test("Driver looks after services and cleans up after them that another one has started", async () => {
  const hooks = {
    run: command("/web"),
    ready: spawned(),
    after: ({ base }: { base: null }) => ({ argv: ["/after", String(base)] }) as const,
    alive: { probe: { type: "command", command: { argv: ["/look"] } }, every: seconds(1), failures: 2 },
  } as const;
  const base = defineService({ run: command("/web"), ready: spawned() });
  const units = { base, web: defineService({ deps: { base }, ...hooks }) };
  const asked: SpawnRequest[] = [];
  const programs = behave({ "/web": longrun() }, asked);
  const isIll = () => os.now() > 6000 && os.now() < 9000;
  const os: FakeOs = fakeOs({
    behave: (request) => request.argv[0] === "/look" && isIll() ? oneshot({ code: 1 }) : programs(request),
  });
  const first = new Machine(units, os, { at: 5500, alarm: (driver) => driver.leave() });
  first.driver.post({ type: "start", id: 1 });
  assertEquals(await first.driver.run(), null);
  const left: Inheritance = { ...first.driver.leaveBehind(), state: first.driver.state };
  const second = new Machine(units, os, {
    inheritance: left,
    at: 20_000,
    alarm: end,
  });
  assertEquals(await second.driver.run(), "exit");
  assertEquals(second.events("web").slice(0, 5), ["failed", "stopping", "afterSpawned", "exited", "blocked"]);
  const after = asked.find(({ argv }) => argv[0] === "/after")!;
  assertEquals([after.argv, after.env["SERVICE_RESULT"]], [["/after", "null"], "watchdog"]);
  second.driver.dispose();
});

Deno.test("Driver goes on without what cleans up and hangs in the kernel", async () => {
  const os = fakeOs({
    behave: behave({ "/web": longrun(), "/after": { steps: [{ stuck: 100_000 }] } }),
  });
  const web = defineService({
    run: command("/web"),
    ready: spawned(),
    after: command("/after"),
    stop: { timeout: seconds(2) },
  });
  const machine = new Machine({ web }, os, { at: 2000, alarm: end });
  machine.driver.post({ type: "start", id: 0 });
  assertEquals(await machine.driver.run(), "exit");
  assertEquals(os.now(), 2000 + 2000 + 5000);
  assertEquals(machine.driver.state.services[0]!.why?.reason, "stuck");
  machine.driver.dispose();
});

Deno.test("Driver kills a stop command that is overdue together with what it was to stop", async () => {
  const os = fakeOs({ behave: behave({ "/web": ignoresTerm(), "/stop": ignoresTerm() }) });
  const web = defineService({
    run: command("/web"),
    ready: spawned(),
    stop: { command: command("/stop"), timeout: seconds(2) },
  });
  const machine = new Machine({ web }, os, { at: 2000, alarm: end });
  machine.driver.post({ type: "start", id: 0 });
  await machine.driver.run();
  assertEquals([os.now(), os.live.size], [4000, 0]);
  machine.driver.dispose();
});
