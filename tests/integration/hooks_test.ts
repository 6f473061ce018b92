/** What runs before, beside and after the process of a service, and what becomes of it when things go wrong. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { ask, faultOf, resultOf } from "./ask.ts";
import { type Init, withInit } from "./harness.ts";

/** A boot of some services, and of `good`. */
function system(services: (folder: string) => string, boot: string) {
  return (folder: string) =>
    `${services(folder)}\nexport default defineSystem({ boot: defineBundle([good, ${boot}]) });\n`;
}

/** Waits until a service has logged a text so often. */
async function logged(init: Init, service: string, text: string, times = 1): Promise<void> {
  const happened = async () => (await init.log(service)).split(text).length > times;
  await init.eventually(happened, `${service} prints ${text}${times === 1 ? "" : ` ${times} times`}`);
}

/** The names of what the journal has of a service. */
function told(init: Init, service: string): string[] {
  return init.of(service).map(({ event }) => event);
}

/** A daemon that is ready at once, and does as told when it is to end. */
const daemon = (end = "exit 0") =>
  `run: () => sh('trap "${end}" TERM; echo runs; echo >&3; exec 3>&-; while :; do sleep 0.02; done'), ready: notificationFd(3)`;

Deno.test("before runs to its end before each start, and the process starts only then", async () => {
  const units = system(
    () =>
      `export const web = defineService({ ${daemon()}, before: () => sh("echo prepares; sleep 0.05; echo prepared") });`,
    "web",
  );
  await withInit({ units }, async (init) => {
    const first = await init.up("web");
    await logged(init, "web", "runs");
    assertEquals((await init.log("web")).trim().split("\n"), ["prepares", "prepared", "runs"]);
    assertEquals(told(init, "web").slice(-5), ["starting", "beforeSpawned", "spawned", "ready", "up"]);
    init.kill(first, "SIGKILL");
    await init.up("web", first);
    await logged(init, "web", "prepared", 2);
  });
});

Deno.test("before that fails vetoes the start and is named with its exit code [finit: pre-fail.sh]", async () => {
  const units = system((folder) => `
export const web = defineService({
  ${daemon()},
  before: () => sh("test -e ${folder}/config || { echo no config; exit 3; }"),
  restart: { delay: seconds(0.1), giveUp: { after: 1 } },
});
export const check = defineService({
  kind: "oneshot",
  before: () => sh("exit 7"),
  run: () => sh("echo done"),
});
export const permanent = defineService({ ${daemon()}, before: () => sh("exit 78"), restart: { permanent: [78] } });
export const missing = defineService({ ${daemon()}, before: () => ({ argv: ["/no/such/program"] }), restart: { on: "never" } });
export const fallible = defineService({ ${daemon()}, before: () => { throw new Error("not today"); }, restart: { on: "never" } });
`, "");
  await withInit(
    { units: (folder) => units(folder).replace("[good, ]", "[good]"), args: [] },
    async (init) => {
      await init.event("booted");
      const web = faultOf(await ask(init, "start", { names: ["web"] }));
      assertStringIncludes(
        web.message,
        "cannot start web: it is down: its before command ended: exit code 3; given up",
      );
      assertEquals(init.all("spawned", "web"), []);
      await logged(init, "web", "no config", 2);
      const check = faultOf(await ask(init, "start", { names: ["check"] }));
      assertStringIncludes(check.message, "its before command ended: exit code 7");
      assertEquals(await init.log("check"), "");
      const permanent = faultOf(await ask(init, "start", { names: ["permanent"] }));
      assertStringIncludes(permanent.message, "exit code 78; another try is pointless");
      const missing = faultOf(await ask(init, "start", { names: ["missing"] }));
      assertStringIncludes(missing.message, "its before command: cannot exec /no/such/program");
      const fallible = faultOf(await ask(init, "start", { names: ["fallible"] }));
      assertStringIncludes(fallible.message, "not today");
      await Deno.writeTextFile(join(init.folder, "config"), "");
      assertEquals(resultOf(await ask(init, "start", { names: ["web"] })), { up: ["web"] });
    },
  );
});

Deno.test("before that takes too long is stopped, and its stage is named [finit: pre-fail.sh]", async () => {
  const units = system(() => `
export const web = defineService({
  run: () => sh("echo runs"),
  ready: notificationFd(3, { timeout: seconds(0.3) }),
  before: () => sh('trap "" TERM; while :; do sleep 1; done'),
  stop: { timeout: seconds(0.2) },
  restart: { on: "never" },
});`, "web");
  await withInit({ units }, async (init) => {
    await init.event("booted");
    const fault = faultOf(await ask(init, "start", { names: ["web"] }));
    assertStringIncludes(fault.message, "its before command was not done after 0.3 s");
    assertEquals(init.all("spawned", "web"), []);
    assertEquals(init.all("exited", "web")[0]!.status, { signal: "SIGKILL", core: false });
  });
});

Deno.test("before that is stopped, or shut down, takes the start with it even if it ends well", async () => {
  const units = system(
    () => `
export const web = defineService({ ${daemon()}, before: () => sh('trap "exit 0" TERM; echo waits; while :; do sleep 0.02; done') });
export const other = defineService({ ${daemon()}, before: () => sh("echo waits; exec sleep 100000") });`,
    "web, other",
  );
  await withInit({ units }, async (init) => {
    await logged(init, "web", "waits");
    await logged(init, "other", "waits");
    assertEquals(resultOf(await ask(init, "stop", { names: ["web"] })), { down: ["web"], notes: [] });
    init.signal("SIGTERM");
    assertEquals(await init.ended(), 0);
    assertEquals([...init.all("spawned", "web"), ...init.all("spawned", "other")], []);
  });
});

const report = 'after: () => sh("echo after: $EXIT_CODE $EXIT_STATUS $SERVICE_RESULT")';

Deno.test("after is told how the process ended, each time, before it starts again [finit: pre-post-serv.sh, crashing.sh]", async () => {
  const units = system(() => `
export const web = defineService({
  ${daemon("exit 0")},
  ${report.replace('sh("', 'sh("sleep 0.05; ')},
  restart: { delay: seconds(0), backoff: 1 },
});
export const quick = defineService({ run: () => sh("exit 5"), ready: notificationFd(3), ${report}, restart: { on: "never" } });
export const slow = defineService({
  run: () => sh("exec sleep 100000"),
  ready: notificationFd(3, { timeout: seconds(0.2) }),
  ${report},
  restart: { on: "never" },
});
export const once = defineService({ run: () => sh("echo >&3; sleep 0.1"), ready: notificationFd(3), ${report}, restart: { on: "on-failure" } });
`, "web, quick, slow, once");
  await withInit({ units }, async (init) => {
    const first = await init.up("web");
    await logged(init, "web", "runs");
    init.kill(first, "SIGKILL");
    const second = await init.up("web", first);
    await logged(init, "web", "runs", 2);
    assertEquals((await init.log("web")).trim().split("\n"), ["runs", "after: killed KILL signal", "runs"]);
    assertEquals(
      told(init, "web").slice(-8),
      [
        "afterSpawned",
        "stopping",
        "exited",
        "blocked",
        "starting",
        "spawned",
        "ready",
        "up",
      ],
    );
    init.kill(second, "SIGSEGV");
    await logged(init, "web", "SEGV");
    assertStringIncludes(await init.log("web"), "SEGV");
    await init.up("web", second);
    assertEquals(resultOf(await ask(init, "stop", { names: ["web"] })), { down: ["web"], notes: [] });
    await logged(init, "web", "after: exited 0 success");
    await logged(init, "quick", "after: exited 5 exit-code");
    await logged(init, "slow", "after: killed TERM timeout");
    await logged(init, "once", "after: exited 0 success");
    await init.eventually(() => told(init, "once").at(-1) === "down", "the end of once");
    const [once] = init.of("once").slice(-1);
    assertEquals(Reflect.get(Object(once), "why").reason, "finished");
  });
});

Deno.test("after that fails or hangs changes nothing but a note [s6 doc: s6-supervise]", async () => {
  const units = system(() => `
export const failing = defineService({ ${daemon()}, after: () => sh("exit 9") });
export const missing = defineService({ ${daemon()}, after: () => ({ argv: ["/no/such/program"] }) });
export const hanging = defineService({
  ${daemon()},
  after: () => sh('trap "" TERM; echo hangs; while :; do sleep 1; done'),
  stop: { timeout: seconds(0.3) },
});`, "failing, missing, hanging");
  await withInit({ units }, async (init) => {
    const first = await init.up("failing");
    init.kill(first, "SIGKILL");
    await init.up("failing", first);
    assertEquals(resultOf(await ask(init, "stop", { names: ["failing", "missing", "hanging"] })), {
      down: ["failing", "hanging", "missing"],
      notes: [
        "failing is down: stopped; not cleanly: its after command ended: exit code 9",
        "hanging is down: stopped; not cleanly: its after command was not done after 0.3 s",
        "missing is down: stopped; not cleanly: its after command: cannot exec /no/such/program: ENOENT (no such file)",
      ],
    });
    assertEquals(resultOf(await ask(init, "start", { names: ["hanging"] })), { up: ["hanging"] });
  });
});

Deno.test("after that ends with 125 keeps the service from being started again [s6 doc: servicedir]", async () => {
  const units = system(
    () => `export const web = defineService({ ${daemon()}, after: () => sh("exit 125") });`,
    "web",
  );
  await withInit({ units }, async (init) => {
    init.kill(await init.up("web"), "SIGKILL");
    await init.eventually(() => told(init, "web").at(-1) === "down", "web is down");
    assertEquals(init.of("web").at(-1)?.["why"], {
      reason: "failed",
      failure: { type: "exit", status: { signal: "SIGKILL", core: false }, ready: true },
      final: "permanent",
    });
    assertEquals(resultOf(await ask(init, "start", { names: ["web"] })), { up: ["web"] });
  });
});

Deno.test("after runs to its end during a shutdown, and dependencies wait for it", async () => {
  const units = system(
    () => `
export const db = defineService({ ${daemon()} });
export const web = defineService({ deps: { db }, ${daemon()}, after: () => sh("sleep 0.1; echo cleaned up") });`,
    "db, web",
  );
  await withInit({ units }, async (init) => {
    await init.up("web");
    init.signal("SIGTERM");
    assertEquals(await init.ended(), 0);
    await logged(init, "web", "cleaned up");
    const order = init.entries.filter(({ event, service }) =>
      event === "exited" && service === "web" || event === "stopping" && service === "db"
    );
    assertEquals(order.map(({ service }) => service), ["web", "db"]);
  });
});

Deno.test("what is asked for, or stopped, while something runs after its process has its way [dinit: proctests.cc test_waitsfor_restart]", async () => {
  const units = system(
    (folder) => `
const gated = () => defineService({ ${daemon()}, after: () => sh("echo waits; until test -e ${folder}/go; do sleep 0.02; done") });
export const wanted = gated();
export const unwanted = gated();`,
    "wanted, unwanted",
  );
  await withInit({ units }, async (init) => {
    const [wanted, unwanted] = [await init.up("wanted"), await init.up("unwanted")];
    const stopping = ask(init, "stop", { names: ["wanted"] });
    await logged(init, "wanted", "waits");
    init.kill(unwanted, "SIGKILL");
    await logged(init, "unwanted", "waits");
    assert(init.console.includes("unwanted  ended: killed by SIGKILL; its after command runs"), init.console);
    const starting = ask(init, "start", { names: ["wanted"] });
    assertStringIncludes(faultOf(await stopping).message, "somebody wants it again");
    const down = ask(init, "stop", { names: ["unwanted"] });
    await Deno.writeTextFile(join(init.folder, "go"), "");
    assertEquals(resultOf(await down), { down: ["unwanted"], notes: [] });
    assertEquals(resultOf(await starting), { up: ["wanted"] });
    await init.up("wanted", wanted);
    assertEquals(init.all("spawned", "unwanted").length, 1);
  });
});

Deno.test("a second wish to shut down kills what runs after a process", async () => {
  const units = system(
    () => `
export const web = defineService({ ${daemon()}, after: () => sh('trap "" TERM; echo hangs; while :; do sleep 1; done'), stop: { timeout: seconds(100) } });`,
    "web",
  );
  await withInit({ units }, async (init) => {
    await init.up("web");
    init.signal("SIGTERM");
    await logged(init, "web", "hangs");
    init.signal("SIGTERM");
    // Not cleanly: something had to be killed.
    assertEquals(await init.ended(), 1);
  });
});

Deno.test("stop.command stops the process instead of the signal, and is run once [dinit: proctests.cc test_scripted_stop_fail]", async () => {
  const units = system((folder) => `
const stoppable = (name, command, more) => defineService({
  run: () => sh(\`trap "echo got TERM; exit 0" TERM; trap "echo got USR1; exit 0" USR1; echo >&3; exec 3>&-; while :; do sleep 0.02; done\`),
  ready: notificationFd(3),
  stop: { command: () => sh(command), timeout: seconds(0.5), ...more },
  restart: { on: "never" },
});
export const good1 = stoppable("good1", "echo stops $MAINPID; kill -USR1 $MAINPID", { timeout: seconds(100) });
export const failing = stoppable("failing", "echo stops; exit 4", { timeout: seconds(100) });
export const useless = stoppable("useless", "echo stops");
export const hanging = stoppable("hanging", "echo stops; kill -USR1 $MAINPID; exec sleep 100000");
export const stubborn = stoppable("stubborn", "echo stops; exec sleep 100000");
export const missing = defineService({
  ${daemon("echo got TERM; exit 0")},
  stop: { command: () => ({ argv: ["/no/such/program"] }), timeout: seconds(100) },
});
export const dead = stoppable("dead", "echo stops; kill -KILL $MAINPID; sleep 0.1; echo stopped; touch ${folder}/stopped", { timeout: seconds(100) });
`, "good1, failing, useless, hanging, stubborn, missing, dead");
  await withInit({ units }, async (init) => {
    await init.event("booted");
    const pid = await init.up("good1");
    const stop = async (name: string) => {
      const { notes } = resultOf(await ask(init, "stop", { names: [name] })) as { notes: string[] };
      assertEquals((await init.log(name)).split("stops").length, name === "missing" ? 1 : 2, name);
      return { notes, status: (await init.event("exited", name)).status };
    };
    const clean = { notes: [], status: { code: 0 } };
    assertEquals(await stop("good1"), clean);
    await logged(init, "good1", `stops ${pid}`);
    await logged(init, "good1", "got USR1");
    assertEquals(await stop("failing"), clean);
    await logged(init, "failing", "got TERM");
    assertEquals(await stop("missing"), clean);
    await logged(init, "missing", "got TERM");
    const killed = { signal: "SIGKILL", core: false };
    assertEquals(await stop("useless"), {
      notes: ["useless is down: stopped; not cleanly: not done after 0.5 s"],
      status: killed,
    });
    assertEquals((await stop("hanging")).status, { code: 0 });
    assertEquals((await stop("stubborn")).status, killed);
    // The process has gone first; its stop command is let finish.
    assertEquals((await stop("dead")).status, killed);
    assert((await Deno.stat(join(init.folder, "stopped"))).isFile);
  });
});

Deno.test("stop.command and after leave nothing when everything ends", async () => {
  const units = system(() => `
export const web = defineService({
  ${daemon()},
  stop: { command: () => sh("echo stops; exec sleep 100000"), timeout: seconds(0.3) },
  after: () => sh("echo after: $EXIT_CODE $SERVICE_RESULT"),
});`, "web");
  await withInit({ units }, async (init) => {
    await init.up("web");
    init.signal("SIGTERM");
    // Not cleanly: something had to be killed.
    assertEquals(await init.ended(), 1);
    await logged(init, "web", "after: killed timeout");
  });
});
