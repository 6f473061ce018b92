import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Terminal } from "../../tests/fixtures/terminal.ts";
import { linuxOs } from "../os/linux/mod.ts";
import { consoleTerminal, rescueShell, type ShellReason } from "./rescue_shell.ts";

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
  const greeting = await terminal.see(/\n[^\n]*# $/);
  assertStringIncludes(greeting, "The boot has failed: $(not ready) is 'web'.\r\n");
  assertStringIncludes(
    greeting,
    `This is a shell on ${terminal.path}. When you leave it (exit, or Ctrl-D), the machine reboots.`,
  );
  assertEquals(greeting.includes("job control"), false, greeting);
  terminal.type("echo $HOME $TERM; tty; cut -d' ' -f1,5,6,8 /proc/$$/stat; echo se''en\r");
  const answer = await terminal.see(/seen\r\n/);
  assertStringIncludes(answer, `/root vt220\r\n${terminal.path}\r\n`);
  // Process, group, session, and the group in the foreground of the terminal: all the same.
  assertMatch(answer, /\n(\d+) \1 \1 \d+\r\n/);
  // Ctrl-C reaches what runs, and not the shell. Whoever speaks is in the foreground already.
  terminal.type("sh -c 'echo n\"\"ow; exec sleep 1000'\r");
  await terminal.see(/now\r\n/);
  terminal.type("\x03");
  await terminal.see(/\^C[\s\S]*# $/);
  terminal.type("echo st''ill; exit 3\r");
  await terminal.see(/still\r\n/);
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
  await terminal.see(new RegExp(`login on ${terminal.path}\r\n`));
  terminal.type("secret\r");
  await terminal.see(/got secret\r\n/);
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
