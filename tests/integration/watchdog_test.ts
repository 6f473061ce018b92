import { assertEquals, assertStringIncludes } from "@std/assert";
import { namespaces, unshare, withInit } from "./harness.ts";

/** The names and contents of a folder. */
function contents(folder: string): Record<string, string> {
  return Object.fromEntries(
    [...Deno.readDirSync(folder)].map(({ name }) => [name, Deno.readTextFileSync(`${folder}/${name}`)]),
  );
}

const watchdog = (success: string, deadline: string, file: string, more = "") =>
  `watchdog: { success: [${success}], deadline: ${deadline}, statusFile: ${file}, ${more} }`;

Deno.test("watchdog writes ok as soon as its services have been ready, and --once then ends the boot", async () => {
  const units = (folder: string) =>
    `export const key = defineService({ run: () => sh("ls ${folder}/generations/dev/status; echo >&3; exec sleep 1000"), ready: notificationFd(3) });
    export const late = defineService({ deps: { key }, run: () => sh("while [ ! -e ${folder}/generations/dev/status ]; do sleep 0.01; done; echo >&3; exec sleep 1000"), ready: notificationFd(3) });
    export default defineSystem({ boot: defineBundle([good, late]), ${
      watchdog(
        "key, good",
        "seconds(100)",
        `(generation) => "${folder}/generations/" + generation + "/status"`,
      )
    } });`;
  await withInit({ units, args: ["--once"] }, async (init) => {
    assertEquals(await init.ended(), 0);
    assertEquals(contents(`${init.folder}/generations/dev`), { status: "ok\n" });
    assertEquals(init.all("verdict").map(({ verdict, awaited }) => ({ verdict, awaited })), [{
      verdict: "ok",
      awaited: [],
    }]);
    const story = init.entries.filter(({ event, service }) =>
      ["verdict", "booted", "end"].includes(event) || event === "up" && service === "late"
    );
    assertEquals(story.map(({ event }) => event), ["verdict", "up", "booted", "end"]);
    assertStringIncludes(await init.log("key"), "No such file", "the file was not there before");
    assertStringIncludes(init.console, "generation dev is ok");
  });
});

Deno.test("watchdog writes failed at its deadline, names who is missing, and takes everything down in order", async () => {
  const units = (folder: string) =>
    `export const base = defineService({ run: () => sh("exec sleep 1000"), ready: spawned() });
    export const mute = defineService({ deps: { base }, run: () => sh("exec sleep 1000"), ready: notificationFd(3) });
    export const behind = defineService({ deps: { mute }, run: () => sh("exec sleep 1000"), ready: spawned() });
    export const flapping = defineService({ run: () => sh("exit 1"), ready: notificationFd(3) });
    export default defineSystem({ boot: defineBundle([good, behind, flapping]), ${
      watchdog("behind, good, flapping", "seconds(1.5)", `"${folder}/status/file"`)
    } });`;
  const before = (folder: string) => {
    Deno.mkdirSync(`${folder}/status`);
    Deno.writeTextFileSync(`${folder}/status/file`, "ok\n");
    return units(folder);
  };
  await withInit({ units: before }, async (init) => {
    assertEquals(await init.ended(), 2);
    assertEquals(contents(`${init.folder}/status`), { file: "failed\n" });
    const [verdict] = init.all("verdict");
    assertEquals([verdict!.verdict, verdict!.awaited], ["failed", ["behind", "flapping"]]);
    assertStringIncludes(
      init.console,
      "generation dev has failed: the deadline has passed, and not ready are behind, flapping",
    );
    const order = init.entries.filter(({ event }) => event === "exited" || event === "verdict").map((
      { event, service },
    ) => service === undefined ? event : `${service} ${event}`).filter((line) =>
      !line.startsWith("flapping")
    );
    assertEquals(order[0], "verdict");
    assertEquals(order.slice(1).filter((line) => line !== "good exited"), ["mute exited", "base exited"]);
    assertEquals(init.all("starting", "behind"), []);
  });
});

Deno.test("watchdog that stays after a failed boot leaves everything running", async () => {
  const units = (folder: string) =>
    `export const mute = defineService({ run: () => sh("exec sleep 1000"), ready: notificationFd(3) });
    export default defineSystem({ boot: defineBundle([good, mute]), ${
      watchdog("mute", "seconds(0.3)", `"${folder}/status"`, 'onFailure: "stay"')
    } });`;
  await withInit({ units }, async (init) => {
    await init.event("verdict");
    const pid = await init.up("good");
    init.kill(pid, "SIGKILL");
    await init.up("good", pid);
    assertEquals(await Deno.readTextFile(`${init.folder}/status`), "failed\n");
    init.signal("SIGTERM");
    assertEquals(await init.ended(), 2);
  });
});

Deno.test(
  "watchdog tries again where a full disk has kept it from writing ok",
  { ignore: !namespaces },
  async () => {
    const units = (folder: string) =>
      `export const eraser = defineService({ run: () => sh("while [ ! -e ${folder}/erase ]; do sleep 0.02; done; rm ${folder}/full/ballast; exec sleep 1000"), ready: spawned() });
    export default defineSystem({ boot: defineBundle([good, eraser]), ${
        watchdog("good", "seconds(100)", `"${folder}/full/status"`)
      } });`;
    const fill =
      'mkdir "$0" && mount -t tmpfs -o size=64k none "$0" && { head -c 1000000 /dev/zero >"$0/ballast" 2>/dev/null; exec "$@"; }';
    const wrap = (folder: string) => unshare("sh", "-c", fill, `${folder}/full`);
    await withInit({ units, wrap }, async (init) => {
      await init.says(/cannot write ok to .*\/full\/status: No space left on device/);
      assertEquals(init.all("verdict"), []);
      // Nothing else happens meanwhile that could wake anybody.
      await Deno.writeTextFile(`${init.folder}/erase`, "");
      const verdict = await init.event("verdict");
      assertEquals(verdict.verdict, "ok");
      const pid = await init.up("good");
      init.kill(pid, "SIGKILL");
      await init.up("good", pid);
      init.signal("SIGTERM");
      assertEquals(await init.ended(), 0);
    });
  },
);

Deno.test("watchdog ends a failed boot even where it cannot write that down", async () => {
  const units = (folder: string) => {
    Deno.writeTextFileSync(`${folder}/file`, "");
    return `export const mute = defineService({ run: () => sh("exec sleep 1000"), ready: notificationFd(3) });
      export default defineSystem({ boot: defineBundle([good, mute]), ${
      watchdog("mute", "seconds(0.3)", `"${folder}/file/status"`)
    } });`;
  };
  await withInit({ units, args: ["--once"] }, async (init) => {
    assertEquals(await init.ended(), 2);
    assertStringIncludes(init.console, `cannot write failed to ${init.folder}/file/status: `);
    assertEquals(init.all("verdict")[0]!.verdict, "failed");
  });
});

Deno.test("a service whose giving up ends everything makes the boot fail, in order and without a hurry", async () => {
  const units = (folder: string) =>
    `export const slow = defineService({ run: () => sh("trap 'sleep 0.5; exit 0' TERM; echo >&3; while :; do sleep 0.05; done"), ready: notificationFd(3) });
    export const vital = defineService({ deps: { slow }, run: () => sh("exit 1"), ready: notificationFd(3),
      restart: { giveUp: { after: 1, then: "shutdown" } } });
    export default defineSystem({ boot: defineBundle([vital, slow]), ${
      watchdog("vital", "seconds(300)", `"${folder}/status"`)
    } });`;
  await withInit({ units }, async (init) => {
    assertEquals(await init.ended(), 2);
    assertEquals(Deno.readTextFileSync(`${init.folder}/status`), "failed\n");
    assertEquals(init.all("verdict").map(({ awaited }) => awaited), [["vital"]]);
    const [exit] = init.all("exited").filter(({ service }) => service === "slow");
    assertEquals(exit!.status, { code: 0 }, "it had its time");
    assertEquals(init.all("end").map(({ clean }) => clean), [true]);
  });
});

Deno.test("a service whose giving up ends everything makes the exit code tell so where there is no watchdog", async () => {
  const units = () =>
    `export const vital = defineService({ run: () => sh("exit 1"), ready: notificationFd(3), restart: { giveUp: { after: 1, then: "shutdown" } } });
    export default defineSystem({ boot: defineBundle([good, vital]) });`;
  await withInit({ units }, async (init) => {
    assertEquals(await init.ended(), 1);
    assertEquals(init.all("end").map(({ clean }) => clean), [true]);
  });
});
