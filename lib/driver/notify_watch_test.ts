import { assertEquals, assertMatch } from "@std/assert";
import { defineService, json, sdNotify, type SdNotifySettings, seconds, type Service, spawned } from "denit";
import { graphOf } from "../../tests/fixtures/graph_of.ts";
import { noLogs } from "../log/mod.ts";
import { type Child, type FakeOs, fakeOs, ignoresTerm, longrun } from "../os/fake/mod.ts";
import { Driver } from "./driver.ts";
import { Journal } from "./journal.ts";
import { notesOf } from "./notice.ts";

interface Entry {
  readonly t: number;
  readonly event: string;
  readonly service: string;
  readonly [detail: string]: unknown;
}

/** What is looked at while services run. */
interface Scene {
  readonly os: FakeOs;
  readonly driver: Driver;
  readonly entries: Entry[];
}

const run = () => ({ argv: ["/bin/web"] as const });
const never = { on: "never" } as const;

function web<O>(
  settings: SdNotifySettings<O> = {},
  more: { readonly restart?: typeof never } = {},
): Service<O> {
  return defineService({ run, ready: sdNotify(settings), ...more });
}

/** Drives services on a virtual machine for some time, and looks at them at the times of `looks`, in milliseconds. */
async function drive(
  units: Record<string, Service>,
  behave: Parameters<typeof fakeOs>[0]["behave"],
  time: number,
  looks: Readonly<Record<number, (scene: Scene) => void>> = {},
): Promise<Scene> {
  const graph = graphOf(units);
  const os = fakeOs({ behave });
  const entries: Entry[] = [];
  const times = [...Object.keys(looks).map(Number), time].sort((a, b) => a - b);
  const driver: Driver = new Driver({
    graph,
    os,
    prober: () => Promise.resolve(null),
    habitat: { env: {}, cwd: "/", self: ["/init"] },
    notifyFolder: "/notify",
    journal: new Journal(graph, (text) => {
      for (const line of text.trimEnd().split("\n")) {
        const { t, ...rest } = JSON.parse(line);
        entries.push({ t: t / 1e6, ...rest });
      }
    }),
    logs: noLogs,
    alarm: {
      due: () => times[0] ?? null,
      ring() {
        const now = times.shift()!;
        looks[now]?.({ os, driver, entries });
        if (now === time) driver.post({ type: "shutdown", power: "exit" });
      },
    },
    onPhase() {},
    onSignal() {},
    onFault(error) {
      throw error;
    },
  });
  for (const { id } of graph.nodes) driver.post({ type: "start", id });
  await driver.run();
  const scene = { os, driver, entries };
  // Mailboxes and what is kept outlive the processes; nothing else does.
  const mailboxes = graph.nodes.filter(({ definition }) => definition.ready?.mailbox !== undefined).length;
  assertEquals(os.openFds().length, mailboxes, "descriptors are left open");
  return scene;
}

const says = (...words: readonly (readonly [after: number, text: string])[]): Child => ({
  steps: words.map(([after, send]) => ({ after, send })),
});

const times = (entries: readonly Entry[], event: string) =>
  entries.filter((entry) => entry.event === event).map(({ t }) => t);

Deno.test("NotifyWatch starts a dependent with the output that came with READY=1", async () => {
  const units = {
    web: web({ parse: json<{ port: number }>() }),
  };
  const user = defineService({
    deps: units,
    run: ({ web }) => ({ argv: ["/bin/user", String(web.port)] }),
    ready: spawned(),
  });
  const { os } = await drive(
    { ...units, user },
    ({ argv }) => argv[0] === "/bin/web" ? says([500, 'READY=1\nX_DENIT_OUTPUT={"port":80}']) : longrun(),
    1000,
  );
  assertEquals(os.spawns.map(({ time, argv }) => [time, argv]), [[0, ["/bin/web"]], [500, [
    "/bin/user",
    "80",
  ]]]);
});

Deno.test("NotifyWatch gives a service its mailbox and its watchdog in its environment, and nobody else", async () => {
  const seen: Readonly<Record<string, string>>[] = [];
  await drive(
    { web: web({ watchdog: seconds(1.5) }), plain: web(), other: defineService({ run, ready: spawned() }) },
    ({ env }) => {
      seen.push(env);
      return longrun();
    },
    10,
  );
  assertEquals(seen.sort((a, b) => JSON.stringify(a).length - JSON.stringify(b).length), [
    {},
    { NOTIFY_SOCKET: "/notify/plain" },
    { NOTIFY_SOCKET: "/notify/web", WATCHDOG_USEC: "1500000" },
  ]);
});

Deno.test("NotifyWatch ends a service by SIGABRT as soon as its watchdog is due, counted from its last word", async () => {
  const child = says([100, "READY=1"], [900, "WATCHDOG=1"], [900, "STATUS=alive"], [0, "WATCHDOG=1"]);
  const { os, entries } = await drive(
    { web: web({ watchdog: 1000 }, { restart: never }) },
    () => child,
    10_000,
  );
  assertEquals(times(entries, "failed"), [2900]);
  assertEquals(os.signals.map(({ signal, time }) => [signal, time]), [["SIGABRT", 2900]]);
  assertEquals(entries.findLast(({ event }) => event === "down")?.["why"], {
    reason: "failed",
    failure: { type: "watchdog", after: 1000 },
    final: "policy",
  });
});

Deno.test("NotifyWatch expects no word of a service before it is ready, nor once it is to end", async () => {
  const child: Child = {
    steps: [{ after: 5000, send: "READY=1" }],
    on: { SIGTERM: [{ after: 5000, exit: 0 }] },
  };
  const { entries } = await drive({ web: web({ watchdog: 1000 }) }, () => child, 5500);
  assertEquals([times(entries, "failed"), times(entries, "up")], [[], [5000]]);
});

Deno.test("NotifyWatch lets a service change how often it says a word", async () => {
  const child = says([0, "READY=1"], [500, "WATCHDOG_USEC=3000000"], [2900, "WATCHDOG_USEC=0"], [
    60_000,
    "WATCHDOG_USEC=500000",
  ]);
  const { entries } = await drive({ web: web({ watchdog: 1000 }, { restart: never }) }, () => child, 100_000);
  assertEquals(times(entries, "failed"), [63_900]);
});

Deno.test("NotifyWatch kills what does not heed SIGABRT", async () => {
  const child: Child = { steps: [{ send: "READY=1\nWATCHDOG=trigger" }], on: { SIGABRT: "ignore" } };
  const { os } = await drive({ web: web({}, { restart: never }) }, () => child, 60_000);
  assertEquals(os.signals.map(({ signal, time }) => [signal, time]), [["SIGABRT", 0], ["SIGKILL", 10_000]]);
});

Deno.test("NotifyWatch puts off the end of a start as long as it is asked in time, and no longer than allowed", async () => {
  const child = says(...Array.from({ length: 20 }, () => [800, "EXTEND_TIMEOUT_USEC=1000000"] as const));
  const units = { web: web({ timeout: 1000, extend: 5000 }, { restart: never }) };
  assertEquals(times((await drive(units, () => child, 60_000)).entries, "stopping"), [6000]);
  const brief = says([500, "EXTEND_TIMEOUT_USEC=100000"], [200, "EXTEND_TIMEOUT_USEC=900000"]);
  assertEquals(
    times((await drive(units, () => brief, 60_000)).entries, "stopping"),
    [1600],
    "never to an earlier time",
  );
});

Deno.test("NotifyWatch puts off SIGKILL for a service that needs longer to end", async () => {
  const more = Array.from({ length: 3 }, () => ({ after: 8000, send: "EXTEND_TIMEOUT_USEC=10000000" }));
  const child: Child = { steps: [{ send: "READY=1" }], on: { SIGTERM: [...more, { after: 1000, exit: 0 }] } };
  const { os, entries } = await drive({ web: web() }, () => child, 1000);
  assertEquals(os.signals.map(({ signal }) => signal), ["SIGTERM"]);
  assertEquals(times(entries, "exited"), [26_000]);
});

Deno.test("NotifyWatch brings about an end that was announced by STOPPING=1 and does not come", async () => {
  const child = ignoresTerm(says([100, "READY=1"], [100, "STOPPING=1"]));
  const { os, entries } = await drive(
    { web: web({ watchdog: 500 }, { restart: never }) },
    () => child,
    60_000,
  );
  assertEquals(os.signals.map(({ signal, time }) => [signal, time]), [["SIGTERM", 10_200], [
    "SIGKILL",
    20_200,
  ]]);
  assertEquals(entries.find(({ event }) => event === "failed")?.["failure"], {
    type: "lingering",
    after: 10_000,
  });
});

Deno.test("NotifyWatch hears no stranger, and nobody of an attempt that is over", async () => {
  const heir: Child = { steps: [{ after: 3000, send: "READY=1\nSTATUS=late" }, { after: 1000, exit: 0 }] };
  const child: Child = { steps: [{ after: 1000, fork: heir, setsid: true }, { after: 1000, exit: 1 }] };
  let first = true;
  const { entries } = await drive(
    { web: web() },
    () => first ? (first = false, child) : longrun(),
    10_000,
    {
      500: ({ os }) => os.post("/notify/web", "READY=1\nSTATUS=mine", { pid: 1 }),
      600: ({ driver }) => {
        const notice = driver.notify.noticeOf(0)!;
        assertEquals([notice.text, notice.refused?.count], [null, 1]);
      },
      5000: ({ driver }) =>
        assertMatch(notesOf(driver.notify.noticeOf(0)!).join(), /^refused 1: READY=1 of process/),
    },
  );
  assertEquals(times(entries, "up"), []);
});

Deno.test("NotifyWatch follows MAINPID: the new process is signalled, and its end is that of the service", async () => {
  const heir: Child = { on: { SIGTERM: [{ after: 300, exit: 5 }] } };
  const child: Child = {
    steps: [{ fork: heir }, { after: 100, send: "MAINPID=3\nREADY=1" }, { after: 100, exit: 0 }],
  };
  const { os, entries } = await drive({ web: web({}, { restart: never }) }, () => child, 1000);
  assertEquals(entries.find(({ event }) => event === "moved")?.["pid"], 3);
  assertEquals(entries.find(({ event }) => event === "up")?.["pid"], 3);
  assertEquals(os.signals.map(({ pid, signal, scope, received }) => [pid, signal, scope, received]), [
    [3, "SIGTERM", "group", false],
    [3, "SIGTERM", "process", true],
  ]);
  assertEquals(entries.filter(({ event }) => event === "exited").map(({ t, status }) => [t, status]), [
    [1300, { code: 5 }],
  ]);
});

Deno.test("NotifyWatch lets nothing of a service outlive the process that MAINPID has named", async () => {
  const heir: Child = { steps: [{ after: 500, exit: 7 }] };
  const child = ignoresTerm({ steps: [{ fork: heir, setsid: true }, { send: "MAINPID=3\nREADY=1" }] });
  const { os, entries } = await drive({ web: web({}, { restart: never }) }, () => child, 2000, {
    1000: ({ os }) => assertEquals(os.live.size, 0),
  });
  assertEquals(
    entries.find(({ event }) => event === "exited")?.["status"],
    { code: 255 },
    "its parent knows better",
  );
  assertEquals(os.signals.map(({ pid, signal }) => [pid, signal]), [[2, "SIGKILL"]]);
});

Deno.test("NotifyWatch reports a reload that takes too long, and lets the service run on [systemd: TEST-59-RELOADING-RESTART]", async () => {
  const outcomes: (string | null)[] = [];
  const note = (fault: string | null) => void outcomes.push(fault);
  const child = says([0, "READY=1"], [1500, "RELOADING=1"], [1000, "READY=1"]);
  const { entries } = await drive({ web: web({ reloads: true }) }, () => child, 4000, {
    1000: ({ driver }) => driver.notify.awaitReload(0, note)!(),
    1400: ({ driver }) => driver.notify.awaitReload(0, note),
    1450: ({ driver }) => driver.notify.awaitReload(0, note),
    2000: ({ driver }) =>
      assertEquals(notesOf(driver.notify.noticeOf(0)!), ["says that it reads its configuration"]),
  });
  assertEquals(outcomes, ["it has not said RELOADING=1 in time", "another reload was asked for", null]);
  assertEquals(times(entries, "exited"), [4000]);
});

Deno.test("NotifyWatch awaits no reload of a service that does not tell of it", async () => {
  await drive({ web: web() }, () => says([0, "READY=1"]), 100, {
    50: ({ driver }) => assertEquals(driver.notify.awaitReload(0, () => {}), null),
  });
});

Deno.test("NotifyWatch writes no more than a hundred entries about one process, whatever it says", async () => {
  const words = Array.from({ length: 300 }, (_, index) => [1, `ERRNO=${index + 1}`] as const);
  const { entries } = await drive({ web: web() }, () => says([0, "READY=1"], ...words), 1000, {
    900: ({ driver }) =>
      assertEquals(driver.notify.noticeOf(0)?.complaints, ["ERRNO=298", "ERRNO=299", "ERRNO=300"]),
  });
  assertEquals(times(entries, "complained").length, 100);
});
