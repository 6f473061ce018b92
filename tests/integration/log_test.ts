import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { namespaces, unshare, withInit } from "./harness.ts";

Deno.test("supervise rotates the log of a service that prints without an end, and stays at hand for the others", async () => {
  const line = "0123456789".repeat(9);
  const units = (folder: string) =>
    `export const flood = defineService({ kind: "oneshot", timeout: seconds(600),
      run: () => sh("n=0; while [ $n -lt 10 ] || [ ! -e ${folder}/stop ]; do yes ${line} | head -c 10000000; n=$((n+1)); done") });
    export const noisy = defineService({ run: () => sh("echo >&3; yes noise"), ready: notificationFd(3) });
    export const victim = defineService({ run: () => sh("echo started; echo >&3; exec sleep 1000"), ready: notificationFd(3),
      restart: { delay: seconds(0) } });
    export default defineSystem({ boot: defineBundle([good, flood, noisy, victim]) });`;
  await withInit({ units }, async (init) => {
    const log = (name: string) => join(init.runtimeDir, "log", name);
    const size = (name: string) => Deno.stat(log(name)).then((stat) => stat.size, () => 0);
    await init.eventually(async () => await size("flood.log.1") > 0, "a rotated log");
    // The flood ends when we say so: all these restarts come about in the midst of it.
    for (let round = 0, pid: number | null = null; round < 10; round++) {
      init.kill(pid = await init.up("victim", pid), "SIGKILL");
    }
    await init.event("up", "victim", 11);
    assertEquals(init.all("exited", "flood"), []);
    assertEquals(init.all("backoff", "victim"), []);
    await Deno.writeTextFile(`${init.folder}/stop`, "");
    await init.event("up", "flood");
    const files = [...Deno.readDirSync(join(init.runtimeDir, "log"))].map(({ name }) => name)
      .filter((name) => name.startsWith("flood")).sort();
    assert(files.length > 1 && files.length <= 4, files.join());
    for (const name of files) assert(await size(name) <= 4.4e6, `${name} has ${await size(name)} bytes`);
    const lines = (await Deno.readTextFile(log("flood.log.1"))).split("\n").slice(1, -1);
    assert(lines.length > 1000 && lines.every((each) => each.endsWith("9")), "lines are whole");
    assertEquals(await init.log("victim"), "started\n".repeat(11));
    init.signal("SIGTERM");
    assertEquals(await init.ended(), 0);
  });
});

Deno.test("supervise has what a process printed last in its log, even if it is killed", async () => {
  const units = () =>
    `export const dying = defineService({ kind: "oneshot", run: () => sh("seq 20000; echo last words >&2; kill -9 $$") });
    export default defineSystem({ boot: defineBundle([good, dying]) });`;
  await withInit({ units, args: ["--once"] }, async (init) => {
    assertEquals(await init.ended(), 1);
    const log = await init.log("dying");
    assertEquals(log.split("\n").length, 20002);
    assert(log.endsWith("20000\nlast words\n"));
  });
});

Deno.test("supervise goes on without logs where their folder is a file", async () => {
  const units = (folder: string) => {
    Deno.writeTextFileSync(`${folder}/file`, "mine");
    return `export const talker = defineService({ kind: "oneshot", run: () => sh("seq 100000") });
      export default defineSystem({ boot: defineBundle([good, talker]) });`;
  };
  const args = (folder: string) => ["--log-dir", `${folder}/file`, "--once"];
  await withInit({ units, args }, async (init) => {
    assertEquals(await init.ended(), 0);
    assertEquals(await Deno.readTextFile(`${init.folder}/file`), "mine");
    const faults = init.all("fault").map(({ message }) => message);
    assert(faults.length > 0 && faults.length <= 4, `each is told once, not for each write: ${faults}`);
    assertStringIncludes(init.console, `cannot make the log folder ${init.folder}/file: `);
    assertStringIncludes(init.console, "cannot open the log of talker: ");
  });
});

Deno.test("supervise goes on without a journal and logs where the runtime directory is read-only", {
  ignore: !namespaces,
}, async () => {
  const units = () =>
    `export const talker = defineService({ kind: "oneshot", run: () => sh("echo hello") });
    export default defineSystem({ boot: defineBundle([good, talker]) });`;
  const script = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"';
  const wrap = (folder: string) => unshare("sh", "-c", script, `${folder}/run`);
  await withInit({ units, wrap, args: ["--once"] }, async (init) => {
    assertEquals(await init.ended(), 0);
    assertEquals(init.entries, []);
    assertStringIncludes(init.console, `cannot keep a journal in ${init.runtimeDir}: Read-only file system`);
    assertStringIncludes(
      init.console,
      `cannot make the log folder ${init.runtimeDir}/log: Read-only file system`,
    );
    assertStringIncludes(init.told("talker").join(), "done after");
    assertStringIncludes(init.console, "everything is down\n");
  });
});

Deno.test(
  "supervise goes on where the disk of its journal and logs is full",
  { ignore: !namespaces },
  async () => {
    const units = (folder: string) =>
      `export const talker = defineService({ run: () => sh("echo >&3; while :; do seq 20000; sleep 0.01; done"), ready: notificationFd(3) });
    export const victim = defineService({ run: () => sh("echo $$ >${folder}/victim; echo >&3; exec sleep 1000"), ready: notificationFd(3), restart: { delay: seconds(0), max: seconds(0) } });
    export const eraser = defineService({ run: () => sh("while [ ! -e ${folder}/erase ]; do sleep 0.02; done; rm ${folder}/run/ballast; exec sleep 1000"), ready: spawned() });
    export default defineSystem({ boot: defineBundle([good, talker, victim, eraser]) });`;
    // The journal is read through the folder of the process, as the mount is seen there only.
    const script =
      'mount -t tmpfs -o size=256k none "$0" && { head -c 200000 /dev/zero >"$0/ballast"; exec "$@"; }';
    const wrap = (folder: string) => unshare("sh", "-c", script, `${folder}/run`);
    await withInit({ units, wrap }, async (init) => {
      await init.says("cannot write to the log of talker: No space left on device");
      const inside = `/proc/${init.pid}/root${init.runtimeDir}`;
      await init.says(/victim +ready/);
      // The journal need not have had room for it.
      init.kill(Number(await Deno.readTextFile(`${init.folder}/victim`)), "SIGKILL");
      await init.eventually(
        () => init.told("victim").filter((line) => line.startsWith("ready")).length === 2,
        "its restart",
      );
      await Deno.writeTextFile(`${init.folder}/erase`, "");
      await init.eventually(() => {
        try {
          return Deno.statSync(`${inside}/log/talker.log`).size > 150_000;
        } catch {
          return false;
        }
      }, "the log, once there is room");
      for (const line of Deno.readTextFileSync(`${inside}/boot.jsonl`).trimEnd().split("\n")) {
        if (line.endsWith("}")) JSON.parse(line);
      }
      init.signal("SIGTERM");
      assertEquals(await init.ended(), 0);
    });
  },
);
