import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type Init, withInit } from "./harness.ts";

/** A daemon that does `onTerm` when it is asked to end. */
const daemon = (name: string, deps: string, onTerm: string, stop = "seconds(20)") =>
  `export const ${name} = defineService({
    deps: { ${deps} },
    run: () => sh(${
    JSON.stringify(`trap '${onTerm}' TERM; echo >&3; while :; do sleep 1000 & wait $!; done`)
  }),
    ready: notificationFd(3), stop: { timeout: ${stop} },
  });\n`;

/** The order in which services were told to stop, and ended. */
const fall = (init: Init) =>
  init.entries.filter(({ event }) => event === "stopping" || event === "down" || event === "exited").map((
    { event, service },
  ) => `${service} ${event}`);

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`supervise takes everything down in reverse order at ${signal}, each as soon as nobody needs it`, async () => {
    const units = () =>
      daemon("base", "", "exit 0") + daemon("middle", "base", "sleep 0.1; exit 0") +
      daemon("top", "middle", "sleep 0.1; exit 0") + daemon("side", "base", "exit 3") +
      `export const once = script({ deps: { base }, run: () => "a", undo: (_, output) => console.log("undone " + output) });
      export default defineSystem({ boot: defineBundle([top, side, once]) });`;
    await withInit({ units }, async (init) => {
      await init.event("booted");
      init.signal(signal);
      assertEquals(await init.ended(), 0);
      const order = fall(init);
      const before = (first: string, second: string) => {
        const [one, two] = [order.indexOf(first), order.indexOf(second)];
        assert(one !== -1 && one < two, `${first} before ${second}: ${order.join(", ")}`);
      };
      before("top exited", "middle stopping");
      before("middle exited", "base stopping");
      before("side exited", "base stopping");
      before("once down", "base stopping");
      before("side stopping", "top exited");
      assertStringIncludes(await init.log("once"), "undone a\n");
      assertStringIncludes(init.console, `${signal}: shutting down`);
      assertEquals(init.all("end")[0]!.clean, true);
      assertEquals(init.entries.at(-1)!.event, "end");
    });
  });
}

Deno.test("supervise kills what does not obey in time, and says that this was no clean end", async () => {
  const units = () =>
    daemon("deaf", "", "", "seconds(0.3)") +
    `export const frozen = defineService({ run: () => sh("exec sleep 1000"), ready: spawned(), stop: { timeout: seconds(0.3) } });
    export const other = defineService({ run: () => sh("trap '' TERM; trap 'exit 0' USR1; echo >&3; while :; do sleep 1000 & wait $!; done"),
      ready: notificationFd(3), stop: { signal: "SIGUSR1" } });
    export default defineSystem({ boot: defineBundle([good, deaf, frozen, other]) });`;
  await withInit({ units }, async (init) => {
    await init.event("booted");
    const frozen = await init.up("frozen");
    init.kill(frozen, "SIGSTOP");
    // Of two signals that wait, the kernel delivers the lesser number first.
    await init.eventually(
      () => /^State:\s+T/m.test(Deno.readTextFileSync(`/proc/${frozen}/status`)),
      "its stop",
    );
    init.signal("SIGTERM");
    assertEquals(await init.ended(), 1);
    const ends = Object.fromEntries(init.all("exited").map(({ service, status }) => [service, status]));
    assertEquals(ends, {
      good: { signal: "SIGTERM", core: false },
      deaf: { signal: "SIGKILL", core: false },
      frozen: { signal: "SIGKILL", core: false },
      other: { code: 0 },
    });
    assertEquals(init.all("end")[0]!.clean, false);
    assertMatch(init.told("deaf").at(-1)!, /not cleanly: not done after [\d.]+ s$/);
    assertStringIncludes(init.console, "everything is down, but not all of it went cleanly");
  });
});

Deno.test("supervise hurries at a second signal, and survives thousands", async () => {
  const units = () =>
    daemon("base", "", "", "seconds(1000)") + daemon("top", "base", "", "seconds(1000)") +
    "export default defineSystem({ boot: defineBundle([good, top]) });";
  await withInit({ units }, async (init) => {
    await init.event("booted");
    init.signal("SIGINT");
    await init.event("stopping", "top");
    assertEquals(init.all("stopping", "base"), []);
    for (let count = 0; count < 3000; count++) init.signal(count % 2 === 0 ? "SIGTERM" : "SIGHUP");
    await init.ended();
    assertEquals(fall(init).slice(-5), [
      "top exited",
      "top down",
      "base stopping",
      "base exited",
      "base down",
    ]);
    // Of two that wait, the kernel decides which is the first.
    assertMatch(init.console, /SIG(TERM|HUP): hurrying/);
  });
});

Deno.test("supervise leaves nothing of a process group behind, whatever its leader does", async () => {
  const units = (folder: string) =>
    `const family = (text) => ({ ready: notificationFd(3), stop: { timeout: seconds(0.5) }, restart: { delay: seconds(0) },
      run: () => sh("(trap '' TERM HUP; exec sleep 1001) & (sleep 1002 & sleep 1003) & " + text) });
    export const obedient = defineService(family("echo >&3; exec sleep 1000"));
    export const crashing = defineService(family("[ -e ${folder}/crashed ] || { touch ${folder}/crashed; echo >&3; exit 1; }; echo >&3; exec sleep 1000"));
    export const deaf = defineService(family("trap '' TERM; echo >&3; while :; do sleep 1; done"));
    export const once = defineService({ kind: "oneshot", run: () => sh("sleep 1004 & exit 0") });
    export default defineSystem({ boot: defineBundle([good, obedient, crashing, deaf, once]) });`;
  await withInit({ units }, async (init) => {
    await init.event("up", "crashing", 2);
    await init.event("booted");
    // Each of the three families has its leader, or the loop's sleep beside it, and four more; nothing of the crash is left.
    const count = (argument: number) => init.commands().filter((line) => line === `sleep ${argument}`).length;
    await init.eventually(() => [1001, 1002, 1003].every((each) => count(each) === 3), "three families");
    assertEquals(count(1004), 0, "what a oneshot leaves in its group ends with it");
    init.signal("SIGTERM");
    await init.ended();
  });
});

Deno.test("supervise may be stopped in the middle of the boot, and that is no failed boot", async () => {
  const units = (folder: string) =>
    `export const slow = defineService({ kind: "oneshot", run: () => sh("exec sleep 1000") });
    export const mute = defineService({ run: () => sh("exec sleep 1000"), ready: notificationFd(3) });
    export const later = defineService({ deps: { slow }, run: () => sh("exec sleep 1000"), ready: spawned() });
    export default defineSystem({ boot: defineBundle([good, mute, later]),
      watchdog: { success: [later], deadline: seconds(100), statusFile: "${folder}/status/file" } });`;
  await withInit({ units }, async (init) => {
    await init.event("spawned", "slow");
    await init.event("spawned", "mute");
    init.signal("SIGTERM");
    assertEquals(await init.ended(), 0);
    assertEquals(init.all("starting", "later"), []);
    assertEquals(init.all("verdict"), []);
    const status = await Deno.stat(`${init.folder}/status`).catch(() => null);
    assertEquals(status, null);
  });
});

Deno.test("supervise says so if taking down has failed, and takes down the rest", async () => {
  const units = () =>
    `export const base = defineService({ kind: "oneshot", run: () => sh("true"), undo: () => sh("echo base undone") });
    export const failing = defineService({ kind: "oneshot", deps: { base }, run: () => sh("true"), undo: () => sh("exit 5") });
    export const missing = defineService({ kind: "oneshot", deps: { base }, run: () => sh("true"), undo: () => ({ argv: ["/no/such/undo"] }) });
    export const throwing = defineService({ kind: "oneshot", deps: { base }, run: () => sh("true"), undo: () => { throw new Error("no way back"); } });
    export const hanging = defineService({ kind: "oneshot", deps: { base }, timeout: seconds(0.3), stop: { timeout: seconds(0.3) },
      run: () => sh("true"), undo: () => sh("trap '' TERM; while :; do sleep 1; done") });
    export default defineSystem({ boot: defineBundle([good, failing, missing, throwing, hanging]) });`;
  await withInit({ units, args: ["--once"] }, async (init) => {
    assertEquals(await init.ended(), 1);
    assertEquals(await init.log("base"), "base undone\n");
    const told = (name: string) => init.told(name).at(-1)!.replace(/^down after [\d.]+ s; not cleanly: /, "");
    assertEquals(told("failing"), "exit code 5");
    assertEquals(told("missing"), "cannot exec /no/such/undo: ENOENT (no such file)");
    assertStringIncludes(told("throwing"), "cannot make the command: no way back (at ");
    assertMatch(told("hanging"), /^not done after [\d.]+ s$/);
  });
});
