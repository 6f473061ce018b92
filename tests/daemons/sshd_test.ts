/** Debian's sshd, which is given its socket by init, and whose sessions are of no concern to it. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { ask, resultOf } from "../integration/ask.ts";
import { withInit } from "../integration/harness.ts";
import { Conversation, freePort, has, run } from "./daemon.ts";

const ignore = Deno.uid() !== 0 || !has("/usr/sbin/sshd") || !has("ssh");

/** A session of ssh(1): what is typed goes to a shell, and what that prints comes back. */
const login = (args: readonly string[]) =>
  new Conversation("ssh", [...args, "sh"], (text) => `${text}; echo done`);

Deno.test({
  name: "sshd starts when somebody logs in, and a session survives a restart and a stop of the listener",
  ignore,
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "denit-sshd-" });
    // Its own folder for those that have no rights, which its package has made at boot elsewhere.
    const made = await Deno.mkdir("/run/sshd", { mode: 0o755 }).then(() => true, () => false);
    try {
      const port = freePort();
      for (const key of ["host", "user"]) {
        await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(folder, key)]);
      }
      await Deno.copyFile(join(folder, "user.pub"), join(folder, "authorized"));
      await Deno.writeTextFile(
        join(folder, "config"),
        [
          `HostKey ${folder}/host`,
          `AuthorizedKeysFile ${folder}/authorized`,
          "StrictModes no",
          "UsePAM no",
          "PermitRootLogin yes",
          "PasswordAuthentication no",
          "PidFile none",
        ].join("\n"),
      );
      const args = [
        ...["-F", "none", "-p", String(port), "-i", `${folder}/user`],
        ...[
          "-o",
          "StrictHostKeyChecking=no",
          "-o",
          `UserKnownHostsFile=${folder}/known`,
          "-o",
          "BatchMode=yes",
        ],
        "root@127.0.0.1",
      ];
      const units = () => `
export const sshd = defineService({
  sockets: { ssh: { type: "tcp", port: ${port}, host: "127.0.0.1" } },
  start: "on-connection",
  run: () => ({ argv: ["/usr/sbin/sshd", "-D", "-e", "-f", "${folder}/config"] }),
  ready: sdNotify(),
  stop: { scope: "group" },
});
export default defineSystem({ boot: defineBundle([sshd]) });`;
      await withInit({ units, leavesSome: true }, async (init) => {
        await init.event("up", "sshd");
        assertEquals(init.all("spawned", "sshd"), [], "nobody has come yet");
        await using session = login(args);
        assertEquals(
          await session.tell("echo hello from $SSH_CONNECTION | cut -d' ' -f1-3"),
          "hello from 127.0.0.1",
        );
        const first = await init.up("sshd");
        const shell = await session.tell("echo $$");
        resultOf(await ask(init, "restart", { names: ["sshd"] }));
        assertEquals(await session.tell("echo $$"), shell, "the session goes on");
        {
          await using another = login(args);
          assert(await another.tell("echo $$") !== shell, "somebody else can log in");
        }
        const second = await init.up("sshd", first);
        assert(second !== first);
        resultOf(await ask(init, "stop", { names: ["sshd"] }));
        assertEquals(await session.tell("echo $$"), shell, "the session goes on without a listener");
        assertStringIncludes(await init.log("sshd"), "Accepted publickey for root");
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
      if (made) await Deno.remove("/run/sshd");
    }
  },
});
