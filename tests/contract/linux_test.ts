import { assertEquals, assertThrows } from "@std/assert";
import { linuxOs } from "../../lib/os/linux/mod.ts";
import { OsError } from "../../lib/os/mod.ts";
import { linux } from "./linux_machine.ts";
import { contract } from "./suite.ts";

contract(linux);

Deno.test("Os (linux) openSocket() gives what it makes its owner and mode, and follows no link that is in the way", () => {
  const os = linuxOs();
  const folder = Deno.makeTempDirSync({ prefix: "denit-socket-" });
  try {
    const [uid, gid] = Deno.uid() === 0 ? [1, 2] : [null, null];
    for (const type of ["unix", "fifo"] as const) {
      const path = `${folder}/${type}`;
      const owner = { mode: 0o664, uid, gid };
      const socket = type === "fifo"
        ? { type, path, ...owner }
        : { type, kind: "stream", path, backlog: 1, ...owner } as const;
      const fd = os.openSocket(socket);
      const made = Deno.lstatSync(path);
      assertEquals((made.mode ?? 0) & 0o777, 0o664);
      if (uid !== null) assertEquals([made.uid, made.gid], [uid, gid]);
      os.close(fd);
      assertThrows(() => Deno.lstatSync(path), Deno.errors.NotFound);
      const victim = `${folder}/victim`;
      Deno.writeTextFileSync(victim, "", { mode: 0o600 });
      Deno.symlinkSync(victim, path);
      assertThrows(() => os.openSocket(socket), OsError, path);
      assertEquals((Deno.statSync(victim).mode ?? 0) & 0o777, 0o600);
      Deno.removeSync(path);
      Deno.writeTextFileSync(path, "");
      assertThrows(() => os.openSocket(socket), OsError, "in the way");
      Deno.removeSync(path);
    }
  } finally {
    os.dispose();
    Deno.removeSync(folder, { recursive: true });
  }
});

for (const starter of ["clone3", "posix_spawn"] as const) {
  Deno.test(`Os (linux) spawn() by ${starter} tells a process its own id, each its own`, async () => {
    const os = linuxOs(starter);
    try {
      for (let times = 0; times < 3; times++) {
        const { read, write } = os.pipe();
        const env = { PATH: "/usr/bin:/bin", OWN: "something else", LAST: "x" };
        const text = 'echo "$OWN $$ $LAST $(tr "\\0" "\\n" </proc/$$/environ | grep -c ^OWN=)"';
        const pid = os.spawn({
          argv: ["/bin/sh", "-c", text],
          env,
          ownPid: "OWN",
          fds: [{ from: write, to: 1 }],
        });
        os.close(write);
        const buffer = new Uint8Array(100);
        os.watch(read);
        while (!(await os.wait(10_000)).readable.includes(read)) os.reap();
        assertEquals(
          new TextDecoder().decode(buffer.subarray(0, os.read(read, buffer))),
          `${pid} ${pid} x 1\n`,
        );
        os.close(read);
      }
    } finally {
      os.dispose();
    }
  });
}

Deno.test("Os (linux) readPidFile() follows no link, waits for no fifo, and believes no file that everybody may write", () => {
  const os = linuxOs();
  const folder = Deno.makeTempDirSync({ prefix: "denit-pid-file-" });
  const path = `${folder}/pid`;
  try {
    const fault = () => assertThrows(() => os.readPidFile(path), OsError).code;
    assertEquals(fault(), "ENOENT");
    Deno.writeTextFileSync(path, " 412\n", { mode: 0o644 });
    assertEquals(os.readPidFile(path), { pid: 412, uid: Deno.uid()! });
    for (const text of ["", "x", "-5", "1 2", "12345678901", "9".repeat(100)]) {
      Deno.writeTextFileSync(path, text);
      assertEquals(fault(), "EINVAL", text);
    }
    Deno.writeTextFileSync(path, "412");
    Deno.chmodSync(path, 0o666);
    assertEquals(fault(), "EPERM");
    os.removePidFile(path);
    assertEquals(fault(), "ENOENT");
    Deno.writeTextFileSync(`${folder}/target`, "412");
    Deno.symlinkSync(`${folder}/target`, path);
    assertEquals(fault(), "ELOOP");
    os.removePidFile(path);
    assertEquals(fault(), "ELOOP", "a link is not ours");
    Deno.removeSync(path);
    const fifo = os.openSocket({ type: "fifo", path, mode: 0o600, uid: null, gid: null });
    assertEquals(fault(), "EINVAL");
    os.close(fifo);
  } finally {
    os.dispose();
    Deno.removeSync(folder, { recursive: true });
  }
});
