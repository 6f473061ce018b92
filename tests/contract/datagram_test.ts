/** Mailboxes, kinship and the places that processes take of others: what hearing services asks of an Os. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { type FakeOs, fakeOs } from "../../lib/os/fake/mod.ts";
import { type Fd, type Os, OsError, type Pid } from "../../lib/os/mod.ts";
import { sendDatagram } from "./datagram.ts";
import { linux } from "./linux_machine.ts";
import { behave, program, shell } from "./program.ts";
import { defineTest, type Machine, type Session } from "./session.ts";

/** A machine on which we can send ourselves datagrams. */
interface Sending extends Machine {
  send(os: Os, path: string, bytes: Uint8Array<ArrayBuffer>): boolean;
  /** A folder for sockets. */
  readonly folder: string;
}

const opened = new WeakMap<Os, FakeOs>();
const fake: Sending = {
  name: "fake",
  folder: "/run",
  open() {
    const os = fakeOs({ behave });
    opened.set(os, os);
    return os;
  },
  close() {},
  signalUs() {},
  connect: (os, path) => opened.get(os)!.connect(path),
  self: { pid: 1, uid: 0, gid: 0 },
  state: () => "S",
  openFds: (os) => opened.get(os)!.openFds(),
  send(os, path, bytes) {
    opened.get(os)!.post(path, bytes);
    return true;
  },
};
const folder = Deno.makeTempDirSync({ prefix: "denit-mail-" });
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
const real: Sending = { ...linux, folder, send: (_os, path, bytes) => sendDatagram(path, bytes) };

const text = (value: string) => new TextEncoder().encode(value);

for (const machine of [fake, real]) {
  const test = (name: string, body: (session: Session, path: string) => Promise<void> | void) => {
    defineTest(machine, name, (session) => body(session, join(machine.folder, "mailbox")));
  };

  test("receive() gives letters one by one, each with who has sent it", (session, path) => {
    const { os } = session;
    const mailbox = os.mailboxAt(path, 0o666);
    assertEquals(os.receive(mailbox), null);
    assert(machine.send(os, path, text("READY=1")));
    assert(machine.send(os, path, text("STATUS=a\nSTATUS=b")));
    const letters = [os.receive(mailbox)!, os.receive(mailbox)!];
    assertEquals(letters.map(({ bytes }) => new TextDecoder().decode(bytes)), [
      "READY=1",
      "STATUS=a\nSTATUS=b",
    ]);
    for (const { pid, uid, gid, whole, fds } of letters) {
      assertEquals({ pid, uid, gid }, machine.self);
      assertEquals([whole, fds], [true, []]);
    }
    assertEquals(os.receive(mailbox), null);
    os.close(mailbox);
  });

  test("watch() reports a mailbox with a letter, and none without", async ({ os }, path) => {
    const mailbox = os.mailboxAt(path, 0o666);
    os.watch(mailbox);
    assertEquals(os.poll(), null);
    machine.send(os, path, text("x"));
    assertEquals((await os.wait(null)).readable, [mailbox]);
    os.receive(mailbox);
    assertEquals(os.poll(), null);
    os.close(mailbox);
  });

  test("receive() says that a letter of more than 64 KiB is not whole, and cuts it off", ({ os }, path) => {
    const mailbox = os.mailboxAt(path, 0o666);
    for (const length of [65_536, 65_537]) {
      assert(machine.send(os, path, new Uint8Array(length).fill(7)));
      const { bytes, whole } = os.receive(mailbox)!;
      assertEquals([bytes.length, bytes.at(-1), whole], [65_536, 7, length === 65_536]);
    }
    os.close(mailbox);
  });

  test("receive() takes an empty letter for a letter", ({ os }, path) => {
    const mailbox = os.mailboxAt(path, 0o666);
    machine.send(os, path, new Uint8Array());
    assertEquals(os.receive(mailbox)?.bytes.length, 0);
    os.close(mailbox);
  });

  test(
    "mailboxAt() refuses a path that is too long for a socket, and takes one of 107 bytes",
    ({ os }, path) => {
      const long = path + "x".repeat(108 - path.length);
      const error = assertThrows(() => os.mailboxAt(long, 0o666), OsError);
      assertEquals([error.code, error.call], ["ENAMETOOLONG", "listen at"]);
      os.close(os.mailboxAt(long.slice(0, 107), 0o666));
    },
  );

  test(
    "mailboxAt() replaces a mailbox that was left over, and close() takes its path away",
    ({ os }, path) => {
      const left = os.mailboxAt(path, 0o666);
      const mailbox = os.mailboxAt(path, 0o666);
      machine.send(os, path, text("x"));
      assertEquals([os.receive(left), os.receive(mailbox)?.bytes.length], [null, 1]);
      os.close(mailbox);
      os.close(left);
      const fault = (() => {
        try {
          return machine.send(os, path, text("x"));
        } catch {
          return false;
        }
      })();
      assertEquals(fault, false);
    },
  );

  test("kinOf() tells parent, group and session, and nothing of nobody", async (session) => {
    const { os } = session;
    const { pid, out } = session.listenTo(hasSleeper);
    const child = await pidSaid(session, out);
    assertEquals(os.kinOf(pid), {
      parent: machine.self.pid,
      group: pid,
      session: pid,
      user: machine.self.uid,
      ended: false,
    });
    assertEquals(os.kinOf(child)?.parent, pid);
    assertEquals(os.kinOf(child)?.group, pid);
    os.kill(pid, "SIGKILL", "group");
    await session.exit(pid);
    await session.until(() => os.kinOf(child) === null, "the end of the child");
    assertEquals(os.kinOf(pid), null);
  });

  test("adopt() lets another process take the place of one, whose end then spares the group", async (session) => {
    const { os } = session;
    const { pid, out } = session.listenTo(hasSleeper);
    const heir = await pidSaid(session, out);
    os.adopt(heir, pid);
    os.kill(pid, "SIGKILL", "process");
    assertEquals(await session.exit(pid), { signal: "SIGKILL", core: false });
    assertEquals(os.kinOf(heir)?.parent, machine.self.pid);
    os.kill(heir, "SIGTERM", "process");
    assertEquals(await session.exit(heir), { signal: "SIGTERM", core: false });
  });

  test("isSame() knows an open file by any of its descriptors", ({ os }) => {
    const { read, write } = os.pipe();
    assertEquals([os.isSame(read, read), os.isSame(read, write)], [true, false]);
    os.close(read);
    os.close(write);
  });

  test("watchEnd() reports that the other side is gone, and not that there is something to read", async (session) => {
    const { os } = session;
    const { read, write } = os.pipe();
    session.start(saysAndEnds, { fds: [{ from: write, to: 3 }] });
    os.close(write);
    os.watchEnd(read);
    const { readable } = await waitFor(os, (wakeup) => wakeup.readable.length > 0);
    assertEquals(readable, [read]);
    const buffer = new Uint8Array(10);
    assertEquals([os.read(read, buffer), os.read(read, buffer)], [1, 0]);
    os.close(read);
  });
}

/** Has a child in its group, whose pid it tells; both stay. */
const hasSleeper = program(["/bin/sh", "-c", "sleep 1000 & echo $!; wait"], {
  steps: [{ fork: { steps: [{ write: ({ pid }) => `${pid}\n`, to: 1 }] } }],
});
const saysAndEnds = shell("printf x >&3; exec 3>&-; exit 0", { steps: [{ write: "x", to: 3 }, { exit: 0 }] });

async function pidSaid(session: Session, out: Fd): Promise<Pid> {
  await session.until(() => session.sofar(out).includes("\n"), "a pid");
  return Number(session.sofar(out));
}

/** Waits without reading what there is. */
async function waitFor(os: Os, holds: (wakeup: Awaited<ReturnType<Os["wait"]>>) => boolean) {
  for (;;) {
    const wakeup = await os.wait(null);
    if (holds(wakeup)) return wakeup;
    if (wakeup.children) os.reap();
  }
}

const test = (name: string, body: (session: Session) => Promise<void> | void) => defineTest(real, name, body);

test("mailboxAt() makes the socket with the permissions that were asked for, whatever the umask", ({ os }) => {
  const umask = Deno.umask(0o077);
  try {
    const path = join(folder, "mode");
    const mailbox = os.mailboxAt(path, 0o666);
    assertEquals(Deno.statSync(path).mode! & 0o777, 0o666);
    os.close(mailbox);
  } finally {
    Deno.umask(umask);
  }
});

test("mailboxAt() replaces no file that is not a socket", ({ os }) => {
  const path = join(folder, "file");
  Deno.writeTextFileSync(path, "mine");
  const error = assertThrows(() => os.mailboxAt(path, 0o666), OsError);
  assertEquals(error.code, "EADDRINUSE");
  assertEquals(Deno.readTextFileSync(path), "mine");
});

test("adopt() tells of the end of a process that another one reaps", async (session) => {
  const { os } = session;
  const { pid, out } = session.listenTo([
    "/bin/sh",
    "-c",
    "sleep 1000 & echo $!; wait; echo reaped; sleep 1000",
  ]);
  const child = await pidSaid(session, out);
  os.adopt(child, pid);
  os.kill(child, "SIGKILL", "process");
  assertEquals(await session.exit(child), { code: 255 });
  await session.until(() => session.sofar(out).includes("reaped"), "its own parent's word of it");
  assertEquals(os.kinOf(pid)?.ended, false);
});
