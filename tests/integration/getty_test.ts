/** Terminals at which people log in. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ask, resultOf } from "./ask.ts";
import { Terminal } from "../fixtures/terminal.ts";
import { withInit } from "./harness.ts";

/** Whether there is an agetty(8), and we may open terminals for others. */
function hasAgetty(): boolean {
  try {
    return Deno.statSync("/sbin/agetty").isFile && Deno.uid() === 0;
  } catch {
    return false;
  }
}

Deno.test({
  name: "getty() asks who is there, gives a session with job control, and asks again after the logout",
  ignore: !hasAgetty(),
  fn: async () => {
    using terminal = new Terminal();
    const units = (folder: string) => {
      const login = `${folder}/login`;
      Deno.writeTextFileSync(login, '#!/bin/sh\necho "welcome $*"; PS1="> " exec /bin/sh -i\n', {
        mode: 0o755,
      });
      return `
export const tty = getty({ tty: "${terminal.path.slice("/dev/".length)}", term: "vt100",
  options: ["--login-program", "${login}", "--nohostname", "--issue-file", "/dev/null"] });
export default defineSystem({ boot: defineBundle([good, tty]) });`;
    };
    await withInit({ units }, async (init) => {
      const first = await init.up("tty");
      await terminal.see(/login: /);
      terminal.type("somebody\r");
      const greeting = await terminal.see(/> $/);
      assertMatch(greeting, /welcome .*somebody/);
      assert(!greeting.includes("job control"), greeting);
      terminal.type("echo $TERM; tty; cut -d' ' -f1,6,8 /proc/$$/stat; echo se''en\r");
      const answer = await terminal.see(/seen\r\n/);
      assertStringIncludes(answer, `vt100\r\n${terminal.path}\r\n`);
      // Process, session, and the group in the foreground of the terminal.
      assertMatch(answer, new RegExp(`\\n${first} ${first} \\d+\\r\\n`));
      terminal.type("sh -c 'echo n\"\"ow; exec sleep 1000'\r");
      await terminal.see(/now\r\n/);
      terminal.type("\x03");
      await terminal.see(/\r\n> $/);
      terminal.type("exit\r");
      const second = await init.up("tty", first);
      await terminal.see(/login: /);
      terminal.type("another\r");
      await terminal.see(/> $/);
      assertEquals(init.livePid("tty"), second);
      assertEquals(resultOf(await ask(init, "stop", { names: ["tty"] })), { down: ["tty"], notes: [] });
    });
  },
});
