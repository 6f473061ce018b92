/** What holds on Linux only, where the virtual machine has nothing to compare. */
import { assert, assertEquals, assertFalse, assertStringIncludes } from "@std/assert";
import { defaultAction, SIGNAL_NAMES } from "../../lib/os/mod.ts";
import { setCloseOnExec, writeAll } from "../../lib/os/linux/mod.ts";
import { linux } from "./linux_machine.ts";
import { cat, exits, listsFds, type Program, stays } from "./program.ts";
import { defineTest, type Session } from "./session.ts";

const test = (name: string, body: (session: Session) => Promise<void> | void) =>
  defineTest(linux, name, body);

async function output(session: Session, argv: Program): Promise<string> {
  return await session.text(session.listenTo(argv).out);
}

test("spawn() gives default signal dispositions and an empty mask, whatever ours are", async (session) => {
  const ours = Deno.readTextFileSync("/proc/self/status");
  assertFalse(/^SigIgn:\s*0+$/m.test(ours), "Deno ignores SIGPIPE, or this test shows nothing");
  const status = await output(session, ["/bin/cat", "/proc/self/status"]);
  for (const set of ["SigPnd", "SigBlk", "SigIgn", "SigCgt"]) {
    assertEquals(new RegExp(`^${set}:\\s*(.*)$`, "m").exec(status)?.[1], "0000000000000000", set);
  }
});

for (const signal of SIGNAL_NAMES) {
  test(`kill() with ${signal} does what the table of default actions says`, async (session) => {
    const directory = Deno.makeTempDirSync();
    try {
      // The process ends by itself, with code 0, when its standard input does; the signal comes before that.
      const { os } = session;
      const { read, write } = os.pipe();
      const pid = session.start(cat, { cwd: directory, fds: [{ from: read, to: 0 }] });
      os.kill(pid, signal, "process");
      const action = defaultAction(signal);
      if (signal === "SIGSTOP") await session.stopped(pid);
      os.kill(pid, "SIGCONT", "process");
      os.close(write);
      const status = await session.exit(pid);
      if (action !== "terminate" && action !== "core") return assertEquals(status, { code: 0 });
      assert("signal" in status);
      assertEquals(status.signal, signal);
      if (action === "terminate") assertFalse(status.core);
    } finally {
      Deno.removeSync(directory, { recursive: true });
    }
  });
}

test("reap() tells a core dump", async (session) => {
  const directory = Deno.makeTempDirSync();
  try {
    const pid = session.start(["/bin/sh", "-c", "ulimit -c unlimited; kill -SEGV $$"], { cwd: directory });
    const status = await session.exit(pid);
    assert("signal" in status);
    // Where a program takes the core or it goes elsewhere, or the limit forbids it, no file tells what happened.
    const here = !/^[|/]/.test(Deno.readTextFileSync("/proc/sys/kernel/core_pattern"));
    if (here) assertEquals(status.core, [...Deno.readDirSync(directory)].length > 0);
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
});

const PERL = "/usr/bin/perl";
const hasPerl = await Deno.stat(PERL).then(() => true, () => false);
defineTest(linux, "reap() takes 10,000 orphans that come at once, and leaves no zombie", async (session) => {
  const count = 10_000;
  // Each child leaves the group, or the end of its leader would be its own, and holds the pipe until it exits.
  const forks =
    `pipe(R, W); for (1..${count}) { my $p = fork; die unless defined $p; unless ($p) { setpgrp; exit 7 } } ` +
    `close W; <R>; $| = 1; print "ready\\n"; sleep 1000`;
  const { pid, out } = session.listenTo([PERL, "-e", forks]);
  await session.said(out, "ready\n");
  assertEquals(session.exits.size, 0);
  session.os.kill(pid, "SIGKILL", "process");
  await session.until(() => session.exits.size === count + 1, `${count} orphans`);
  assertEquals(session.exits.get(pid), { signal: "SIGKILL", core: false });
  session.exits.delete(pid);
  for (const [orphan, status] of session.exits) assertEquals(status, { code: 7 }, String(orphan));
  assertEquals(session.os.reap(), []);
  assertEquals(zombies(), []);
}, { ignore: !hasPerl });

function zombies(): string[] {
  const found: string[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^[0-9]+$/.test(name)) continue;
    try {
      const [state, parent] = Deno.readTextFileSync(`/proc/${name}/stat`).split(") ").at(-1)!.split(" ");
      if (state === "Z" && parent === String(Deno.pid)) found.push(name);
    } catch {
      // It has ended since the directory was read.
    }
  }
  return found;
}

test("wait() gives timers of JavaScript their turn although there is always something to report", async ({ os }) => {
  const { read, write } = os.pipe();
  os.watch(read);
  os.close(write);
  let fired = false;
  setTimeout(() => fired = true, 0);
  let rounds = 0;
  for (; !fired && rounds < 1_000_000; rounds++) await os.wait(null);
  assert(fired, `no timer fired in ${rounds} waits`);
});

test("spawn() closes descriptors that others have left open for it", async (session) => {
  const fds = Array.from({ length: 5 }, () => session.os.pipe().write);
  for (const fd of fds) setCloseOnExec(fd, false);
  const { read, write } = session.os.pipe();
  assertEquals(await output(session, listsFds), "0\n1\n2\n");
  session.watch(read);
  session.start(listsFds, { fds: [{ from: write, to: 1 }, { from: write, to: fds[2]! }] });
  session.os.close(write);
  assertEquals(await session.text(read), `0\n1\n2\n${fds[2]}\n`);
});

test("close() ends the reports of a descriptor of which a child has a copy", async (session) => {
  const { os } = session;
  const { read, write } = os.pipe();
  os.watch(read);
  session.start(stays, { fds: [{ from: read, to: 3 }] });
  os.close(read);
  writeAll(write, new Uint8Array(10));
  assertEquals(await os.wait(20), { readable: [], writable: [], children: false, signals: [] });
});

test("writeAll() writes more than a pipe holds while somebody reads it", async (session) => {
  const { os } = session;
  const input = os.pipe();
  const output = os.pipe();
  const pid = session.start(["/usr/bin/head", "-c", "1000000"], {
    fds: [{ from: input.read, to: 0 }],
  });
  os.close(input.read);
  writeAll(input.write, new Uint8Array(1_000_000));
  assertEquals(await session.exit(pid), { code: 0 });
  writeAll(output.write, new TextEncoder().encode("grüße"));
  const buffer = new Uint8Array(20);
  assertEquals(new TextDecoder().decode(buffer.subarray(0, os.read(output.read, buffer))), "grüße");
});

const PRLIMIT = "/usr/bin/prlimit";
const hasPrlimit = await Deno.stat(PRLIMIT).then(() => true, () => false);
defineTest(
  linux,
  "spawn() and reap() do without pidfds when there are no descriptors left",
  async (session) => {
    const { os } = session;
    const limit = /^Max open files +(\S+)/m.exec(Deno.readTextFileSync("/proc/self/limits"))![1]!;
    const setLimit = async (soft: string) => {
      const pid = session.start([PRLIMIT, `--pid=${Deno.pid}`, `--nofile=${soft}:`]);
      assertEquals(await session.exit(pid), { code: 0 });
    };
    await setLimit("100");
    const fds: number[] = [];
    let failure: unknown = null;
    try {
      while (failure === null) {
        try {
          fds.push(os.blob(new Uint8Array(1)));
        } catch (error) {
          failure = error;
        }
      }
      assertStringIncludes(String(failure), "cannot memfd_create: EMFILE");
      const pids = [session.start(exits(3)), session.start(stays)];
      assertEquals(await session.exit(pids[0]!), { code: 3 });
      os.kill(pids[1]!, "SIGTERM", "group");
      assertEquals(await session.exit(pids[1]!), { signal: "SIGTERM", core: false });
    } finally {
      for (const fd of fds) os.close(fd);
      await setLimit(limit);
    }
  },
  { ignore: !hasPrlimit },
);

test("blob() is close-on-exec in processes that do not get it", async (session) => {
  session.os.blob(new Uint8Array(100));
  assertEquals(await output(session, cat), "");
  const listing = await output(session, ["/bin/ls", "-l", "/proc/self/fd"]);
  assertFalse(listing.includes("memfd"), listing);
});
