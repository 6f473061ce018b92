import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { linuxOs, writeAll } from "../os/linux/mod.ts";
import { cstring, libc } from "../os/linux/libc.ts";
import type { Fd, Os } from "../os/os.ts";
import { consoleTerminal, rescueShell, type ShellReason } from "./rescue_shell.ts";

/** From <asm-generic/ioctls.h> and <fcntl.h>. */
const TIOCSPTLCK = 0x4004_5431n, TIOCGPTN = 0x8004_5430n, O_RDWR = 2, O_NOCTTY = 0o400, O_NONBLOCK = 0o4000;

/** A terminal, and whoever sits before it: pty(7). */
class Terminal {
  readonly #master: Fd;
  readonly path: string;
  text = "";

  constructor() {
    this.#master = libc.open(cstring("/dev/ptmx"), O_RDWR | O_NOCTTY | O_NONBLOCK, 0);
    const number = new Int32Array(1);
    libc.ioctl(this.#master, TIOCSPTLCK, new Uint8Array(number.buffer));
    libc.ioctl(this.#master, TIOCGPTN, new Uint8Array(number.buffer));
    this.path = `/dev/pts/${number[0]}`;
  }

  type(text: string): void {
    writeAll(this.#master, new TextEncoder().encode(text));
  }

  /** Waits until the terminal has shown something, and gives what it showed until then. */
  async see(pattern: RegExp, os: Os): Promise<string> {
    const bytes = new Uint8Array(4096);
    for (const until = os.now() + 30_000; !pattern.test(this.text);) {
      assert(os.now() < until, `never shown: ${pattern} in ${JSON.stringify(this.text)}`);
      const count = libc.read(this.#master, bytes, BigInt(bytes.length));
      if (count > 0) this.text += new TextDecoder().decode(bytes.subarray(0, count));
      else await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const shown = this.text;
    this.text = "";
    return shown;
  }

  [Symbol.dispose](): void {
    libc.close(this.#master);
  }
}

const reason: ShellReason = {
  why: "The boot has failed: $(not ready) is 'web'.",
  then: "the machine reboots",
  say: (fault) => {
    throw new Error(fault);
  },
};

Deno.test("rescueShell() says why it is there, gives a shell of a session of its own, and waits until it is left", async () => {
  const os = linuxOs();
  using terminal = new Terminal();
  let rung = 0;
  const alarm = { due: () => os.now() + 5, ring: () => void rung++ };
  const left = rescueShell(os, reason, alarm, terminal.path, "/nowhere");
  const greeting = await terminal.see(/\n[^\n]*# $/, os);
  assertStringIncludes(greeting, "The boot has failed: $(not ready) is 'web'.\r\n");
  assertStringIncludes(
    greeting,
    `This is a shell on ${terminal.path}. When you leave it (exit, or Ctrl-D), the machine reboots.`,
  );
  assertEquals(greeting.includes("job control"), false, greeting);
  terminal.type("echo $HOME $TERM; tty; cut -d' ' -f1,5,6,8 /proc/$$/stat; echo se''en\r");
  const answer = await terminal.see(/seen\r\n/, os);
  assertStringIncludes(answer, `/root vt220\r\n${terminal.path}\r\n`);
  // Process, group, session, and the group in the foreground of the terminal: all the same.
  assertMatch(answer, /\n(\d+) \1 \1 \d+\r\n/);
  // Ctrl-C reaches what runs, and not the shell. Whoever speaks is in the foreground already.
  terminal.type("sh -c 'echo n\"\"ow; exec sleep 1000'\r");
  await terminal.see(/now\r\n/, os);
  terminal.type("\x03");
  await terminal.see(/\^C[\s\S]*# $/, os);
  terminal.type("echo st''ill; exit 3\r");
  await terminal.see(/still\r\n/, os);
  await left;
  assert(rung > 0, "the alarm was not rung meanwhile");
  os.dispose();
});

Deno.test("rescueShell() leaves it to sulogin to ask who is there", async () => {
  const os = linuxOs();
  using terminal = new Terminal();
  const login = await Deno.makeTempFile();
  await Deno.writeTextFile(login, '#!/bin/sh\necho "login on $1"; read -r answer; echo "got $answer"\n');
  await Deno.chmod(login, 0o755);
  const left = rescueShell(os, reason, null, terminal.path, login);
  await terminal.see(new RegExp(`login on ${terminal.path}\r\n`), os);
  terminal.type("secret\r");
  await terminal.see(/got secret\r\n/, os);
  await left;
  await Deno.remove(login);
  os.dispose();
});

Deno.test("rescueShell() goes on where there is no terminal", async () => {
  const os = linuxOs();
  await rescueShell(os, reason, null, "/nowhere/tty", "/nowhere");
  os.dispose();
});

Deno.test("consoleTerminal() names a terminal that can be that of a session", () => {
  assertMatch(consoleTerminal(), /^\/dev\/(?!tty0$)/);
});
