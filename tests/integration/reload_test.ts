/** `initctl reload`: a signal to the process of a service, or a command beside it. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { join } from "@std/path";
import { ControlClient } from "../../lib/control/client.ts";
import type { Reply } from "../../lib/control/reply.ts";
import { type Init, withInit } from "./harness.ts";

const units = (folder: string) => `
export const signalled = defineService({
  run: () => sh('trap "echo read anew" HUP; echo >&3; while :; do sleep 0.05; done'),
  ready: notificationFd(3),
  reload: "SIGHUP",
});
export const commanded = defineService({
  deps: { signalled },
  run: () => ({ argv: ["sleep", "100000"] }),
  ready: spawned(),
  reload: () => sh('echo reloads $MAINPID; test -e ${folder}/config || { echo no config >&2; exit 3; }'),
});
export const deaf = defineService({ run: () => ({ argv: ["sleep", "100000"] }), ready: spawned() });
export const idle = defineService({ run: () => ({ argv: ["sleep", "100000"] }), ready: spawned(), reload: "SIGHUP" });
export default defineSystem({ boot: defineBundle([good, commanded, deaf]) });
`;

async function reload(init: Init, ...names: string[]): Promise<Reply> {
  const client = await ControlClient.connect(join(init.runtimeDir, "control.sock"));
  try {
    const replies = await deadline(Array.fromAsync(client.ask("reload", { names })), 30_000);
    return replies.at(-1)!;
  } finally {
    client.close();
  }
}

function faultOf(reply: Reply): string {
  assert("error" in reply, JSON.stringify(reply));
  return reply.error.message;
}

Deno.test("reload sends the signal, or runs the command with MAINPID, and tells the outcome", async () => {
  await withInit({ units }, async (init) => {
    await init.event("booted");
    await Deno.writeTextFile(join(init.folder, "config"), "");
    const reply = await reload(init, "signalled", "commanded");
    assertEquals("result" in reply && reply.result, { reloaded: ["signalled", "commanded"] });
    await init.eventually(async () => (await init.log("signalled")).includes("read anew"), "the signal");
    await init.eventually(
      async () => (await init.log("commanded")).includes(`reloads ${await init.up("commanded")}`),
      "the pid of the service in the environment of its command",
    );
    assertEquals(init.all("exited").length, 0);
  });
});

Deno.test("reload says why it failed, and why it cannot be", async () => {
  await withInit({ units }, async (init) => {
    await init.event("booted");
    assertEquals(
      faultOf(await reload(init, "commanded")),
      "cannot reload commanded: its command ended: exit code 3",
    );
    await init.eventually(async () => (await init.log("commanded")).includes("no config"), "its words");
    assertStringIncludes(faultOf(await reload(init, "deaf")), "cannot reload deaf: it does not say how");
    assertEquals(faultOf(await reload(init, "idle")), "cannot reload idle: it is not up");
  });
});
