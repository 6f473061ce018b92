/** The live switch: one init becomes another, and what is the same in both goes on running. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { join } from "@std/path";
import { build, silentProgress } from "../../lib/build/mod.ts";
import { ControlClient } from "../../lib/control/client.ts";
import { type Init, namespaces, type Scenario, unshare, withInit } from "./harness.ts";

/** What both generations have; `FOLDER` is where the test looks. */
const COMMON = `
import { defineBundle, defineService, defineSystem, notificationFd, seconds, spawned } from "denit";
const sh = (text: string) => ({ argv: ["/bin/sh", "-c", text] as const });
export const counter = defineService({
  run: () => sh('trap "echo ends; exit 0" TERM; echo >&3; i=0; while :; do i=$((i+1)); echo "line $i"; sleep 0.01; done'),
  ready: notificationFd(3),
  stop: { timeout: seconds(STOP) },
});
export const reader = defineService({
  run: () => sh('cat >>"$FOLDER/piped"'),
  ready: spawned(),
});
export const writer = defineService({
  run: () => sh('i=0; while :; do i=$((i+1)); echo "word $i"; sleep 0.01; done'),
  ready: spawned(),
  log: { to: reader },
});
export const idle = defineService({ run: () => ({ argv: ["sleep", "100000"] }), ready: spawned() });
`;

const OLD = COMMON.replace("STOP", "5") + `
export const changing = defineService({ run: () => ({ argv: ["sleep", "100001"] }), ready: spawned() });
export const above = defineService({
  deps: { changing },
  run: () => ({ argv: ["sleep", "100002"] }),
  ready: spawned(),
});
export const removed = defineService({
  kind: "oneshot",
  run: () => sh("true"),
  undo: () => sh('echo undone >"$FOLDER/undone"'),
});
export default defineSystem({ boot: defineBundle([counter, writer, idle, above, removed]) });
`;

const NEW = COMMON.replace("STOP", "6") + `
export const changing = defineService({ run: () => ({ argv: ["sleep", "100003"] }), ready: spawned() });
export const above = defineService({
  deps: { changing },
  run: () => ({ argv: ["sleep", "100002"] }),
  ready: spawned(),
});
export const added = defineService({ run: () => ({ argv: ["sleep", "100004"] }), ready: spawned() });
export default defineSystem({
  boot: defineBundle([counter, writer, idle, above, added]),
  watchdog: {
    success: [counter, added],
    deadline: seconds(100),
    statusFile: (generation) => \`FOLDER/\${generation}.status\`,
  },
});
`;

interface Built {
  readonly init: string;
  readonly generation: string;
}

async function built(folder: string, name: string, text: string): Promise<Built> {
  const units = join(folder, `${name}.ts`);
  await Deno.writeTextFile(units, text);
  const result = await build({ units, out: join(folder, name), progress: silentProgress });
  assert(result.ok, result.ok ? "" : result.problems.join("\n"));
  return result;
}

async function ctl({ init }: Built, run: Init, ...words: string[]): Promise<{ code: number; text: string }> {
  const { code, stdout, stderr } = await new Deno.Command(init, {
    args: ["ctl", "--runtime-dir", run.runtimeDir, ...words],
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  return { code, text: text.decode(stdout) + text.decode(stderr) };
}

/** The numbers after a word, one line each: all of them, in order, none twice. */
function assertWhole(text: string, word: string): number {
  const numbers = [...text.matchAll(new RegExp(`^${word} (\\d+)$`, "gm"))].map(([, number]) =>
    Number(number)
  );
  assertEquals(numbers, numbers.map((_, index) => index + 1));
  return numbers.length;
}

Deno.test("switch", async (test) => {
  const folder = await Deno.makeTempDir({ prefix: "denit-switch-" });
  try {
    const old = await built(folder, "old", OLD),
      next = await built(folder, "next", NEW.replace("`FOLDER", `\`${folder}`));
    const scenario = (): Scenario => ({ binary: old.init, units: () => "", env: { FOLDER: folder } });

    await test.step("initctl diff says what would become of each service, and changes nothing", async () => {
      await withInit(scenario(), async (init) => {
        await init.event("booted");
        assertEquals((await ctl(old, init, "diff", old.init)).code, 0);
        const { code, text } = await ctl(old, init, "diff", next.init);
        assertEquals(code, 1, text);
        assertStringIncludes(text, `generation ${next.generation}`);
        assertStringIncludes(text, "removed, to be stopped: removed\n");
        assertStringIncludes(text, "changed, to be started anew: changing (command)\n");
        assertStringIncludes(text, "added, to be started: added\n");
        assertStringIncludes(text, "changed while it runs: counter (stop)\n");
        const refused = await ctl(old, init, "diff", "/bin/true");
        assertEquals(refused.code, 111);
        assertStringIncludes(refused.text, "cannot run /bin/true: it is no init of Denit");
      });
    });

    const switches = async (init: Init) => {
      await init.event("booted");
      await Deno.remove(join(folder, "undone")).catch(() => {});
      const [counter, idle, above] = [
        await init.up("counter"),
        await init.up("idle"),
        await init.up("above"),
      ];
      await ctl(old, init, "stop", "idle");
      const contained = async (of: Built) => {
        const { services } = JSON.parse((await ctl(of, init, "status", "--json", "counter")).text);
        return services[0].contained;
      };
      const before = await contained(old);
      const { code, text } = await ctl(old, init, "switch", next.init);
      assertEquals(code, 0, text);
      assertStringIncludes(text, `generation ${next.generation} has taken over; its boot is ok`);
      // It went on, in the same process; its dependents too, but for those of what has changed.
      const status = JSON.parse((await ctl(next, init, "status", "--json")).text);
      const pid = (name: string) =>
        status.services.find((service: { name: string }) => service.name === name)?.pid;
      assertEquals(status.generation, next.generation);
      assertEquals(pid("counter"), counter);
      assertEquals(await contained(next), before, "the new init finds its cgroup again");
      assertEquals(pid("removed"), undefined);
      assertEquals(pid("idle"), null, "what an operator has stopped stays down");
      assert(pid("above") !== above && pid("added") > 0);
      assertEquals(await Deno.readTextFile(join(folder, "undone")), "undone\n");
      assertEquals(await Deno.readTextFile(join(folder, `${next.generation}.status`)), "ok\n");
      assert(init.commands().some((command) => command === "sleep 100003"), init.commands().join("\n"));
      assert(!init.commands().includes("sleep 100001"));
      assert(!init.processes().includes(idle));
      // What it prints is in its log, every line once, across the switch.
      const lines = assertWhole(await init.log("counter"), "line");
      await init.eventually(
        async () => assertWhole(await init.log("counter"), "line") > lines,
        "more lines of counter",
      );
      // The new init supervises what it has not started.
      assert(init.kill(counter, "SIGKILL"));
      await init.up("counter", counter);
      const words = await Deno.readTextFile(join(folder, "piped"));
      assert(assertWhole(words.slice(0, words.lastIndexOf("\n") + 1), "word") > 0);
    };

    await Deno.remove(join(folder, "piped"));
    await test.step("initctl switch lets what is the same go on, as an ordinary process", async () => {
      await withInit(scenario(), switches);
    });

    await test.step({
      name: "initctl switch works for PID 1",
      ignore: !namespaces,
      fn: async () => {
        for (const name of [`${next.generation}.status`, "piped"]) await Deno.remove(join(folder, name));
        // Where /tmp is no mount, PID 1 makes it one, and the folders of this test were out of sight.
        const prepare = 'mount --bind /tmp /tmp && exec "$@"';
        const wrap = () =>
          unshare("--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", prepare, "sh");
        await withInit({ ...scenario(), wrap, nested: true }, switches);
      },
    });

    await test.step("switch loses no signal and no exit that comes in the midst of it", async () => {
      await withInit(scenario(), async (init) => {
        await init.event("booted");
        for (let round = 1; round <= 6; round++) {
          const counter = await init.up("counter");
          const [from, to] = round % 2 === 1 ? [old, next] : [next, old];
          const done = ctl(from, init, "switch", to.init, "--no-wait");
          await init.event("switch", undefined, round);
          assert(init.kill(counter, "SIGKILL"));
          await init.up("counter", counter);
          assertEquals((await done).code, 0, (await done).text);
          await init.event("booted", undefined, round + 1);
        }
        const last = ctl(old, init, "switch", next.init, "--no-wait");
        await init.event("switch", undefined, 7);
        init.signal("SIGTERM");
        assertEquals(await init.ended(), 0);
        await last;
      });
    });

    await test.step("switch to what cannot be executed changes nothing", async () => {
      await withInit(scenario(), async (init) => {
        await init.event("booted");
        const counter = await init.up("counter");
        const broken = join(folder, "broken");
        await Deno.writeTextFile(broken, "no program", { mode: 0o755 });
        const client = await ControlClient.connect(join(init.runtimeDir, "control.sock"));
        try {
          const replies = client.ask("switch", { init: broken, stop: ["changing"] });
          const last = await deadline(Array.fromAsync(replies), 20_000).catch((error) => error);
          assert(Array.isArray(last) || last instanceof Error);
        } finally {
          client.close();
        }
        await init.says(`cannot switch to ${broken}: `);
        await init.event("up", "changing", 2);
        await init.event("up", "above", 2);
        const before = assertWhole(await init.log("counter"), "line");
        await init.eventually(
          async () => assertWhole(await init.log("counter"), "line") > before,
          "more lines of counter",
        );
        const status = JSON.parse((await ctl(old, init, "status", "--json", "counter")).text);
        assertEquals([status.generation, status.services[0].pid], [old.generation, counter]);
      });
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
