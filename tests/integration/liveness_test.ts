/** Services that are up and do not work any more, with real probes. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { ask, faultOf, resultOf } from "./ask.ts";
import { type Init, withInit } from "./harness.ts";

/** A boot of some services, and of `good`. */
function system(services: (folder: string) => string, boot: string) {
  return (folder: string) =>
    `${services(folder)}\nexport default defineSystem({ boot: defineBundle([good, ${boot}]) });\n`;
}

/** A daemon that is ready at once. */
const daemon = `run: () => sh('trap "exit 0" TERM; echo >&3; exec 3>&-; while :; do sleep 0.02; done'),
  ready: notificationFd(3)`;

/** Why a service was last stopped although it was up. */
async function ailment(init: Init, service: string): Promise<string> {
  const { failure } = await init.event("failed", service);
  const { type, detail } = failure as { type: string; detail: string };
  assertEquals(type, "unhealthy");
  return detail;
}

Deno.test("alive restarts a service whose file is gone, after so many looks in a row", async () => {
  const units = system((folder) => `
export const web = defineService({
  ${daemon},
  alive: { probe: fileProbe({ path: "${folder}/alive" }).probe, every: seconds(0.05), failures: 2 },
});
export const front = defineService({ deps: { web }, ${daemon} });
`, "web, front");
  await withInit({ units }, async (init) => {
    await Deno.writeTextFile(join(init.folder, "alive"), "");
    const first = await init.up("web");
    const front = await init.up("front");
    await Deno.remove(join(init.folder, "alive"));
    const detail = `not alive: file ${init.folder}/alive: No such file or directory; looked 2 times in a row`;
    assertEquals(await ailment(init, "web"), detail);
    await Deno.writeTextFile(join(init.folder, "alive"), "");
    await init.up("web", first);
    assertEquals(init.all("exited", "web")[0]!.status, { code: 0 }, "it was asked to end");
    assertEquals(init.livePid("front"), front, "who needs it has not noticed");
  });
});

Deno.test("alive tells by why what was wrong when the policy gives up", async () => {
  const units = system(() => `
export const web = defineService({
  ${daemon},
  alive: { probe: commandProbe({ command: sh("echo is ill; exit 9") }).probe, every: seconds(0.05), failures: 1 },
  restart: { on: "never" },
});`, "web");
  await withInit({ units }, async (init) => {
    await init.event("down", "web");
    const fault = faultOf(await ask(init, "wait", { names: ["web"] }));
    assertStringIncludes(
      fault.message,
      "not alive: command /bin/sh -c echo is ill; exit 9: exit code 9; looked once",
    );
  });
});

Deno.test("alive forgets a failure when a look is good again, and looks no more at what is down", async () => {
  const units = system((folder) => `
const look = sh(\`echo look >> ${folder}/looks; test $(( $(wc -l < ${folder}/looks) % 3 )) -ne 0\`);
export const web = defineService({
  ${daemon},
  alive: { probe: { type: "command", command: look }, every: seconds(0.02), failures: 2 },
});`, "web");
  await withInit({ units }, async (init) => {
    const looks = () =>
      Deno.readTextFile(join(init.folder, "looks")).then((text) => text.split("\n").length, () => 0);
    await init.up("web");
    await init.eventually(async () => await looks() > 10, "looks, of which every third fails");
    assertEquals(init.all("failed", "web"), []);
    assertEquals(resultOf(await ask(init, "stop", { names: ["web"] })), { down: ["web"], notes: [] });
    const before = await looks();
    assertEquals(resultOf(await ask(init, "start", { names: ["web"] })), { up: ["web"] });
    await init.eventually(async () => await looks() > before + 1, "looks at it when it is up again");
  });
});

Deno.test("alive gives a probe that hangs up, kills it, and leaves nothing of it", async () => {
  const units = system(() => `
export const web = defineService({
  ${daemon},
  alive: { probe: { type: "command", command: sh("exec sleep 100001") }, every: seconds(0.02), timeout: seconds(0.1) },
  restart: { on: "never" },
});
export const other = defineService({
  ${daemon},
  alive: { probe: { type: "command", command: sh("exec sleep 100002") }, every: seconds(0.02), timeout: seconds(100) },
});`, "web, other");
  await withInit({ units }, async (init) => {
    const detail =
      "not alive: command /bin/sh -c exec sleep 100001: no answer within 0.1 s; looked 3 times in a row";
    assertEquals(await ailment(init, "web"), detail);
    await init.event("down", "web");
    await init.eventually(() => init.commands().includes("sleep 100002"), "a look that hangs");
    assert(!init.commands().includes("sleep 100001"), "what looked at web was killed");
    assertEquals(resultOf(await ask(init, "stop", { names: ["other"] })), { down: ["other"], notes: [] });
    await init.eventually(() => !init.commands().includes("sleep 100002"), "the end of the look at other");
  });
});

Deno.test("alive looks by the network, and kills what does not end", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const units = system(() => `
export const web = defineService({
  run: () => sh('trap "" TERM; echo >&3; exec 3>&-; while :; do sleep 0.02; done'),
  ready: notificationFd(3),
  alive: { probe: tcpProbe({ port: ${port} }).probe, every: seconds(0.05), failures: 1 },
  stop: { timeout: seconds(0.1) },
  restart: { on: "never" },
  after: () => sh('echo $EXIT_CODE $EXIT_STATUS $SERVICE_RESULT'),
});`, "web");
  await withInit({ units }, async (init) => {
    await init.up("web");
    for (let looks = 0; looks < 2; looks++) (await listener.accept()).close();
    listener.close();
    assertStringIncludes(await ailment(init, "web"), `not alive: tcp 127.0.0.1:${port}: Connection refused`);
    await init.event("down", "web");
    await init.eventually(async () => (await init.log("web")).includes("killed KILL watchdog"), "the result");
  });
});
