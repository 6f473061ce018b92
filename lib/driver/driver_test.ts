import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  commandProbe,
  defineService,
  hostname,
  type Json,
  json,
  kernelModules,
  loopback,
  notificationFd,
  randomSeed,
  type Service,
  spawned,
  tcpProbe,
} from "denit";

import { graphOf } from "../../tests/fixtures/graph_of.ts";
import { commandKeys } from "../define/command.ts";
import type { KernelTask } from "../define/kernel_task.ts";
import { noLogs } from "../log/mod.ts";
import { osError } from "../os/errno.ts";
import { type Child, exitsBeforeReady, fakeOs, longrun, notifies, oneshot } from "../os/fake/mod.ts";
import { Driver } from "./driver.ts";
import { Journal } from "./journal.ts";
import type { DriverSettings } from "./settings.ts";

interface Line {
  readonly t: number;
  readonly event: string;
  readonly service?: string;
  readonly [detail: string]: Json | undefined;
}

/** Drives services on a virtual machine until nothing happens any more or `seconds` have passed, then shuts down. */
async function drive(
  units: Record<string, Service>,
  behave: Parameters<typeof fakeOs>[0]["behave"],
  { perform, ...settings }: Partial<DriverSettings> & {
    seconds?: number;
    during?: (driver: Driver, line: Line) => void;
    perform?: Parameters<typeof fakeOs>[0]["perform"];
  } = {},
) {
  const graph = graphOf(units);
  const os = fakeOs({ behave, ...(perform === undefined ? {} : { perform }) });
  const lines: Line[] = [];
  const logs: [string, string][] = [];
  const faults: unknown[] = [];
  const stopAt = (settings.seconds ?? 60) * 1000;
  let stopped = false;
  const driver: Driver = new Driver({
    graph,
    os,
    prober: () => Promise.resolve(null),
    habitat: { env: { PATH: "/bin" }, cwd: "/", self: ["/proc/self/exe"] },
    journal: new Journal(graph, (text) => {
      for (const part of text.trimEnd().split("\n")) {
        const line: Line = JSON.parse(part);
        lines.push(line);
        settings.during?.(driver, line);
      }
    }),
    logs: {
      ...noLogs,
      write: (service, bytes) => void logs.push([service, new TextDecoder().decode(bytes)]),
    },
    alarm: {
      due: () => stopped ? null : stopAt,
      ring() {
        stopped = true;
        driver.post({ type: "shutdown", power: "exit" });
      },
    },
    onPhase() {},
    onSignal() {},
    onFault: (error) => void faults.push(error),
    ...settings,
  });
  for (const { id } of graph.nodes) driver.post({ type: "start", id });
  assertEquals(await driver.run(), "exit");
  const events = lines.filter((line) => line.service !== undefined).map(({ event, service }) =>
    `${service} ${event}`
  );
  const open = os.openFds().length;
  driver.dispose();
  return {
    os,
    lines,
    logs,
    faults,
    events,
    open,
    find: (event: string) => lines.find((line) => line.event === event),
  };
}

const run = () => ({ argv: ["/bin/daemon"] as const });

Deno.test("Driver starts a dependent with the output that came by notification fd", async () => {
  const database = defineService({ run, ready: notificationFd(3, { parse: json<{ socket: string }>() }) });
  const web = defineService({
    deps: { database },
    run: ({ database }) => ({ argv: ["/bin/web", database.socket] }),
    ready: spawned(),
  });
  const { os } = await drive(
    { database, web },
    ({ argv }) => argv[0] === "/bin/daemon" ? notifies(3, 500, '{"socket":"/run/db"}\n') : longrun(),
  );
  assertEquals(os.spawns.map(({ time, argv }) => [time, argv]), [[0, ["/bin/daemon"]], [500, [
    "/bin/web",
    "/run/db",
  ]]]);
});

Deno.test("Driver takes an exit before the notification as a failed start", async () => {
  const { find } = await drive(
    { web: defineService({ run, ready: notificationFd(3) }) },
    () => exitsBeforeReady(3, 10),
  );
  assertEquals(find("backoff")?.why, {
    reason: "failed",
    failure: { type: "exit", status: { code: 3 }, ready: false },
    final: "retry",
  });
});

Deno.test("Driver takes a notification that comes with the exit before the exit", async () => {
  const child: Child = { steps: [{ after: 10, write: "\n", to: 3 }, { exit: 0 }] };
  const { events } = await drive({ web: defineService({ run, ready: notificationFd(3) }) }, () => child, {
    seconds: 0.1,
  });
  assertEquals(events.slice(0, 6), [
    "web start",
    "web blocked",
    "web starting",
    "web spawned",
    "web ready",
    "web up",
  ]);
});

Deno.test("Driver gives a start up when the notification fd is closed without a word", async () => {
  const child: Child = { steps: [{ after: 10, close: 3 }] };
  const { find } = await drive({ web: defineService({ run, ready: notificationFd(3) }) }, () => child);
  assertEquals(find("readyFailed")?.detail, "it closed notification fd 3 without a newline");
});

Deno.test("Driver reports the stage of a spawn that failed, and starts the others", async () => {
  const bad = defineService({
    run: () => {
      throw new Error("no such setting");
    },
    ready: spawned(),
  });
  const { find, os } = await drive({ bad, good: defineService({ run, ready: spawned() }) }, longrun);
  const failure = find("spawnFailed")?.failure as { stage: string; message: string };
  assertEquals(failure.stage, "run");
  assertMatch(failure.message, /^cannot make the command: no such setting \(at .*driver_test.ts/);
  assertEquals(os.spawns.length, 1);
});

Deno.test("Driver writes the last words of a process before it reports its exit", async () => {
  const written: string[] = [];
  await drive(
    { web: defineService({ run, ready: spawned(), restart: { on: "never" } }) },
    () => ({ steps: [{ after: 10, write: "last words\n", to: 1 }, { exit: 1 }] }),
    {
      logs: {
        ...noLogs,
        write: (_, bytes) => void written.push(new TextDecoder().decode(bytes)),
      },
      during: (_, line) => line.event === "exited" && written.push("exited"),
    },
  );
  assertEquals(written, ["last words\n", "exited"]);
});

Deno.test("Driver reports an exit only when the last words have arrived, and waits for nobody else's", async () => {
  const slow = Promise.withResolvers<void>();
  const seen: string[] = [];
  await drive(
    {
      slow: defineService({ kind: "oneshot", run }),
      quick: defineService({ kind: "oneshot", run }),
    },
    () => oneshot({ after: 10 }),
    {
      logs: { ...noLogs, settle: (service) => service === "slow" ? slow.promise : undefined },
      during(_, { event, service }) {
        if (event !== "exited") return;
        seen.push(service!);
        slow.resolve();
      },
    },
  );
  assertEquals(seen, ["quick", "slow"]);
});

Deno.test("Driver does not read what a service prints while its log is behind", async () => {
  const relief = Promise.withResolvers<void>();
  const written: string[] = [];
  await drive(
    {
      talker: defineService({ run, ready: spawned() }),
      other: defineService({ run: () => ({ argv: ["/bin/other"] }), ready: notificationFd(3) }),
    },
    ({ argv }) =>
      argv[0] === "/bin/other"
        ? notifies(3, 100)
        : { steps: [{ write: "one\n", to: 1 }, { after: 10, write: "two\n", to: 1 }] },
    {
      logs: {
        ...noLogs,
        write(_, bytes) {
          written.push(new TextDecoder().decode(bytes));
          return written.length === 1 ? relief.promise : undefined;
        },
      },
      during(_, { event, service }) {
        if (event !== "up" || service !== "other") return;
        written.push("relief");
        relief.resolve();
      },
    },
  );
  assertEquals(written, ["one\n", "relief", "two\n"]);
});

Deno.test("Driver keeps standard error of a oneshot for its log, and its standard output as its output", async () => {
  const make = defineService({ kind: "oneshot", run, output: json<{ at: string }>() });
  const use = defineService({
    deps: { make },
    run: ({ make }) => ({ argv: ["/bin/use", make.at] }),
    ready: spawned(),
  });
  const child: Child = {
    steps: [{ write: "working\n", to: 2 }, { write: '{"at":"x"}', to: 1 }, { exit: 0 }],
  };
  const { os, logs } = await drive(
    { make, use },
    ({ argv }) => argv[0] === "/bin/daemon" ? child : longrun(),
  );
  assertEquals(os.spawns.at(-1)?.argv, ["/bin/use", "x"]);
  assertEquals(logs, [["make", "working\n"]]);
});

Deno.test("Driver says why an output cannot be used", async () => {
  const make = defineService({ kind: "oneshot", run, output: json() });
  const { find } = await drive({ make }, () => oneshot({ stdout: "not JSON" }));
  assertEquals(find("exited")?.fault, 'its output is not JSON: cannot parse "not JSON" as JSON');
  const large = await drive({ make }, () => oneshot({ stdout: "x".repeat(2 ** 20 + 1) }));
  assertEquals(large.find("exited")?.fault, "it printed more than 1048576 bytes as its output");
});

Deno.test("Driver holds no more descriptors after a hundred restarts than after one", async () => {
  const crash: Child = { steps: [{ write: "\n", to: 3 }, { after: 20_000, exit: 1 }] };
  const units = { web: defineService({ run, ready: notificationFd(3) }) };
  const once = await drive(units, () => crash, { seconds: 5 });
  const often = await drive(units, () => crash, { seconds: 2000 });
  assertEquals([once.os.spawns.length, often.os.spawns.length], [1, 101]);
  assertEquals(often.open, once.open);
});

Deno.test("Driver probes by a command, kills one that hangs, and stops probing once it is ready", async () => {
  const web = defineService({
    run,
    ready: commandProbe({ command: { argv: ["/bin/check"] }, interval: 100 }),
  });
  let looks = 0;
  const { os, find } = await drive(
    { web },
    ({ argv }) => argv[0] === "/bin/daemon" ? longrun() : oneshot({ code: ++looks < 3 ? 1 : 0, after: 10 }),
  );
  assertEquals(looks, 3);
  assertEquals(find("ready")?.t, 230 * 1e6);
  assertEquals(os.live.size, 0);
});

Deno.test("Driver cancels a probe when its process has ended", async () => {
  let cancelled = false;
  await drive({ web: defineService({ run, ready: tcpProbe({ port: 1 }) }) }, () => exitsBeforeReady(1, 10), {
    prober: (_probe, _timeout, signal) => {
      signal.addEventListener("abort", () => cancelled = true);
      return Promise.withResolvers<null>().promise;
    },
    seconds: 0.5,
  });
  assert(cancelled);
});

Deno.test("Driver goes on when those whom it tells throw", async () => {
  const { faults, os } = await drive({ web: defineService({ run, ready: spawned() }) }, longrun, {
    onPhase: () => {
      throw new Error("listener");
    },
  });
  assertEquals(os.spawns.length, 1);
  assertEquals(os.live.size, 0);
  assert(faults.length > 0);
});

Deno.test("Driver stops services in reverse order and waits for each", async () => {
  const first = defineService({ run: () => ({ argv: ["first"] }), ready: spawned() });
  const second = defineService({ deps: { first }, run: () => ({ argv: ["second"] }), ready: spawned() });
  const slow: Child = { on: { SIGTERM: [{ after: 700, exit: 0 }] } };
  const { os } = await drive({ first, second }, ({ argv }) => argv[0] === "second" ? slow : longrun(), {
    seconds: 1,
  });
  const names = new Map(os.spawns.map(({ pid, argv }) => [pid, argv[0]]));
  assertEquals(os.signals.map(({ time, pid, signal }) => [time, names.get(pid), signal]), [
    [1000, "second", "SIGTERM"],
    [1700, "first", "SIGTERM"],
  ]);
});

Deno.test("Driver merges the environment of a command into its own", async () => {
  const units = {
    web: defineService({
      run: () => ({ argv: ["/bin/web"], env: { PATH: undefined, TZ: "UTC" }, cwd: "/srv" }),
      ready: spawned(),
    }),
  };
  let seen: unknown;
  await drive(units, ({ env, cwd }) => {
    seen = { env, cwd };
    return longrun();
  });
  assertEquals(seen, { env: { TZ: "UTC" }, cwd: "/srv" });
});

/** A place whose kernel we do with what we like. */
const machine = { env: {}, cwd: "/", self: ["/proc/self/exe"], place: "machine" } as const;

Deno.test("Driver does itself what needs no process, and gives its output to dependents", async () => {
  const modules = kernelModules(["wireguard"]);
  const web = defineService({
    deps: { modules },
    run: ({ modules }) => ({ argv: ["/bin/web", ...modules.loaded ?? []] }),
    ready: spawned(),
  });
  const { os, lines, open, faults } = await drive({ modules, web }, () => longrun(), {
    habitat: machine,
    perform: () => ({ after: 300, output: { loaded: ["wireguard"] } }),
  });
  assertEquals(os.spawns.map(({ time, argv }) => [time, argv]), [[300, ["/bin/web", "wireguard"]]]);
  const told = lines.filter(({ service }) => service === "modules").map(({ event, pid }) => [event, pid]);
  assertEquals(told.slice(0, 5), [
    ["start", undefined],
    ["blocked", undefined],
    ["starting", null],
    ["exited", undefined],
    ["up", null],
  ]);
  assertEquals([open, faults], [0, []]);
});

Deno.test("Driver tells why the kernel refused what it was to do itself", async () => {
  const { find, os } = await drive({ modules: kernelModules(["wiregard"]) }, () => longrun(), {
    habitat: machine,
    perform: () => {
      throw osError("load module", "ENOENT", "wiregard", "it is nowhere");
    },
  });
  const message = "cannot load module wiregard: ENOENT (it is nowhere)";
  const failure = { type: "spawn", stage: "load module", code: "ENOENT", message };
  assertEquals(find("down")?.why, { reason: "failed", failure, final: "policy" });
  assertEquals(os.spawns, []);
});

Deno.test("Driver undoes itself what it has done itself, and ends with a task that hangs", async () => {
  const done: string[] = [];
  const { find, os, lines } = await drive({ seed: randomSeed({ file: "/seed" }) }, () => longrun(), {
    habitat: machine,
    perform: ({ kernel }) => {
      done.push(kernel);
      return { after: kernel === "save-seed" ? Infinity : 1 };
    },
  });
  assertEquals(done, ["load-seed", "save-seed"]);
  assertEquals(lines.findLast(({ event }) => event === "stopping")?.pid, null);
  assert(find("power") !== undefined, "the shutdown has ended");
  assertEquals(os.signals, []);
});

Deno.test("Driver leaves out what is not its own to do", async () => {
  const units = {
    name: hostname("a"),
    lo: loopback(),
    modules: kernelModules(["loop"]),
    seed: randomSeed({ file: "/seed" }),
  };
  const left = async (place: "machine" | "namespace" | "process", refused = false) => {
    const done: KernelTask["kernel"][] = [];
    const { lines } = await drive(units, () => longrun(), {
      habitat: { ...machine, place },
      perform: ({ kernel }) => {
        done.push(kernel);
        if (refused) throw osError("sethostname", "EPERM", "a");
        return {};
      },
    });
    const skipped = lines.filter(({ event, output }) => event === "exited" && "skipped" in Object(output));
    return [done.sort(), skipped.map(({ service }) => service)];
  };
  assertEquals(await left("machine"), [["hostname", "load-seed", "loopback", "modules", "save-seed"], []]);
  assertEquals(await left("namespace"), [["hostname", "loopback"], ["modules", "seed", "seed"]]);
  assertEquals((await left("namespace", true))[1]?.length, 5, "a namespace that may not, need not");
  assertEquals((await left("process"))[0], []);
});

Deno.test("Driver takes a task for a command from the kinds that are made of tasks alone", async () => {
  const forged: Record<string, unknown> = { kernel: "hostname", name: "a" };
  const { find } = await drive(
    { forged: defineService({ kind: "oneshot", run: () => forged as never }) },
    () => longrun(),
    { habitat: machine },
  );
  assertEquals(
    find("spawnFailed")?.failure,
    {
      type: "spawn",
      stage: "run",
      code: "EXCEPTION",
      message: `cannot make the command: run returned no command: it has no setting "kernel"; there are ${
        commandKeys.join(", ")
      }`,
    },
  );
});
