import { assert, assertEquals, assertMatch } from "@std/assert";
import type { KernelTask } from "../../define/kernel_task.ts";
import type { Json } from "../../define/json.ts";
import { OsError } from "../error.ts";
import { perform } from "./perform.ts";

const isRoot = Deno.uid() === 0;

/** Performs tasks in namespaces of their own, as root of these; what came of each, in words for a failure. */
async function performInside(namespaces: readonly string[], ...tasks: KernelTask[]): Promise<Json[]> {
  const program = `
    import { perform } from ${JSON.stringify(new URL("./perform.ts", import.meta.url).href)};
    const outcomes = [];
    for (const task of ${JSON.stringify(tasks)}) {
      const outcome = await perform(task);
      outcomes.push(outcome instanceof Error ? outcome.message : outcome);
    }
    console.log(JSON.stringify([...outcomes, Deno.hostname()]));
  `;
  const config = new URL("../../../deno.json", import.meta.url).pathname;
  const args = [...namespaces, "--", Deno.execPath(), "eval", "--no-lock", "--config", config, program];
  const { stdout, stderr } = await new Deno.Command("unshare", { args }).output();
  const text = new TextDecoder().decode(stdout);
  assert(text !== "", new TextDecoder().decode(stderr));
  return JSON.parse(text);
}

const user = ["--user", "--map-root-user"];

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "denit-perform-" });
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("perform() names the machine", async () => {
  const before = Deno.hostname();
  const task = { kernel: "hostname", name: "fortros-7" } as const;
  const outcome = await performInside([...isRoot ? [] : user, "--uts"], task);
  assertEquals(outcome, [{ name: "fortros-7" }, "fortros-7"]);
  assertEquals(Deno.hostname(), before);
});

Deno.test("perform() says what the kernel has against a name", async () => {
  const task = { kernel: "hostname", name: "a".repeat(65) } as const;
  const [outcome] = await performInside([...isRoot ? [] : user, "--uts"], task);
  assertMatch(String(outcome), /^cannot sethostname a{65}: EINVAL/);
});

Deno.test({
  name: "perform() never names the machine around its namespace",
  ignore: !isRoot || Deno.readLinkSync("/proc/self/ns/uts") !== "uts:[4026531838]",
  async fn() {
    const task = { kernel: "hostname", name: Deno.hostname() } as const;
    const [outcome] = await performInside(["--pid", "--fork", "--mount", "--mount-proc"], task);
    assertMatch(String(outcome), /EPERM \(the name is that of a machine around us\)/);
  },
});

Deno.test("perform() switches the loopback interface on, and again", async () => {
  const task = { kernel: "loopback" } as const;
  const outcomes = await performInside([...isRoot ? [] : user, "--net"], task, task);
  assertEquals(outcomes.slice(0, 2), [{ interface: "lo" }, { interface: "lo" }]);
});

Deno.test("perform() saves a seed of 32 bytes, another one each time, for nobody else to read", async () => {
  await inFolder(async (folder) => {
    const file = `${folder}/seed`;
    const seeds: string[] = [];
    for (let time = 0; time < 2; time++) {
      assertEquals(await perform({ kernel: "save-seed", file }), null);
      const seed = await Deno.readFile(file);
      assertEquals(seed.length, 32);
      seeds.push(seed.join());
    }
    assert(seeds[0] !== seeds[1]);
    assertEquals((await Deno.stat(file)).mode! & 0o777, 0o600);
    assertEquals(Array.from(Deno.readDirSync(folder), ({ name }) => name), ["seed"]);
  });
});

Deno.test("perform() makes a seed where there is none, as it may never come to an orderly end", async () => {
  await inFolder(async (folder) => {
    const file = `${folder}/seed`;
    assertEquals(await perform({ kernel: "load-seed", file }), { bits: 0 });
    assertEquals((await Deno.readFile(file)).length, 32);
  });
});

Deno.test("perform() has replaced a seed before it gives it to the kernel, whatever comes of that", async () => {
  await inFolder(async (folder) => {
    const file = `${folder}/seed`;
    const seed = crypto.getRandomValues(new Uint8Array(600));
    await Deno.writeFile(file, seed, { mode: 0o644 });
    // Root of a user namespace may write the file, but not give the kernel anything.
    const [outcome] = await performInside(user, { kernel: "load-seed", file });
    assertMatch(String(outcome), /^cannot use the seed in \S+: EPERM/);
    const after = await Deno.readFile(file);
    assertEquals([after.length, (await Deno.stat(file)).mode! & 0o777], [32, 0o600]);
    assert(!seed.join().includes(after.join()));
  });
});

Deno.test({
  name: "perform() counts every bit of a seed, up to as many as the kernel can use",
  ignore: !isRoot,
  async fn() {
    await inFolder(async (folder) => {
      const file = `${folder}/seed`;
      for (const [bytes, bits] of [[32, 256], [512, 256], [7, 56]] as const) {
        await Deno.writeFile(file, crypto.getRandomValues(new Uint8Array(bytes)));
        const outcome = await perform({ kernel: "load-seed", file });
        if (outcome instanceof OsError && outcome.code === "EPERM") return;
        assertEquals(outcome, { bits });
      }
    });
  },
});

Deno.test("perform() marks a file with the time, and leaves what is in it", async () => {
  await inFolder(async (folder) => {
    const file = `${folder}/clock`;
    assertEquals(await perform({ kernel: "keep-clock", file }), null);
    await Deno.writeTextFile(file, "kept");
    await Deno.utime(file, 1, 1);
    const before = Date.now();
    assertEquals(await perform({ kernel: "keep-clock", file }), null);
    const { mtime } = await Deno.stat(file);
    assert(mtime!.getTime() >= before - 1, `${mtime} is before ${new Date(before)}`);
    assertEquals(await Deno.readTextFile(file), "kept");
  });
});

Deno.test("perform() does not touch a clock that is not behind", async () => {
  await inFolder(async (folder) => {
    const notBeforeFile = `${folder}/clock`;
    await Deno.writeTextFile(notBeforeFile, "");
    await Deno.utime(notBeforeFile, 86_400, 86_400);
    assertEquals(await perform({ kernel: "set-clock", notBeforeFile }), { movedBy: 0 });
  });
});

Deno.test("perform() would set a clock forward that is behind", async () => {
  await inFolder(async (folder) => {
    const notBeforeFile = `${folder}/clock`;
    await Deno.writeTextFile(notBeforeFile, "");
    const future = Date.now() / 1000 + 3600;
    await Deno.utime(notBeforeFile, future, future);
    // Root of a user namespace may not: nobody's clock is set by a test.
    const [outcome] = await performInside(user, { kernel: "set-clock", notBeforeFile });
    assertMatch(String(outcome), /^cannot set the clock: EPERM/);
  });
});

Deno.test("perform() tells what is wrong with a file", async () => {
  await inFolder(async (folder) => {
    const outcome = await perform({ kernel: "load-seed", file: folder });
    assert(outcome instanceof OsError);
    assertEquals(outcome.message, `cannot use the random seed in ${folder}: EISDIR (is a directory)`);
  });
});
