/** `initctl do`: what a service can be told to do by the names that its definition gives. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { ask, faultOf, resultOf } from "./ask.ts";
import { withInit } from "./harness.ts";
import { initctl } from "./initctl.ts";

const units = () => `
export const web = defineService({
  run: () => sh('trap "echo rotates" USR1; trap "exit 0" TERM; echo >&3; exec 3>&-; while :; do sleep 0.02; done'),
  ready: notificationFd(3),
  reload: "SIGUSR1",
  verbs: {
    "rotate-logs": "SIGUSR1",
    flush: () => sh("echo flushes $MAINPID"),
    fail: () => sh("exit 3"),
    hang: () => sh("echo hangs; exec sleep 100003"),
    throw: () => { throw new Error("not today"); },
  },
});
export const idle = defineService({ run: () => ({ argv: ["sleep", "100000"] }), ready: spawned(), verbs: { poke: "SIGHUP" } });
export default defineSystem({ boot: defineBundle([good, web]) });
`;

Deno.test("do sends the signal, or runs the command with MAINPID, and tells the outcome", async () => {
  await withInit({ units }, async (init) => {
    await init.event("booted");
    const pid = await init.up("web");
    assertEquals(resultOf(await ask(init, "do", { name: "web", action: "rotate-logs" })), { done: ["web"] });
    await init.eventually(async () => (await init.log("web")).includes("rotates"), "the signal");
    assertEquals(resultOf(await ask(init, "do", { name: "web", action: "flush" })), { done: ["web"] });
    await init.eventually(async () => (await init.log("web")).includes(`flushes ${pid}`), "the command");
    assertEquals(resultOf(await ask(init, "do", { name: "web", action: "reload" })), { reloaded: ["web"] });
    const failed = faultOf(await ask(init, "do", { name: "web", action: "fail" }));
    assertEquals(failed.message, "cannot have web do fail: its command ended: exit code 3");
    const thrown = faultOf(await ask(init, "do", { name: "web", action: "throw" }));
    assertEquals(thrown.message, "cannot have web do throw: not today");
    assertEquals(init.all("exited", "web"), []);
  });
});

Deno.test("do says what a service can do, and that it must be up", async () => {
  await withInit({ units }, async (init) => {
    await init.event("booted");
    const unknown = faultOf(await ask(init, "do", { name: "web", action: "dance" }));
    assertEquals(unknown.message, "cannot have web do dance: it has no such verb");
    assertEquals(unknown.cure, "it can rotate-logs, flush, fail, hang, throw, reload");
    assertEquals(
      faultOf(await ask(init, "do", { name: "good", action: "dance" })).cure,
      "give its definition verbs",
    );
    const idle = faultOf(await ask(init, "do", { name: "idle", action: "poke" }));
    assertEquals(idle.message, "cannot have idle do poke: it is not up");
    assertStringIncludes(
      faultOf(await ask(init, "do", { name: "nobody", action: "x" })).message,
      "no such service",
    );
  });
});

Deno.test("do leaves nothing when the process of the service ends, or everything does", async () => {
  await withInit({ units }, async (init) => {
    await init.event("booted");
    const first = await init.up("web");
    const hanging = ask(init, "do", { name: "web", action: "hang" });
    await init.eventually(() => init.commands().includes("sleep 100003"), "the command");
    init.kill(first, "SIGKILL");
    const message = "cannot have web do hang: its command ended: killed by SIGKILL";
    assertEquals(faultOf(await hanging).message, message);
    await init.up("web", first);
    // Nobody may be left when init has ended, and the harness sees to that.
    await ask(init, "do", { name: "web", action: "hang", noWait: true });
    await init.eventually(() => init.commands().includes("sleep 100003"), "the command");
  });
});

Deno.test("initctl do tells by its exit code and its words, and Tab knows the verbs", async () => {
  await withInit({ units }, async (init) => {
    await init.event("booted");
    assertEquals((await initctl(init, "do", "web", "flush")).code, 0);
    const failed = await initctl(init, "do", "web", "fail");
    assertEquals(failed.code, 1);
    assertStringIncludes(failed.stderr, "cannot have web do fail: its command ended: exit code 3");
    const { stdout } = await initctl(init, "__complete", "do", "web", "f");
    assertEquals(stdout, "flush\t\nfail\t\n");
  });
});
