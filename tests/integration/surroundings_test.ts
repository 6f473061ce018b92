import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type Init, withInit } from "./harness.ts";

/** Kills a service and waits for its next process: who does that still supervises. */
async function assertSupervises(init: Init): Promise<void> {
  const pid = await init.up("good");
  init.kill(pid, "SIGKILL");
  await init.up("good", pid);
}

/** Fifty services that tell more than any pipe holds while they fail. */
const chatter = () =>
  Array.from(
    { length: 50 },
    (_, index) =>
      `export const chatter${index} = defineService({ run: () => { throw new Error("${
        "blah ".repeat(1000)
      }"); }, ready: spawned(), restart: { on: "never" } });\n`,
  )
    .join("") +
  "export const talker = defineService({ run: () => sh('echo out; echo err >&2; exec sleep 1000'), ready: spawned() });\n" +
  `export default defineSystem({ boot: defineBundle([good, talker, ${
    Array.from({ length: 50 }, (_, index) => `chatter${index}`).join(", ")
  }]) });`;

Deno.test("supervise needs no standard input, output or error", async () => {
  const wrap = () => ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"];
  await withInit({ units: chatter, wrap }, async (init) => {
    await init.event("booted");
    await assertSupervises(init);
    await init.eventually(async () => await init.log("talker") === "out\nerr\n", "the log");
    init.signal("SIGTERM");
    // The boot was not good, as the chatterers have failed.
    assertEquals(await init.ended(), 1);
    assertEquals(init.all("end")[0]!.clean, true);
  });
});

Deno.test("supervise goes on where its console is closed", async () => {
  await withInit({ units: chatter, console: "closed" }, async (init) => {
    await init.event("booted");
    await assertSupervises(init);
    init.signal("SIGTERM");
    assertEquals(await init.ended(), 1);
    assertEquals(init.all("end")[0]!.clean, true);
  });
});

Deno.test("supervise goes on where nobody reads its console, and ends all the same", async () => {
  await withInit({ units: chatter, console: "unread" }, async (init) => {
    await init.event("booted");
    await assertSupervises(init);
    init.signal("SIGTERM");
    await init.event("end");
    assertEquals(await init.ended(), 1);
  });
});

Deno.test("supervise survives what units throw later, where nobody catches it, and tells of it", async () => {
  const units = () =>
    `const soon = (act) => setTimeout(act, 20);
    soon(() => { throw new Error("from a timer"); });
    soon(() => { Promise.reject(new Error("from a promise")); });
    soon(() => { queueMicrotask(() => { throw new Error("from a microtask"); }); });
    soon(() => { const down = () => down() + 1; down(); });
    soon(() => { throw null; });
    soon(() => { throw { toString() { throw new Error("hostile"); } }; });
    soon(() => { throw Object.defineProperty(new Error("x"), "stack", { get() { throw new Error("more hostile"); } }); });
    soon(() => { Promise.reject(undefined); });
    soon(() => { Deno.addSignalListener("SIGUSR2", () => { throw new Error("from a listener"); }); });
    soon(() => { new Worker("data:text/javascript,throw 1", { type: "module" }); });
    setTimeout(() => { throw new Error("the last one"); }, 60);
    export const throwing = defineService({ run: () => { soon(() => { throw new Error("from run"); }); return sh("exec sleep 1000"); }, ready: spawned() });
    export default defineSystem({ boot: defineBundle([good, throwing]) });`;
  await withInit({ units }, async (init) => {
    const told = () => init.all("fault").map(({ message }) => String(message));
    const tells = (text: string) => init.until(() => told().some((message) => message.includes(text)), text);
    for (const from of ["from a timer", "from a promise", "from a microtask", "from run", "the last one"]) {
      await tells(from);
    }
    await tells("uncaught error: RangeError: Maximum call stack size exceeded");
    init.signal("SIGUSR2");
    await tells("from a listener");
    assert(
      told().some((message) => /uncaught error: Error: from a timer\n.*units\.ts/.test(message)),
      "with stack",
    );
    await assertSupervises(init);
    init.signal("SIGTERM");
    assertEquals(await init.ended(), 0);
  });
});

/** So many services, each with a notification pipe. */
const crowd = (count: number) => () =>
  Array.from(
    { length: count },
    (_, index) =>
      `export const s${index} = defineService({ run: () => sh("echo >&3; exec sleep 1000"), ready: notificationFd(3), restart: { on: "never" } });\n`,
  )
    .join("") +
  `export default defineSystem({ boot: defineBundle([good, ${
    Array.from({ length: count }, (_, index) => `s${index}`).join(", ")
  }]) });`;

Deno.test("supervise starts more services than the soft limit of descriptors allows", async () => {
  const wrap = () => ["sh", "-c", 'ulimit -Sn 1024; exec "$@"', "sh"];
  await withInit({ units: crowd(600), wrap }, async (init) => {
    await init.event("booted");
    assertEquals(init.all("booted")[0]!.state, "ok");
    await assertSupervises(init);
    init.signal("SIGTERM");
    assertEquals(await init.ended(), 0);
  });
});

Deno.test("supervise says what it lacks where descriptors run out, and goes on with the others", async () => {
  const wrap = () => ["sh", "-c", 'ulimit -n 150; exec "$@"', "sh"];
  await withInit({ units: crowd(100), wrap }, async (init) => {
    await init.event("booted");
    assertEquals(init.all("booted")[0]!.state, "degraded");
    const failures = init.all("spawnFailed").map(({ failure }) => String(Object(failure).message));
    assert(failures.length > 0 && failures.every((message) => message.includes("EMFILE")), failures[0]);
    await assertSupervises(init);
    init.signal("SIGTERM");
    await init.ended();
    assertStringIncludes(init.console, "too many open files");
  });
});

Deno.test("supervise refuses a runtime directory that another one has", async () => {
  await withInit(
    { units: () => "export default defineSystem({ boot: defineBundle([good]) });" },
    async (init) => {
      await init.event("booted");
      const other = new Deno.Command(Deno.execPath(), {
        args: Deno.readTextFileSync(`/proc/${init.pid}/cmdline`).split("\0").slice(1, -1),
        stdin: "null",
      });
      const { code, stderr } = await other.output();
      assertEquals(code, 111);
      assertStringIncludes(
        new TextDecoder().decode(stderr),
        `cannot supervise in ${init.runtimeDir}: process ${init.pid} already does`,
      );
      await assertSupervises(init);
    },
  );
});

Deno.test("supervise that was stopped for a while catches up with what happened meanwhile", async () => {
  const units = () =>
    `export const slow = defineService({ kind: "oneshot", run: () => sh("exec sleep 1000"), timeout: seconds(0.3) });
    export default defineSystem({ boot: defineBundle([good, slow]) });`;
  await withInit({ units }, async (init) => {
    const pid = await init.up("good");
    await init.event("spawned", "slow");
    init.signal("SIGSTOP");
    init.kill(pid, "SIGKILL");
    await init.eventually(
      () => init.commands().filter((line) => line === "sleep 100000").length === 0,
      "its end",
    );
    init.signal("SIGTERM");
    init.signal("SIGCONT");
    assertEquals(await init.ended(), 0);
    assertEquals(init.all("exited", "good").length, init.all("spawned", "good").length);
  });
});
