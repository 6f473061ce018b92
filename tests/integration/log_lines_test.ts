import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { type Init, namespaces, unshare, withInit } from "./harness.ts";

/** The files of a log, oldest first. */
function files(init: Init, service: string): string[] {
  const folder = join(init.runtimeDir, "log");
  const age = (name: string) => Number(name.split(".")[2] ?? 0);
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
  const own = names.filter((name) => name.startsWith(`${service}.log`));
  return own.sort((a, b) => age(b) - age(a)).map((name) => join(folder, name));
}

function whole(init: Init, service: string): string {
  return files(init, service).map((path) => Deno.readTextFileSync(path)).join("");
}

const stamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z /;

Deno.test("supervise has every line and every byte in the log, over many files", async () => {
  const units = () =>
    `const many = { maxSize: 131072, keep: 100 };
    export const talker = defineService({ kind: "oneshot", run: () => sh("seq 200000"), log: many });
    export const plain = defineService({ kind: "oneshot", run: () => sh("seq 200000"), log: { ...many, stamp: "none" } });
    export default defineSystem({ boot: defineBundle([good, talker, plain]) });`;
  await withInit({ units, args: ["--once"] }, async (init) => {
    assertEquals(await init.ended(), 0);
    const expected = Array.from({ length: 200_000 }, (_, index) => `${index + 1}\n`).join("");
    assert(whole(init, "plain") === expected, "the same bytes");
    const lines = whole(init, "talker").split("\n").slice(0, -1);
    assertEquals(lines.length, 200_000);
    assert(lines.every((line) => stamp.test(line)), "every line has a time");
    assert(lines.map((line) => `${line.replace(stamp, "")}\n`).join("") === expected, "the same lines");
    assert(files(init, "talker").length > 40);
    for (const path of files(init, "talker")) assert(Deno.statSync(path).size <= 131_072);
  });
});

Deno.test("supervise loses no line of a process that is killed, and has none twice", async () => {
  // What it has printed it notes elsewhere, so that there is something to compare the log with.
  const units = (folder: string) =>
    `export const counter = defineService({
      run: () => sh("n=0; while :; do n=$((n+1)); echo $$ $n; echo $n >>${folder}/printed.$$; done"),
      ready: spawned(), restart: { delay: seconds(0) }, log: { maxSize: 65536, keep: 100 },
    });
    export default defineSystem({ boot: defineBundle([good, counter]) });`;
  await withInit({ units }, async (init) => {
    const pids: number[] = [];
    for (let round = 1; round <= 4; round++) {
      const pid = await init.up("counter", pids.at(-1) ?? null);
      pids.push(pid);
      const before = files(init, "counter").length;
      await init.eventually(() => files(init, "counter").length > before + 1, "some more files of the log");
      init.kill(pid, "SIGKILL");
      await init.event("exited", "counter", round);
    }
    init.signal("SIGTERM");
    assertEquals(await init.ended(), 0);
    const lines = whole(init, "counter").split("\n").map((line) => line.replace(stamp, "").split(" "));
    for (const pid of pids) {
      const own = lines.filter(([who]) => who === String(pid)).map(([, number]) => Number(number));
      assertEquals(own, own.map((_, index) => index + 1), "no gap, none twice, nothing out of order");
      const noted = Deno.readTextFileSync(`${init.folder}/printed.${pid}`).split("\n").length - 1;
      assert(own.length === noted || own.length === noted + 1, `${own.length} of ${noted} lines`);
    }
  });
});

Deno.test("supervise keeps garbage as it is, ends a last line that has no end, and breaks one that is too long", async () => {
  const units = (folder: string) =>
    `const once = (text, log) => defineService({ kind: "oneshot", run: () => sh(text), log });
    export const garbage = once("head -c 900000 /dev/urandom | tee ${folder}/garbage", { stamp: "none", lineLimit: 10000000 });
    export const torn = once("echo one; printf two");
    export const long = once("head -c 100500 /dev/zero | tr '\\\\0' x; echo", { lineLimit: 1000 });
    export const screen = once("echo for all to see", { to: "console" });
    export const silent = once("echo for nobody", { to: "none" });
    export default defineSystem({ boot: defineBundle([good, garbage, torn, long, screen, silent]) });`;
  await withInit({ units, args: ["--once"] }, async (init) => {
    assertEquals(await init.ended(), 0);
    const given = await Deno.readFile(`${init.folder}/garbage`);
    const kept = await Deno.readFile(files(init, "garbage")[0]!);
    assertEquals(given.length, 900_000);
    assert(given.every((byte, index) => byte === kept[index]), "the same bytes");
    assert(kept.length <= given.length + 1, "and at most the end of the last line");
    assertEquals(await init.log("torn"), "one\ntwo\n");
    const parts = whole(init, "long").split("\n").slice(0, -1);
    assertEquals(parts.length, 101);
    assert(
      parts.every((part, index) => part.slice(30, 32) === (index === 0 ? " x" : "+x")),
      "a plus says so",
    );
    assertEquals((await init.log("long")).replaceAll("\n", ""), "x".repeat(100_500));
    assert(/\] screen: for all to see$/m.test(init.console), "it is on the console");
    assertEquals(files(init, "screen"), []);
    assertEquals(files(init, "silent"), []);
  });
});

Deno.test(
  "supervise drops the oldest lines where the disk is full, and says so",
  { ignore: !namespaces },
  async () => {
    // 20,000 lines of 132 bytes do not fit into 1 MiB; the newest do.
    const units = (folder: string) =>
      `export const talker = defineService({ kind: "oneshot", log: { maxSize: 65536, keep: 100 },
      run: () => sh("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); echo $i ${"x".repeat(94)}; done") });
    export const copy = defineService({ kind: "oneshot", deps: { talker }, run: () => sh("cp ${folder}/full/* ${folder}/copy") });
    export default defineSystem({ boot: defineBundle([good, copy]) });`;
    const script = 'mkdir "$0/full" "$0/copy" && mount -t tmpfs -o size=1m none "$0/full" && exec "$@"';
    const wrap = (folder: string) => unshare("sh", "-c", script, folder);
    // Of another path than the default: the journal is not to be full as well.
    const args = (folder: string) => ["--log-dir", `${folder}/full`, "--once"];
    await withInit({ units, wrap, args }, async (init) => {
      assertEquals(await init.ended(), 0);
      await init.says("cannot write to the log of talker: No space left on device");
      const names = [...Deno.readDirSync(join(init.folder, "copy"))].map(({ name }) => name);
      const age = (name: string) => Number(name.split(".")[2] ?? 0);
      const own = names.filter((name) => name.startsWith("talker")).sort((a, b) => age(b) - age(a));
      const text = own.map((name) => Deno.readTextFileSync(join(init.folder, "copy", name))).join("");
      const lines = text.split("\n").slice(0, -1).map((line) => line.replace(stamp, ""));
      assert(
        lines.some((line) =>
          /^denit: \d+ bytes of older lines had to make room on the full disk$/.test(line)
        ),
      );
      const numbers = lines.filter((line) => !line.startsWith("denit: ")).map((line) =>
        Number(line.split(" ")[0])
      );
      assertEquals(numbers.at(-1), 20_000, "the newest lines are there");
      assert(numbers.length > 5000, "it uses most of the disk");
      assertEquals(
        numbers.slice(1),
        numbers.slice(1).map((_, at) => 20_002 - numbers.length + at),
        "without a gap",
      );
    });
  },
);

Deno.test("supervise is not held up by a disk that hangs", async () => {
  // A pipe that nobody reads takes 64 KiB, and then keeps whoever writes waiting without end.
  const units = (folder: string) =>
    `new Deno.Command("mkfifo", { args: ["${folder}/run/log/talker.log"] }).outputSync();
    export const talker = defineService({ kind: "oneshot", run: () => sh("seq 15000") });
    export const next = defineService({ deps: { talker }, run: () => sh("echo ready >&3; exec sleep 1000"), ready: notificationFd(3) });
    export default defineSystem({ boot: defineBundle([good, next]) });`;
  const wrap = (folder: string) => ["sh", "-c", 'mkdir "$0" && exec "$@"', `${folder}/run/log`];
  await withInit({ units, wrap }, async (init) => {
    init.kill(await init.up("good"), "SIGKILL");
    await init.event("up", "good", 2);
    await init.up("next");
    await init.says("cannot wait longer for the log of talker: its last lines may be missing");
    init.signal("SIGTERM");
    assertEquals(await init.ended(), 0);
  });
});
