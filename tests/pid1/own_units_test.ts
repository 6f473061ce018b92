import { assert, assertEquals, assertMatch } from "@std/assert";
import { delay } from "@std/async/delay";
import { join } from "@std/path";
import { at, Boot, bootCommand, checkout, journalIn } from "./machine.ts";

const UNITS = `
import { defineBundle, defineService, defineSystem, seconds, spawned, tcpProbe } from "denit";

const sh = (text: string) => ({ argv: ["/bin/sh", "-c", text] }) as const;

/** Tries to leave something behind, and fails where the root is the host's. */
export const vandal = defineService({
  kind: "oneshot",
  run: () => sh("echo x > FOLDER/mark && echo x > /etc/denit-was-here && [ ! -w /proc/sysrq-trigger ] && [ ! -w /proc/sys/kernel/hostname ]"),
});
export const stubborn = defineService({
  deps: { vandal },
  run: () => sh("trap '' TERM; while :; do sleep 1; done"),
  ready: spawned(),
  stop: { timeout: seconds(300) },
});
export const web = defineService({
  deps: { vandal },
  run: () => ({ argv: ["FOLDER/web"] }),
  ready: tcpProbe({ port: 8099 }),
});
export default defineSystem({ boot: defineBundle([web, stubborn]) });
`;

const WEB = `#!/bin/sh
exec ${Deno.execPath()} eval --no-config 'for await (const c of Deno.listen({ port: 8099 })) c.close()'
`;

Deno.test("boot --units boots a user's own services, which reach neither the host's files nor its network", async () => {
  const folder = await Deno.makeTempDir({ prefix: "denit-own-" });
  try {
    const units = join(folder, "units.ts"), journal = join(folder, "boot.jsonl");
    await Deno.writeTextFile(units, UNITS.replaceAll("FOLDER", folder));
    await Deno.writeTextFile(join(folder, "web"), WEB, { mode: 0o755 });
    const boot = new Boot({ args: ["--units", units, "--out", join(folder, "dist"), "--journal", journal] });
    await boot.see(/no stand-ins/);
    await boot.see(/booted in/);
    assertEquals(await reaches(8099), false);
    boot.process.kill("SIGINT");
    await boot.see(/SIGTERM: shutting down/);
    // Nobody waits 300 s for the stubborn one. A repetition is taken for an echo at first, so it is sent until heard.
    while (!boot.text.includes("SIGTERM: hurrying")) {
      boot.process.kill("SIGINT");
      const soon = new AbortController();
      const pause = delay(100, { signal: soon.signal }).catch(() => {});
      await Promise.race([boot.see(/SIGTERM: hurrying/), pause]);
      soon.abort();
    }
    const { code } = await boot.end();
    // What had to be killed has not ended cleanly.
    assertEquals(code, 1, boot.text);
    assertMatch(boot.text, /shut down in/);
    const entries = await journalIn(journal);
    assert(at(entries, "up", "vandal") < at(entries, "starting", "web"));
    for (const path of [join(folder, "mark"), "/etc/denit-was-here"]) {
      assertEquals(await Deno.lstat(path).then(() => path, () => null), null);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("boot names the setting of the kernel that forbids namespaces", async () => {
  // In a user namespace of our own we may set the limits that hold for what is made in it.
  const script =
    `echo 0 > /proc/sys/user/max_user_namespaces; echo 0 > /proc/sys/user/max_mnt_namespaces; exec "$@"`;
  const inside = ["unshare", "--user", "--map-root-user", "sh", "-c", script, "sh"];
  const boot = new Boot({ command: [...inside, ...bootCommand(checkout)], args: ["--init", "/bin/true"] });
  const { code } = await boot.end();
  assertEquals(code, 111, boot.text);
  assertMatch(boot.text, /cannot enter namespaces: .*\n.*sysctl -w user.max_user_namespaces=/);
});

async function reaches(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ port })).close();
    return true;
  } catch {
    return false;
  }
}
