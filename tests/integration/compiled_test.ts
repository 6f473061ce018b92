/** What only the compiled init can show: PID 1, orphans, bodies in TypeScript, survival. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { projectRoot } from "../../lib/build/mod.ts";
import { type Init, namespaces, type Scenario, unshare, withInit } from "./harness.ts";

/**
 * Its orphans come from a service that makes them when there is a file `make`, in a session of their own, so that they
 * outlive it; at a file `end` they all die at once.
 */
const UNITS = `
import { defineBundle, defineService, defineSystem, notificationFd, script, spawned } from "denit";

setTimeout(() => { throw new Error("from a timer"); }, 100);
setTimeout(() => { Promise.reject(new Error("from a promise")); }, 100);
setTimeout(() => { const down = (): number => down() + 1; down(); }, 100);

export const good = defineService({ run: () => ({ argv: ["sleep", "100000"] }), ready: spawned() });
export const source = script({ run: () => ({ text: "ü".repeat(100_000) }), undo: (_, { text }) => console.log("undone", text.length) });
export const measure = script({
  deps: { source },
  run: async ({ source }) => { console.log(Deno.args.join(" ")); return await Promise.resolve(source.text.length); },
});
export const failing = script({ run: () => { throw new Error("the body is broken"); } });
export const forker = defineService({
  deps: { measure },
  run: ({ measure }) => ({ argv: ["/bin/sh", "-c", \`cd "$FOLDER"; mkfifo never; echo measured \${measure}; echo >&3
    while [ ! -e make ]; do sleep 0.02; done
    setsid sh -c 'i=0; while [ $i -lt $ORPHANS ]; do (read line <never) & i=$((i+1)); done; echo $$ >made.new; mv made.new made'
    while [ ! -e end ]; do sleep 0.02; done
    kill -9 -$(cat made); touch ended; exec sleep 100000\`] }),
  ready: notificationFd(3),
});
export default defineSystem({ boot: defineBundle([good, forker, failing]) });
`;

/** Ten thousand processes are many for a machine that has other work. */
const LONG = 180_000;

/** Builds the init once for all tests of this file. */
async function build(folder: string): Promise<string> {
  const units = join(folder, "units.ts");
  await Deno.writeTextFile(units, UNITS);
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      join(projectRoot, "build.ts"),
      "build",
      "--units",
      units,
      "--out",
      join(folder, "dist"),
    ],
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  assert(success, text.decode(stdout) + text.decode(stderr));
  return join(folder, "dist", "current", "init");
}

/** Zombies that are children of init. */
function zombies(init: Init): number {
  let count = 0;
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d/.test(name)) continue;
    try {
      const [state, parent] = Deno.readTextFileSync(`/proc/${name}/stat`).split(") ").at(-1)!.split(" ");
      if (state === "Z" && Number(parent) === init.pid) count++;
    } catch {
      // It has gone meanwhile.
    }
  }
  return count;
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** Makes orphans, has them die at once, and kills a service in the midst of it. */
async function survivesOrphans(init: Init, orphans: number): Promise<void> {
  await Deno.writeTextFile(`${init.folder}/make`, "");
  await init.eventually(() => exists(`${init.folder}/made`), "the orphans", LONG);
  const alive = init.processes().length;
  assert(alive > orphans, `only ${alive} processes for ${orphans} orphans`);
  const before = await init.up("good");
  await Deno.writeTextFile(`${init.folder}/end`, "");
  await init.eventually(() => exists(`${init.folder}/ended`), "the end of the orphans", LONG);
  assert(init.kill(before, "SIGKILL"));
  await init.up("good", before);
  await init.eventually(
    () => zombies(init) === 0 && init.processes().length < 10,
    "the burial of the orphans",
    LONG,
  );
}

async function followsItsServices(init: Init, pid: number, place: string): Promise<void> {
  await init.event("booted");
  const [boot] = init.all("boot");
  assertEquals([boot!.pid, boot!.place], [pid, place]);
  await init.eventually(
    async () => await init.log("forker") === "measured 100000\n",
    "the output of the body",
  );
  // What the units throw later, they throw in each process that is made of them.
  assertStringIncludes(await init.log("measure"), "script measure run\n");
  assertStringIncludes(await init.log("failing"), "Error: the body is broken\n    at ");
  await init.says("booted in");
  assertEquals(init.told("failing").at(-1), "down: exit code 1");
  const told = () => init.all("fault").map(({ message }) => String(message));
  for (const text of ["Error: from a timer", "Error: from a promise", "Maximum call stack size exceeded"]) {
    await init.until(() => told().some((message) => message.includes(text)), text);
  }
}

Deno.test("the compiled init", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "denit-build-" });
  try {
    const binary = await build(folder);
    const scenario = (orphans: number, more: Partial<Scenario> = {}): Scenario => ({
      units: (folder) => {
        env.FOLDER = folder;
        return "";
      },
      env: Object.assign(env, { ORPHANS: String(orphans) }),
      binary,
      ...more,
    });
    const env: Record<string, string> = {};

    await t.step({
      name: "is PID 1 of a namespace, and buries ten thousand orphans",
      ignore: !namespaces,
      fn: async () => {
        // Where /tmp and /run are no mount points yet, PID 1 would mount empty ones over what we have there.
        const prepare = 'mount --bind /tmp /tmp && mount --bind /run /run && exec "$@"';
        const wrap = () =>
          unshare("--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", prepare, "sh");
        await withInit(
          scenario(10_000, { wrap, nested: true, args: ["splash", "--of-the-kernel"] }),
          async (init) => {
            await followsItsServices(init, 1, "namespace");
            await survivesOrphans(init, 10_000);
            init.signal("SIGTERM");
            assertEquals(await init.ended(), 1, "one body has failed, so that the boot was not good");
            assertEquals(init.all("end")[0]!.clean, true);
            assertStringIncludes(await init.log("source"), "undone 100000\n");
          },
        );
      },
    });

    await t.step("is an ordinary process, and the one that orphans go to", async () => {
      await withInit(scenario(1000), async (init) => {
        await followsItsServices(init, init.pid, "process");
        await survivesOrphans(init, 1000);
        init.signal("SIGTERM");
        assertEquals(await init.ended(), 1);
        assertEquals(init.all("end")[0]!.clean, true);
      });
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
