import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { OsError } from "../error.ts";
import type { FdMapping, SpawnRequest } from "../os.ts";
import {
  cannotExec,
  type Child,
  crashes,
  daemonizes,
  exitsBeforeReady,
  type FakeOptions,
  type FakeOs,
  fakeOs,
  ignoresTerm,
  isStuck,
  lingers,
  longrun,
  notifies,
  oneshot,
} from "./mod.ts";

const request: SpawnRequest = { argv: ["/bin/service"], env: {}, fds: [] };

function machine(child: Child, options: Omit<FakeOptions, "behave"> = {}): FakeOs {
  return fakeOs({ behave: () => child, ...options });
}

function start(os: FakeOs, ...fds: FdMapping[]): number {
  return os.spawn({ ...request, fds });
}

Deno.test("fakeOs() moves its time by waiting and by advance(), and in no other way", async () => {
  const os = machine(oneshot({ after: 700 }), { start: 1000 });
  start(os);
  assertEquals([os.now(), os.poll(), os.now()], [1000, null, 1000]);
  assertEquals([(await os.wait(200)).children, os.now()], [false, 1200]);
  assertEquals([(await os.wait(500)).children, os.now()], [true, 1700]);
  os.advance(300);
  assertEquals([os.reap().length, os.now()], [1, 2000]);
});

Deno.test("fakeOs() does not end a wait in which nothing is going to happen, until something does", async () => {
  const os = machine(lingers(50));
  const pid = start(os);
  assertEquals(os.waitNow(null), null);
  const pending = os.wait(null);
  await assertRejects(() => os.wait(null), OsError, "EBUSY");
  os.kill(pid, "SIGTERM", "group");
  assertEquals(os.now(), 0);
  assertEquals([(await pending).children, os.now()], [true, 50]);
});

Deno.test("fakeOs() tells of signals to us that we listen to, and survives the others as PID 1 does", async () => {
  const os = machine(longrun());
  os.listen(["SIGTERM", "SIGHUP"]);
  os.signalSelf("SIGUSR1");
  assertEquals(os.poll(), null);
  for (const signal of ["SIGTERM", "SIGHUP", "SIGTERM"] as const) os.signalSelf(signal);
  assertEquals((await os.wait(null)).signals, ["SIGTERM", "SIGHUP", "SIGTERM"]);
  os.kill(1, "SIGHUP", "process");
  assertEquals(os.poll()?.signals, ["SIGHUP"]);
  assertThrows(() => os.signalSelf("SIGKILL"), OsError, "EINVAL");
});

Deno.test("fakeOs() passes on with what a spawn fails, and uses nothing for it", () => {
  const os = fakeOs({ behave: (request) => request.argv[0] === "/bad" ? cannotExec(request) : longrun() });
  const bad = assertThrows(() => os.spawn({ ...request, argv: ["/bad"] }), OsError);
  assertEquals([bad.call, bad.code, bad.subject], ["exec", "ENOENT", "/bad"]);
  assertEquals([start(os), os.live.size, os.spawns.length], [2, 1, 1]);
});

Deno.test("fakeOs() writes down spawns and signals with their times", async () => {
  const os = machine(ignoresTerm());
  const pid = start(os);
  await os.wait(40);
  os.kill(pid, "SIGTERM", "group");
  os.kill(99, "SIGHUP", "process");
  assertEquals(os.spawns, [{ time: 0, pid, argv: ["/bin/service"] }]);
  assertEquals(os.signals, [
    { time: 40, pid, signal: "SIGTERM", scope: "group", received: true },
    { time: 40, pid: 99, signal: "SIGHUP", scope: "process", received: false },
  ]);
  assertEquals(
    [...os.live.values()].map(({ pid, parent, group, state }) => ({ pid, parent, group, state })),
    [
      { pid, parent: 1, group: pid, state: "running" },
    ],
  );
});

Deno.test("fakeOs() uses a pid again, but not while a zombie or a group has it", async () => {
  const child: Child = { steps: [{ fork: longrun() }] };
  const os = fakeOs({ behave: ({ argv }) => argv[0] === "/forks" ? child : oneshot(), lastPid: 5 });
  const leader = os.spawn({ ...request, argv: ["/forks"] });
  await os.wait(0);
  assertEquals([leader, [...os.live.keys()]], [2, [2, 3]]);
  assertEquals(start(os), 4);
  await os.wait(null);
  assertEquals(start(os), 5, "4 is a zombie");
  assertEquals(os.reap().length, 2);
  assertEquals([start(os), start(os)], [4, 5]);
});

Deno.test("fakeOs() has a limit of descriptors, and shows those that are left open", () => {
  const os = machine(longrun(), { descriptors: 6 });
  const { read, write } = os.pipe();
  const error = assertThrows(() => os.pipe(), OsError);
  assertEquals([error.call, error.code], ["pipe", "EMFILE"]);
  const blob = os.blob(new Uint8Array(1));
  assertThrows(() => os.blob(new Uint8Array(1)), OsError, "EMFILE");
  os.close(write);
  assertEquals(os.openFds(), [read, blob]);
  os.dispose();
  assertEquals(os.openFds(), []);
});

Deno.test("fakeOs() reaps 10,000 orphans in batches", () => {
  const os = machine({
    steps: [...Array.from({ length: 10_000 }, () => ({ fork: oneshot() })), { exit: 0 }],
  });
  start(os);
  let count = 0, batches = 0;
  while (os.waitNow(0)?.children) {
    count += os.reap().length;
    batches++;
  }
  assertEquals([count, os.live.size], [10_001, 0]);
  assert(batches > 10);
});

Deno.test("fakeOs() keeps an ended grandchild as a zombie of its parent until that ends", async () => {
  const os = machine({ steps: [{ fork: oneshot({ code: 4 }) }, { after: 100, exit: 0 }] });
  start(os);
  assertEquals([(await os.wait(50)).children, os.live.size], [false, 1]);
  await os.wait(null);
  assertEquals(os.reap().map(({ status }) => status), [{ code: 4 }, { code: 0 }]);
});

Deno.test("fakeOs() makes a producer wait for its consumer, and ends both in turn", async () => {
  const produces: Child = { steps: [{ write: new Uint8Array(200_000), to: 1 }, { exit: 0 }] };
  const consumes: Child = { steps: [{ after: 500, copy: 0 }, { exit: 3 }] };
  const os = fakeOs({ behave: ({ argv }) => argv[0] === "/producer" ? produces : consumes });
  const { read, write } = os.pipe();
  os.spawn({ argv: ["/producer"], env: {}, fds: [{ from: write, to: 1 }] });
  os.close(write);
  os.advance(400);
  assertEquals(os.live.size, 1);
  os.spawn({ argv: ["/consumer"], env: {}, fds: [{ from: read, to: 0 }] });
  os.close(read);
  await os.wait(null);
  assertEquals(os.now(), 900);
  assertEquals(os.reap().map(({ status }) => status), [{ code: 0 }, { code: 3 }]);
});

Deno.test("fakeOs() refuses a script in which time can never pass", () => {
  const os = machine({ steps: [{ write: "x", to: 1 }, { copy: 3, to: 1 }] });
  const { read, write } = os.pipe();
  start(os, { from: read, to: 3 }, { from: write, to: 1 });
  assertThrows(() => os.poll(), Error, "cannot let time pass at 0 ms");
});

Deno.test("isStuck() outlives SIGKILL for its time and dies of it afterwards", async () => {
  const os = machine(isStuck(5000));
  const pid = start(os);
  await os.wait(10);
  assertEquals(os.live.get(pid)?.state, "stuck");
  os.kill(pid, "SIGKILL", "group");
  assertEquals([(await os.wait(null)).children, os.now()], [true, 5000]);
  assertEquals(os.reap(), [{ pid, status: { signal: "SIGKILL", core: false } }]);
});

Deno.test("isStuck() for ever is never reaped", () => {
  const os = machine(isStuck());
  const pid = start(os);
  os.advance(1);
  os.kill(pid, "SIGKILL", "process");
  assertEquals([os.waitNow(null), os.reap(), os.live.size], [null, [], 1]);
});

Deno.test("notifies() writes its line after its time, closes the descriptor and stays", async () => {
  const os = machine(notifies(3, 30, "up\n"));
  const { read, write } = os.pipe();
  start(os, { from: write, to: 3 });
  os.close(write);
  os.watch(read);
  assertEquals([(await os.wait(null)).readable, os.now()], [[read], 30]);
  const buffer = new Uint8Array(10);
  assertEquals([os.read(read, buffer), os.read(read, buffer), os.live.size], [3, 0, 1]);
});

Deno.test("lingers() takes its time after the first SIGTERM, however many follow", async () => {
  const os = machine(lingers(100, longrun(), 9));
  const pid = start(os);
  os.kill(pid, "SIGTERM", "group");
  os.advance(60);
  os.kill(pid, "SIGTERM", "group");
  await os.wait(null);
  assertEquals([os.now(), os.reap()], [100, [{ pid, status: { code: 9 } }]]);
});

Deno.test("ignoresTerm() ends with SIGKILL only", async () => {
  const os = machine(ignoresTerm());
  const pid = start(os);
  os.kill(pid, "SIGTERM", "group");
  assertEquals((await os.wait(1000)).children, false);
  os.kill(pid, "SIGKILL", "group");
  assertEquals((await os.wait(0)).children, true);
});

Deno.test("oneshot(), exitsBeforeReady() and crashes() end as they say", async () => {
  const cases = [
    [oneshot(), 0, { code: 0 }],
    [oneshot({ code: 2, after: 5, stdout: "out" }), 5, { code: 2 }],
    [exitsBeforeReady(1, 7), 7, { code: 1 }],
    [crashes("SIGABRT", 9), 9, { signal: "SIGABRT", core: true }],
  ] as const;
  for (const [child, time, status] of cases) {
    const os = machine(child);
    const pid = start(os);
    await os.wait(null);
    assertEquals([os.now(), os.reap()], [time, [{ pid, status }]]);
  }
});

Deno.test("daemonizes() leaves a process that its reaping does not reach", async () => {
  const os = machine(daemonizes(longrun(), 20));
  const pid = start(os);
  await os.wait(null);
  assertEquals(os.reap(), [{ pid, status: { code: 0 } }]);
  assertEquals([...os.live.values()].map(({ parent, group }) => [parent, group]), [[1, 3]]);
});
