import { assertEquals, assertRejects } from "@std/assert";
import {
  defineBundle,
  defineService,
  defineSystem,
  json,
  kernelModules,
  notificationFd,
  optional,
  script,
  seconds,
  tcpProbe,
} from "denit";
import {
  cannotExec,
  crashes,
  exitsBeforeReady,
  ideal,
  ignoresTerm,
  isStuck,
  neverReady,
  scenario,
} from "./mod.ts";

const mount = script({ run: () => ({ path: "/persist" }), undo: () => {} });
const database = defineService({
  deps: { mount },
  run: ({ mount }) => ({ argv: ["/bin/db", mount.path] }),
  ready: notificationFd(3, { parse: json<{ socket: string }>(), timeout: seconds(20) }),
});
const cache = defineService({ run: () => ({ argv: ["/bin/cache"] }), ready: notificationFd(3) });
const web = defineService({
  deps: { database, cache: optional(cache) },
  run: ({ database, cache }) => ({ argv: ["/bin/web", database.socket, String(cache)] }),
  ready: notificationFd(3),
});
const units = {
  mount,
  database,
  cache,
  web,
  default: defineSystem({
    boot: defineBundle([web]),
    watchdog: { success: [web], deadline: seconds(150), statusFile: "/persist/status" },
  }),
};
const outputs = { mount: { path: "/persist" }, database: { socket: "/run/db" } };

Deno.test("scenario() boots, judges and shuts down in reverse", async () => {
  const boot = await scenario(units, { outputs });
  assertEquals(boot.verdict, "ok");
  assertEquals(boot.started, ["cache", "mount", "database", "web"]);
  assertEquals(boot.stopped.indexOf("web"), 0);
  assertEquals(boot.stopped.at(-1), "mount");
  assertEquals(boot.left, 0);
});

Deno.test("scenario() shows what a service that never is ready does to the generation", async () => {
  const boot = await scenario(units, { outputs, processes: { database: () => neverReady() } });
  assertEquals([boot.verdict, boot.awaited], ["failed", ["web"]]);
  assertEquals(boot.readyAt("web"), null);
});

Deno.test("scenario() goes on without what is optional", async () => {
  const boot = await scenario(units, { outputs, processes: { cache: (_, request) => cannotExec(request) } });
  assertEquals(boot.verdict, "ok");
});

Deno.test("scenario() tells attempts apart", async () => {
  const boot = await scenario(units, {
    outputs,
    processes: { database: (attempt) => attempt < 3 ? exitsBeforeReady(1, 100) : ideal() },
  });
  assertEquals([boot.verdict, boot.starts("database"), boot.starts("web")], ["ok", 3, 1]);
});

Deno.test("scenario() kills, and dependents of what comes back equal stay up", async () => {
  const boot = await scenario(units, {
    outputs,
    events: [{ at: seconds(5), kill: "database" }],
    until: seconds(60),
  });
  assertEquals([boot.starts("database"), boot.starts("web"), boot.left], [2, 1, 0]);
});

Deno.test("scenario() starts, stops and restarts as somebody might", async () => {
  const boot = await scenario(units, {
    outputs,
    events: [{ at: seconds(1), stop: "database" }, { at: seconds(2), start: "web" }, {
      at: seconds(3),
      restart: "cache",
    }],
  });
  assertEquals([boot.starts("database"), boot.starts("web"), boot.starts("cache")], [2, 2, 3]);
});

Deno.test("scenario() ends in spite of processes that crash or do not obey", async () => {
  const boot = await scenario(units, {
    outputs,
    processes: { web: () => ignoresTerm(neverReady()), cache: () => crashes("SIGSEGV", 50) },
  });
  assertEquals([boot.verdict, boot.left], ["failed", 0]);
});

Deno.test("scenario() refuses units that are not in order, and services that do not exist", async () => {
  await assertRejects(() => scenario({ web }), Error, "is not exported");
  await assertRejects(
    () => scenario(units, { outputs: { databse: null } }),
    Error,
    "there is no service databse",
  );
});

Deno.test("scenario() lets init do itself what needs no process, fail at it, and hang", async () => {
  const modules = kernelModules(["wireguard"]);
  const mesh = defineService({
    deps: { modules },
    run: ({ modules }) => ({ argv: ["/bin/mesh", ...modules.loaded ?? []] }),
    ready: notificationFd(3),
  });
  const units = {
    modules,
    mesh,
    default: defineSystem({
      boot: defineBundle([mesh]),
      watchdog: { success: [mesh], deadline: seconds(150), statusFile: "/persist/status" },
    }),
  };
  const seen: string[][] = [];
  const processes = {
    mesh: (_attempt: number, { argv }: { argv: readonly string[] }) => (seen.push([...argv]), ideal()),
  };
  const good = await scenario(units, { outputs: { modules: { loaded: ["wireguard"] } }, processes });
  assertEquals([good.verdict, good.started, seen], ["ok", ["modules", "mesh"], [["/bin/mesh", "wireguard"]]]);
  const bad = await scenario(units, {
    processes: { modules: (_attempt, request) => cannotExec(request, "ENOENT") },
  });
  assertEquals([bad.started, bad.readyAt("modules"), bad.left], [["modules"], null, 0]);
  const stuck = await scenario(units, { processes: { modules: () => isStuck() } });
  assertEquals([stuck.verdict, stuck.started, stuck.left], ["failed", ["modules"], 0]);
});

Deno.test("scenario() takes a look for what it is: it costs no time, and shows that all is well", async () => {
  const ready = tcpProbe({ port: 80 });
  const alive = { probe: ready.probe, every: seconds(1) };
  const web = defineService({ run: () => ({ argv: ["/web"] }), ready, alive });
  const units = { web, default: defineSystem({ boot: defineBundle([web]) }) };
  const outcome = await scenario(units, { until: seconds(600) });
  assertEquals([outcome.readyAt("web"), outcome.starts("web"), outcome.left], [0, 1, 0]);
});

Deno.test("scenario() runs what goes before, beside and after processes, all of which do what they should", async () => {
  const hook = () => ({ argv: ["/hook"] }) as const;
  const hooks = {
    before: hook,
    after: hook,
    stop: { command: hook },
    alive: { probe: { type: "command", command: { argv: ["/look"] } }, every: seconds(1) },
    verbs: { poke: hook },
  } as const;
  const web = defineService({ run: () => ({ argv: ["/web"] }), ready: notificationFd(3), ...hooks });
  const setup = defineService({
    kind: "oneshot",
    deps: { web },
    run: () => ({ argv: ["/s"] }),
    before: hook,
  });
  const units = { web, setup, default: defineSystem({ boot: defineBundle([setup]) }) };
  const outcome = await scenario(units, {
    events: [{ at: seconds(5), kill: "web" }, { at: seconds(20), stop: "web" }],
  });
  assertEquals(outcome.starts("web"), 2);
  assertEquals(outcome.starts("setup"), 1);
  assertEquals(outcome.left, 0);
  const steps = outcome.steps.filter(({ service }) => service === "web").map(({ phase }) => phase);
  assertEquals(steps.slice(1), [
    "starting",
    "up",
    "stopping",
    "blocked",
    "starting",
    "up",
    "stopping",
    "down",
  ]);
});
