/** What every {@linkcode Os} has to do. One suite, so that the virtual machine cannot differ from Linux unseen. */
import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { deadline } from "@std/async/deadline";
import type { Json } from "../../lib/define/json.ts";
import type { KernelTask } from "../../lib/define/kernel_task.ts";
import { type Os, OsError } from "../../lib/os/mod.ts";
import * as programs from "./program.ts";
import { exits, stays } from "./program.ts";
import { closedFds, defineTest, type Machine, Session } from "./session.ts";

const TERMINATED = { signal: "SIGTERM", core: false } as const;
const KILLED = { signal: "SIGKILL", core: false } as const;

/** Defines the tests of one implementation. */
export function contract(machine: Machine): void {
  const test = (name: string, body: (session: Session) => Promise<void> | void) => {
    defineTest(machine, name, body);
  };
  processes(test);
  groups(test);
  descriptors(test);
  sockets(test, machine);
  waiting(test, machine);
  tasks(test);
}

type Define = (name: string, body: (session: Session) => Promise<void> | void) => void;

function fails(code: string, call: string, body: () => unknown): void {
  const error = assertThrows(body, OsError);
  assertEquals({ code: error.code, call: error.call }, { code, call });
}

/** Lets us perform a task, and waits for its end as a driver does. */
async function performed(session: Session, task: KernelTask): Promise<Json | OsError> {
  const outcomes: (Json | OsError)[] = [];
  session.os.perform(task, (outcome) => {
    outcomes.push(outcome);
    session.os.interrupt();
  });
  assertEquals(outcomes, [], "whoever asks is told later");
  await session.until(() => outcomes.length > 0, `the end of ${task.kernel}`);
  assertEquals(outcomes.length, 1);
  return outcomes[0]!;
}

/** What a task may do anywhere, as it changes nothing of a machine: the rest stands in tests/integration. */
function tasks(test: Define): void {
  test("perform() tells why it cannot load a module, which and where it was looked for", async (session) => {
    const error = await performed(session, { kernel: "modules", names: ["no-such-module"] });
    assert(error instanceof OsError);
    assertEquals([error.call, error.code, error.subject], ["load module", "ENOENT", "no-such-module"]);
    assertMatch(error.message, /nor in \/lib\/modules\/.+\/modules\.dep/);
  });

  test("perform() does nothing where no module is asked for", async (session) => {
    assertEquals(await performed(session, { kernel: "modules", names: [] }), { loaded: [] });
  });

  test("perform() tells the file that it cannot write", async (session) => {
    const calls = { "save-seed": "save a random seed in", "keep-clock": "keep the time in" } as const;
    for (const kernel of ["save-seed", "keep-clock"] as const) {
      const error = await performed(session, { kernel, file: "/no/such/folder/file" });
      assert(error instanceof OsError);
      assertEquals([error.call, error.code, error.subject], [
        calls[kernel],
        "ENOENT",
        "/no/such/folder/file",
      ]);
    }
  });

  test("perform() has nothing to load from a file that is not there, and sets no clock by it", async (session) => {
    const notBeforeFile = "/no/such/folder/file";
    assertEquals(await performed(session, { kernel: "set-clock", notBeforeFile }), { movedBy: 0 });
  });

  test("perform() tells nobody once all was given back", async (session) => {
    const os = session.machine.open();
    let told = false;
    os.perform({ kernel: "modules", names: ["no-such-module"] }, () => told = true);
    os.dispose();
    await session.exit(session.start(exits(0)));
    assertEquals(told, false);
  });
}

function processes(test: Define): void {
  for (const code of [0, 3, 255]) {
    test(`reap() tells exit code ${code}`, async (session) => {
      assertEquals(await session.exit(session.start(exits(code))), { code });
    });
  }

  for (const signal of ["TERM", "KILL", "USR1"] as const) {
    test(`reap() tells a death by SIG${signal}, without a core`, async (session) => {
      const status = await session.exit(session.start(programs.dies(signal)));
      assertEquals(status, { signal: `SIG${signal}`, core: false });
    });
  }

  test("reap() tells a death by a signal that would dump core", async (session) => {
    const status = await session.exit(session.start(programs.dies("SEGV")));
    assert("signal" in status);
    assertEquals(status.signal, "SIGSEGV");
  });

  test("reap() finds nothing where nothing has ended", (session) => {
    assertEquals(session.os.reap(), []);
    session.start(stays);
    assertEquals(session.os.reap(), []);
  });

  test("reap() takes more exits than one batch, each once", async (session) => {
    const pids = new Set(Array.from({ length: 300 }, () => session.start(exits(0))));
    await session.until(() => session.exits.size === 300, "300 exits");
    assertEquals(new Set(session.exits.keys()), pids);
    assertEquals(session.os.reap(), []);
  });

  test("spawn() gives each process an id of its own, which kill() reaches", async (session) => {
    const first = session.start(stays), second = session.start(stays);
    assert(session.os.kill(second, "SIGTERM", "process"));
    assertEquals(await session.exit(second), TERMINATED);
    assertEquals(session.exits.has(first), false);
  });

  test("spawn() sets the working directory", async (session) => {
    const pwd = programs.describes(["/bin/pwd"], ({ cwd }) => `${cwd}\n`);
    const { out } = session.listenTo(pwd, { cwd: "/usr/bin" });
    assertEquals(await session.text(out), "/usr/bin\n");
  });

  test("spawn() gives the environment exactly as it is", async (session) => {
    const env = { A: "1", EMPTY: "", UNICODE: "grüße", SPACES: " a  b ", EQUALS: "x=y" };
    const print = programs.describes(
      ["/usr/bin/env"],
      (self) => Object.entries(self.env).map(([key, value]) => `${key}=${value}\n`).join(""),
    );
    for (const given of [env, {}, { ...env, A: "2" }]) {
      const { out } = session.listenTo(print, { env: given });
      assertEquals(
        await session.text(out),
        Object.entries(given).map(([key, value]) => `${key}=${value}\n`).join(""),
      );
    }
  });

  test("spawn() passes every argument exactly as it is", async (session) => {
    const argv = ["/usr/bin/printf", "[%s]", "", "a b", "*", "ü€𝄞", "x".repeat(5000)] as const;
    const print = programs.describes(argv, (self) => self.argv.slice(2).map((text) => `[${text}]`).join(""));
    const { out } = session.listenTo(print);
    assertEquals(await session.text(out), argv.slice(2).map((text) => `[${text}]`).join(""));
  });

  test("spawn() refuses what C cannot express", (session) => {
    const { os } = session;
    fails("EINVAL", "pass", () => os.spawn({ argv: ["/bin/echo", "a\0b"], env: {}, fds: [] }));
    fails("EINVAL", "pass", () => os.spawn({ argv: ["/bin/echo"], env: { A: "a\0" }, fds: [] }));
    fails("EINVAL", "pass", () => os.spawn({ argv: ["/bin/echo"], env: { "A=B": "1" }, fds: [] }));
    fails("EINVAL", "pass", () => os.spawn({ argv: ["/bin/echo"], env: { "": "1" }, fds: [] }));
    fails("EINVAL", "pass", () => os.spawn({ argv: ["/bin/echo"], env: {}, cwd: "/\0", fds: [] }));
    assertEquals(os.poll(), null);
  });

  test("kill() counts a process that has ended until it is reaped", async (session) => {
    const pid = session.start(exits(0));
    assert((await session.os.wait(30_000)).children);
    assert(session.os.kill(pid, "SIGTERM", "process"));
    assert(session.os.kill(pid, "SIGTERM", "group"));
    assertEquals(await session.exit(pid), { code: 0 });
    assertEquals(session.os.kill(pid, "SIGTERM", "process"), false);
    assertEquals(session.os.kill(pid, "SIGTERM", "group"), false);
  });

  test("kill() refuses ids that would mean somebody else", ({ os }) => {
    for (const pid of [0, -1, NaN]) fails("EINVAL", "kill", () => os.kill(pid, "SIGCONT", "process"));
    for (const pid of [0, 1, -1, NaN]) fails("EINVAL", "kill", () => os.kill(pid, "SIGCONT", "group"));
    fails("EINVAL", "signal", () => os.kill(1, "SIGNONSENSE", "process"));
  });

  test("kill() leaves a process alone that ignores the signal, but for SIGKILL", async (session) => {
    const { pid, out } = session.listenTo(programs.ignoresTerm);
    await session.said(out, "ready\n");
    session.os.kill(pid, "SIGTERM", "group");
    session.os.kill(pid, "SIGKILL", "group");
    assertEquals(await session.exit(pid), KILLED);
  });

  test("kill() runs the handler of a process that catches the signal", async (session) => {
    const { pid, out } = session.listenTo(programs.catchesTerm);
    await session.said(out, "ready\n");
    session.os.kill(pid, "SIGTERM", "process");
    assertEquals(await session.exit(pid), { code: 5 });
  });

  test("kill() lets a process go on after a handler that does not end it", async (session) => {
    const { pid, out } = session.listenTo(programs.reloads);
    await session.said(out, "ready\n");
    session.os.kill(pid, "SIGHUP", "process");
    await session.said(out, "ready\nhup\n");
    session.os.kill(pid, "SIGHUP", "process");
    await session.said(out, "ready\nhup\nhup\n");
    assertEquals(session.exits.has(pid), false);
  });

  test("kill() with SIGSTOP holds other signals back until SIGCONT", async (session) => {
    const pid = session.start(stays);
    session.os.kill(pid, "SIGSTOP", "process");
    await session.stopped(pid);
    session.os.kill(pid, "SIGTERM", "process");
    session.note(await session.os.wait(20));
    assertEquals(session.exits.has(pid), false);
    session.os.kill(pid, "SIGCONT", "process");
    assertEquals(await session.exit(pid), TERMINATED);
  });

  test("kill() with SIGKILL ends a stopped process", async (session) => {
    const pid = session.start(stays);
    session.os.kill(pid, "SIGSTOP", "process");
    await session.stopped(pid);
    session.os.kill(pid, "SIGKILL", "process");
    assertEquals(await session.exit(pid), KILLED);
  });

  test("kill() with SIGTSTP does not stop a process, as its session has no terminal to go on from", async (session) => {
    const { read, write } = session.os.pipe();
    const pid = session.start(programs.cat, { fds: [{ from: read, to: 0 }] });
    session.os.kill(pid, "SIGTSTP", "process");
    session.os.close(write);
    assertEquals(await session.exit(pid), { code: 0 });
  });

  test("kill() with signals that are ignored by default does nothing", async (session) => {
    const pid = session.start(stays);
    for (const signal of ["SIGCHLD", "SIGURG", "SIGWINCH", "SIGCONT"] as const) {
      assert(session.os.kill(pid, signal, "process"));
    }
    session.os.kill(pid, "SIGRTMIN+3", "process");
    assertEquals(await session.exit(pid), { signal: "SIGRTMIN+3", core: false });
  });
}

function groups(test: Define): void {
  test("spawn() makes the process the leader of a session and a group of its own", async (session) => {
    const { pid, out } = session.listenTo(
      programs.describes(
        [
          "/bin/sh",
          "-c",
          "read -r pid name state parent group session rest </proc/$$/stat; echo $group $session",
        ],
        ({ group }) => `${group} ${group}\n`,
      ),
    );
    assertEquals(await session.text(out), `${pid} ${pid}\n`);
  });

  test("kill() of a group reaches what the leader has started", async (session) => {
    const { pid, out } = session.listenTo(programs.hasChild);
    await session.said(out, "ready\n");
    session.os.kill(pid, "SIGTERM", "group");
    assertEquals(await session.exit(pid), TERMINATED);
    // The grandchild has a copy of the pipe: its end is the grandchild's end.
    assertEquals(await session.text(out), "ready\n");
  });

  test("reap() kills what a process leaves behind in its group", async (session) => {
    const { pid, out } = session.listenTo(programs.hasChild);
    await session.said(out, "ready\n");
    session.os.kill(pid, "SIGKILL", "process");
    assertEquals(await session.exit(pid), KILLED);
    assertEquals(await session.text(out), "ready\n");
  });

  test("reap() also takes orphans, and leaves those with a session of their own alone until they end", async (session) => {
    const { pid, out } = session.listenTo(programs.hasDaemon);
    await session.until(() => session.sofar(out).endsWith("\n"), "the pid of the daemon");
    const daemon = Number(session.sofar(out));
    session.os.kill(pid, "SIGTERM", "group");
    assertEquals(await session.exit(pid), TERMINATED);
    assert(session.os.kill(daemon, "SIGTERM", "group"));
    assertEquals(await session.exit(daemon), TERMINATED);
    await session.all(out);
  });
}

function descriptors(test: Define): void {
  test("spawn() gives exactly the descriptors that are named, and /dev/null for 0, 1 and 2", async (session) => {
    const extra = session.os.pipe();
    const fds = [{ from: extra.write, to: 7 }, { from: extra.write, to: 20 }];
    const { out } = session.listenTo(programs.listsFds, { fds });
    assertEquals(await session.text(out), "0\n1\n2\n7\n20\n");
  });

  test("spawn() gives an empty standard input", async (session) => {
    const { pid, out } = session.listenTo(programs.cat);
    assertEquals(await session.text(out), "");
    assertEquals(await session.exit(pid), { code: 0 });
  });

  test("spawn() maps a descriptor to any number", async (session) => {
    const { os } = session;
    for (const to of [1, 2, 3, 9, 63]) {
      const { read, write } = os.pipe();
      session.watch(read);
      session.start(programs.tells(`on-${to}`, to), { fds: [{ from: write, to }] });
      os.close(write);
      assertEquals(await session.text(read), `on-${to}\n`);
    }
  });

  test("spawn() maps descriptors whose numbers collide", async (session) => {
    const { os } = session;
    const a = os.pipe(), b = os.pipe(), c = os.pipe();
    // Around in a circle, so that no order of plain copies does it.
    const fds = [
      { from: a.write, to: b.write },
      { from: b.write, to: c.write },
      { from: c.write, to: a.write },
    ];
    const ends = [[a, b], [b, c], [c, a]] as const;
    for (const [, to] of ends) session.start(programs.tells(`to-${to.write}`, to.write), { fds });
    for (const { write } of [a, b, c]) os.close(write);
    for (const { read } of [a, b, c]) session.watch(read);
    for (const [from, to] of ends) assertEquals(await session.text(from.read), `to-${to.write}\n`);
  });

  test("spawn() maps a descriptor to its own number and to others", async (session) => {
    const { read, write } = session.os.pipe();
    session.watch(read);
    const fds = [{ from: write, to: 1 }, { from: write, to: write }, { from: write, to: 2 }];
    session.start(programs.tells("same", write), { fds });
    session.os.close(write);
    assertEquals(await session.text(read), "same\n");
  });

  test("spawn() refuses descriptors that are not open, impossible or named twice", ({ os }) => {
    const { read, write } = os.pipe();
    const spawn = (from: number, to: number) => {
      os.spawn({ argv: exits(0), env: {}, fds: [{ from: write, to: 5 }, { from, to }] });
    };
    fails("EBADF", "dup2", () => spawn(900, 1));
    fails("EBADF", "dup2", () => spawn(4242, 3));
    fails("EBADF", "dup2", () => spawn(write, -1));
    fails("EINVAL", "dup2", () => spawn(read, 5));
    os.close(read);
    fails("EBADF", "dup2", () => spawn(read, 1));
    fails("EBADF", "dup2", () => spawn(read, write + 2));
    assertEquals(os.poll(), null);
  });

  test("read() tells nothing yet, data, and the end apart", async (session) => {
    const { os } = session;
    const buffer = new Uint8Array(3);
    const { read, write } = os.pipe();
    assertEquals(os.read(read, buffer), -1);
    const pid = session.start(programs.tells("four"), { fds: [{ from: write, to: 1 }] });
    await session.exit(pid);
    assertEquals([os.read(read, buffer), ...buffer], [3, ...new TextEncoder().encode("fou")]);
    assertEquals(os.read(read, buffer), 2);
    assertEquals(os.read(read, buffer), -1, "we hold the writing end open");
    os.close(write);
    assertEquals(os.read(read, buffer), 0);
    assertEquals(os.read(read, buffer), 0);
  });

  test("read(), watch() and close() refuse descriptors that are not open", ({ os }) => {
    const { read, write } = os.pipe();
    fails("EBADF", "read", () => os.read(write, new Uint8Array(1)));
    os.close(read);
    fails("EBADF", "read", () => os.read(read, new Uint8Array(1)));
    fails("EBADF", "watch", () => os.watch(read));
    fails("EBADF", "close", () => os.close(read));
  });

  test("pipe() blocks its writer when it is full, and loses nothing", async (session) => {
    const { os } = session;
    const { read, write } = os.pipe();
    const pid = session.start(programs.floods, { fds: [{ from: write, to: 1 }] });
    os.close(write);
    session.note(await os.wait(20));
    assertEquals(session.exits.has(pid), false);
    session.watch(read);
    assertEquals((await session.all(read)).length, programs.FLOOD);
    assertEquals(await session.exit(pid), { code: 4 });
  });

  test("pipe() sends SIGPIPE, with its default action, to who writes when nobody reads", async (session) => {
    const { os } = session;
    const { read, write } = os.pipe();
    const pid = session.start(programs.writesForEver, { fds: [{ from: write, to: 1 }] });
    os.close(write);
    os.close(read);
    assertEquals(await session.exit(pid), { signal: "SIGPIPE", core: false });
  });

  test("pipe() keeps what was written before there was a reader, once and in order [dinit: igr log-via-pipe]", async (session) => {
    const { os } = session;
    const { read, write } = os.pipe();
    for (const text of ["one", "two"]) {
      await session.exit(session.start(programs.tells(text), { fds: [{ from: write, to: 1 }] }));
    }
    // The consumer's standard input has to wait for the third line like any other.
    const { pid, out } = session.listenTo(programs.cat, { fds: [{ from: read, to: 0 }] });
    os.close(read);
    await session.said(out, "one\ntwo\n");
    session.start(programs.tells("three"), { fds: [{ from: write, to: 1 }] });
    os.close(write);
    assertEquals(await session.text(out), "one\ntwo\nthree\n");
    assertEquals(await session.exit(pid), { code: 0 });
  });

  for (const length of [0, 10, 1_000_000]) {
    test(`blob() reads as exactly its ${length} bytes`, async (session) => {
      const { os } = session;
      const bytes = Uint8Array.from({ length }, (_, at) => (at * 7 + (at >> 8)) & 0xff);
      const blob = os.blob(bytes);
      const { out, pid } = session.listenTo(programs.cat, { fds: [{ from: blob, to: 0 }] });
      os.close(blob);
      const seen = await session.all(out);
      assertEquals(seen.length, length);
      assert(seen.every((byte, at) => byte === bytes[at]));
      assertEquals(await session.exit(pid), { code: 0 });
    });
  }

  test("blob() keeps its bytes when the array changes, and cannot be watched", ({ os }) => {
    const bytes = new Uint8Array([1, 2, 3]);
    const blob = os.blob(bytes);
    bytes.fill(9);
    const buffer = new Uint8Array(2);
    assertEquals([os.read(blob, buffer), ...buffer], [2, 1, 2]);
    assertEquals([os.read(blob, buffer), buffer[0]], [1, 3]);
    assertEquals(os.read(blob, buffer), 0);
    fails("EPERM", "watch", () => os.watch(blob));
  });
}

function sockets(test: Define, machine: Machine): void {
  let made = 0;
  /** A path that no other test has. */
  const newPath = () => `/tmp/denit-contract-${Deno.pid}-${made++}.sock`;
  const connected = (os: Os) => {
    const path = newPath();
    const listener = os.listenAt(path, 0o600);
    const client = machine.connect(os, path);
    return { path, listener, client, peer: os.accept(listener)! };
  };
  const bytes = (text: string) => new TextEncoder().encode(text);

  test("listenAt() lets clients in, in their order, and tells who they are", async (session) => {
    const { os } = session;
    const path = newPath();
    const listener = os.listenAt(path, 0o600);
    assertEquals(os.accept(listener), null);
    os.watch(listener);
    assertEquals(os.poll(), null);
    const clients = [machine.connect(os, path), machine.connect(os, path)];
    assertEquals((await os.wait(60_000)).readable, [listener]);
    const peers = clients.map(() => os.accept(listener)!);
    for (const [at, client] of clients.entries()) {
      const { fd, ...who } = peers[at]!;
      assertEquals(who, machine.self);
      os.write(client, bytes(`hello ${at}`));
      session.watch(fd);
      await session.said(fd, `hello ${at}`);
      os.close(fd);
      os.close(client);
    }
    assertEquals(os.accept(listener), null);
    os.close(listener);
  });

  test("listenAt() refuses a path where somebody answers, and one that is too long", ({ os }) => {
    const path = newPath();
    const listener = os.listenAt(path, 0o600);
    fails("EADDRINUSE", "listen at", () => os.listenAt(path, 0o600));
    fails("ENAMETOOLONG", "listen at", () => os.listenAt(`/tmp/${"x".repeat(120)}`, 0o600));
    os.close(listener);
    fails("ENOENT", "connect to", () => machine.connect(os, path));
    os.close(os.listenAt(path, 0o600));
  });

  test("watchClock() is silent as long as nobody sets the clock, and wallClock() goes with the other one", ({ os }) => {
    const [wall, monotonic] = [os.wallClock(), os.now()];
    const fd = os.watchClock();
    os.watch(fd);
    assertEquals(os.poll(), null);
    assert(Math.abs(os.wallClock() - wall - (os.now() - monotonic)) < 1000);
    os.close(fd);
  });

  test("openSocket() makes sockets of every type, which are readable when somebody has come", (session) => {
    const { os } = session;
    const owner = { mode: 0o600, uid: null, gid: null };
    for (const kind of ["stream", "seqpacket", "datagram"] as const) {
      const path = newPath();
      const socket = { type: "unix", kind, path, backlog: 5, ...owner } as const;
      const fd = os.openSocket(socket);
      os.watch(fd);
      assertEquals(os.poll(), null);
      fails("EADDRINUSE", "listen at", () => os.openSocket(socket));
      if (kind === "stream") {
        const client = machine.connect(os, path);
        assertEquals(os.poll()?.readable, [fd]);
        os.close(client);
      }
      os.close(fd);
      fails("ENOENT", "connect to", () => machine.connect(os, path));
      os.close(os.openSocket(socket));
    }
    const path = newPath();
    const fifo = os.openSocket({ type: "fifo", path, ...owner });
    os.watch(fifo);
    assertEquals(os.poll(), null, "it has no end while nobody writes");
    os.close(fifo);
    const port = 20_000 + (Deno.pid + made++) % 10_000;
    for (const type of ["tcp", "udp"] as const) {
      for (const host of ["127.0.0.1", "::1", "::"]) {
        const socket = { type, host, port, backlog: 5, reusePort: false };
        const fd = os.openSocket(socket);
        fails("EADDRINUSE", "listen at", () => os.openSocket(socket));
        os.close(fd);
      }
    }
    fails(
      "ENAMETOOLONG",
      "listen at",
      () =>
        os.openSocket({
          type: "unix",
          kind: "stream",
          path: `/tmp/${"x".repeat(120)}`,
          backlog: 5,
          ...owner,
        }),
    );
  });

  test("write() to a socket tells how much went out, and -1 when there is no room", async (session) => {
    const { os } = session;
    const { client, peer, listener } = connected(os);
    const block = new Uint8Array(50_000).fill(120);
    let sent = 0;
    for (let count = os.write(peer.fd, block); count !== -1; count = os.write(peer.fd, block)) sent += count;
    assertGreaterOrEqual(sent, block.length);
    os.watch(peer.fd);
    os.watchWrite(peer.fd, true);
    assertEquals(os.poll(), null);
    const buffer = new Uint8Array(1 << 20);
    let received = os.read(client, buffer);
    for (let count = os.read(client, buffer); count !== -1; count = os.read(client, buffer)) {
      received += count;
    }
    assertEquals(received, sent);
    assertEquals((await os.wait(60_000)).writable, [peer.fd]);
    os.watchWrite(peer.fd, false);
    assertEquals(os.poll(), null);
    for (const fd of [client, peer.fd, listener]) os.close(fd);
  });

  test("write() refuses a peer that is gone, without SIGPIPE, and what is no socket", ({ os }) => {
    const { client, peer, listener } = connected(os);
    os.close(client);
    fails("EPIPE", "write", () => os.write(peer.fd, bytes("x")));
    const pipe = os.pipe();
    fails("ENOTSOCK", "write", () => os.write(pipe.write, bytes("x")));
    for (const fd of [peer.fd, listener, pipe.read, pipe.write]) os.close(fd);
  });

  test("read() of a socket gives what its peer sent before it went, then the end", async (session) => {
    const { os } = session;
    const { client, peer, listener } = connected(os);
    os.write(client, bytes("last words"));
    os.close(client);
    session.watch(peer.fd);
    assertEquals(await session.text(peer.fd), "last words");
    os.close(listener);
  });

  test("close() of a listening socket turns away who has not been accepted", async (session) => {
    const { os } = session;
    const path = newPath();
    const listener = os.listenAt(path, 0o600);
    const client = machine.connect(os, path);
    os.close(listener);
    os.watch(client);
    assertEquals((await os.wait(60_000)).readable, [client]);
    os.close(client);
  });
}

function waiting(test: Define, machine: Machine): void {
  test("wait() reports a watched descriptor for as long as there is something to read", async (session) => {
    const { os } = session;
    const { read, write } = os.pipe();
    session.watch(read);
    os.watch(read);
    const pid = session.start(programs.tells("x"), { fds: [{ from: write, to: 1 }] });
    os.close(write);
    await session.exit(pid);
    // The exit was waited for with a driver that reads, so this is the end, again and again.
    for (let round = 0; round < 3 && !session.ended.has(read); round++) {
      assertEquals((await os.wait(30_000)).readable, [read]);
    }
    assertEquals(await session.text(read), "x\n");
  });

  test("wait() does not report what was not read before as if it were new, nor forget it", async ({ os }) => {
    const { read, write } = os.pipe();
    os.watch(read);
    os.close(write);
    for (let round = 0; round < 40; round++) assertEquals((await os.wait(null)).readable, [read]);
    os.close(read);
    assertEquals(os.poll(), null);
  });

  test("unwatch() silences a descriptor until it is watched again", async ({ os }) => {
    const { read, write } = os.pipe();
    os.watch(read);
    os.close(write);
    assertEquals((await os.wait(null)).readable, [read]);
    os.unwatch(read);
    assertEquals(os.poll(), null);
    os.unwatch(read);
    os.watch(read);
    assertEquals((await os.wait(null)).readable, [read]);
    os.close(read);
  });

  test("wait() reports many descriptors and many ends, each with its own bytes", async (session) => {
    const all = Array.from({ length: 40 }, (_, at) => session.listenTo(programs.tells(`child-${at}`)));
    for (const [at, { out, pid }] of all.entries()) {
      assertEquals(await session.text(out), `child-${at}\n`);
      assertEquals(await session.exit(pid), { code: 0 });
    }
  });

  test("wait() goes on reporting children until they are reaped", async (session) => {
    session.start(exits(0));
    for (let round = 0; round < 40; round++) assert((await session.os.wait(30_000)).children);
    await session.until(() => session.exits.size === 1, "the exit");
    assertEquals(session.os.poll(), null);
  });

  test("wait() ends after its timeout, and not before", async ({ os }) => {
    for (const timeout of [0, 0.3, 15]) {
      const before = os.now();
      assertEquals(await os.wait(timeout), { readable: [], writable: [], children: false, signals: [] });
      assertGreaterOrEqual(os.now() - before, timeout);
    }
    assertEquals(await os.wait(-5), { readable: [], writable: [], children: false, signals: [] });
  });

  test("wait() is ended by interrupt(), once", async ({ os }) => {
    os.interrupt();
    os.interrupt();
    assertEquals(await deadline(os.wait(null), 30_000), {
      readable: [],
      writable: [],
      children: false,
      signals: [],
    });
    const pending = os.wait(null);
    os.interrupt();
    assertEquals(await deadline(pending, 30_000), {
      readable: [],
      writable: [],
      children: false,
      signals: [],
    });
    assertEquals(os.poll(), null);
  });

  test("wait() sees what happens while it is pending", async (session) => {
    const { os } = session;
    const pid = session.start(stays);
    const first = os.wait(null);
    os.kill(pid, "SIGTERM", "process");
    session.note(await deadline(first, 30_000));
    assertEquals(session.exits.get(pid), TERMINATED);
    const second = os.wait(null);
    const { read, write } = os.pipe();
    os.watch(read);
    os.close(write);
    assertEquals((await deadline(second, 30_000)).readable, [read]);
  });

  test("wait() refuses a second one at the same time", async ({ os }) => {
    const pending = os.wait(null);
    const error = await assertRejects(() => os.wait(0), OsError);
    assertEquals(error.code, "EBUSY");
    os.interrupt();
    await deadline(pending, 30_000);
  });

  test("wait() reports signals sent to us, in their order", async (session) => {
    const { os } = session;
    os.listen(["SIGUSR1", "SIGUSR2", "SIGHUP"]);
    os.listen(["SIGUSR1"]);
    const sent = ["SIGUSR2", "SIGHUP", "SIGUSR1", "SIGUSR1", "SIGUSR2"] as const;
    for (const [at, signal] of sent.entries()) {
      machine.signalUs(os, signal);
      await session.until(() => session.signals.length > at, signal);
    }
    assertEquals(session.signals, [...sent]);
    const pending = os.wait(null);
    machine.signalUs(os, "SIGHUP");
    assertEquals((await deadline(pending, 30_000)).signals, ["SIGHUP"]);
  });

  test("wait() reports SIGCHLD to those who listen to it, and still the children", async (session) => {
    const { os } = session;
    os.listen(["SIGCHLD"]);
    machine.signalUs(os, "SIGCHLD");
    await session.until(() => session.signals.includes("SIGCHLD"), "SIGCHLD");
    assertEquals(await session.exit(session.start(exits(0))), { code: 0 });
  });

  test("listen() refuses signals that cannot be caught", ({ os }) => {
    fails("EINVAL", "listen to", () => os.listen(["SIGKILL"]));
    fails("EINVAL", "listen to", () => os.listen(["SIGSTOP"]));
    fails("EINVAL", "listen to", () => os.listen(["SIGRTMIN+3"]));
    fails("EINVAL", "signal", () => os.listen(["SIGNONSENSE"]));
  });

  test("now() does not run backwards", async ({ os }) => {
    for (let round = 0, last = os.now(); round < 100; round++) {
      const now = os.now();
      assertGreaterOrEqual(now, last);
      last = now;
      if (round % 10 === 0) await os.wait(0);
    }
  });

  test("dispose() leaves children alone, may be called twice, and ends later waits at once", async (session) => {
    const { os } = session;
    const pid = session.start(stays);
    const second = machine.open();
    second.dispose();
    second.dispose();
    assertEquals(await second.wait(null), { readable: [], writable: [], children: false, signals: [] });
    assert(os.kill(pid, "SIGTERM", "process"));
    assertEquals(await session.exit(pid), TERMINATED);
  });

  Deno.test(`Os (${machine.name}) dispose() during a wait ends it, and leaves no descriptor open`, async () => {
    const fds = closedFds(machine);
    const os = machine.open();
    const session = new Session(os, machine);
    os.listen(["SIGUSR1"]);
    const { out } = session.listenTo(programs.tells("x"));
    await session.all(out);
    await session.until(() => session.exits.size === 1, "the exit");
    os.pipe();
    os.blob(new Uint8Array(5));
    os.watch(os.pipe().read);
    assertThrows(() => os.spawn({ argv: exits(0), env: {}, fds: [{ from: 999, to: 1 }] }), OsError);
    const pending = os.wait(null);
    os.dispose();
    assertEquals(await deadline(pending, 30_000), {
      readable: [],
      writable: [],
      children: false,
      signals: [],
    });
    machine.close();
    assertEquals(machine.openFds(os), fds);
  });
}
