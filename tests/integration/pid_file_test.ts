/** Programs that put themselves into the background, and are followed by their pid files. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { build, silentProgress } from "../../lib/build/mod.ts";
import { ask, faultOf, resultOf } from "./ask.ts";
import { type Init, withInit } from "./harness.ts";

/** A program that leaves a daemon behind in the usual way, which writes its id and then does something. */
const daemon = (then = "exec sleep 100000", before = "") =>
  `${before} (setsid sh -c 'echo $$ > $PID.new; mv $PID.new $PID; ${then}' & ); until [ -e $PID ]; do sleep 0.01; done`;

/** Services by the text of their programs; each has a pid file of its own. */
const system = (services: Record<string, string>, more = "") => (folder: string) =>
  Object.entries(services).map(([name, text]) => `
export const ${name} = defineService({
  run: () => ({ ...sh(${JSON.stringify(text)}), env: { PID: "${folder}/${name}.pid", FOLDER: "${folder}" } }),
  ready: pidFile("${folder}/${name}.pid"),
  ${more}
});`).join("\n") + `export default defineSystem({ boot: defineBundle([good, ${Object.keys(services)}]) });`;

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

function runs(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(Deno.readTextFileSync(`/proc/${pid}/stat`));
  } catch {
    return false;
  }
}

/** The reason for which the start of a service has failed, as `why` tells it. */
async function whyDown(init: Init, name: string): Promise<string> {
  await init.event("down", name);
  return JSON.stringify(resultOf(await ask(init, "why", { name })));
}

Deno.test("pidFile() follows a program to its daemon, restarts that when it dies, and stops it", async () => {
  await withInit({ units: system({ web: daemon() }) }, async (init) => {
    const pid = await init.up("web");
    assertEquals(Deno.readTextFileSync(join(init.folder, "web.pid")), `${pid}\n`);
    assertStringIncludes(Deno.readTextFileSync(`/proc/${pid}/cmdline`), "sleep");
    Deno.kill(pid, "SIGKILL");
    const next = await init.up("web", pid);
    assert(runs(next));
    assertEquals(init.all("up", "good").length, 1);
    resultOf(await ask(init, "stop", { names: ["web"] }));
    assertEquals([runs(next), exists(join(init.folder, "web.pid"))], [false, false]);
  });
});

Deno.test("pidFile() accepts only a process of the service, and no planted file [systemd: TEST-07-PID1.main-PID-change]", async () => {
  const units = system({
    link: "echo $$ > $FOLDER/target; ln -s $FOLDER/target $PID",
    fifo: "mkfifo $PID",
    open: `${daemon()}; chmod 666 $PID`,
    text: "echo hello > $PID",
    self: "echo 1 > $PID",
    foreign: "echo $(cat $FOLDER/foreign) > $PID",
    gone: "true & echo $! > $PID; wait",
    none: "true",
    failing: `${daemon()}; exit 3`,
  }, 'restart: { on: "never" },');
  // A process of the machine that is none of the service, nor of init.
  const foreign = new Deno.Command("sleep", { args: ["100000"] }).spawn();
  try {
    await withInit({
      units: (folder) => {
        Deno.writeTextFileSync(join(folder, "foreign"), String(foreign.pid));
        return units(folder);
      },
    }, async (init) => {
      const causes = {
        link: "ELOOP",
        fifo: "it is no regular file",
        open: "everybody may write to it",
        text: "there is no process id in it",
        self: "names process 1, which is no daemon",
        foreign: `names process ${foreign.pid}, which is no process of the service`,
        gone: "which does not run",
        none: "ENOENT",
        failing: "exit code 3",
      };
      for (const [name, cause] of Object.entries(causes)) {
        const why = await whyDown(init, name);
        assertStringIncludes(why, cause, name);
      }
      assert(runs(foreign.pid), "the stranger is let be");
      assertEquals(Deno.readTextFileSync(join(init.folder, "target")).trim().length > 0, true);
    });
  } finally {
    foreign.kill("SIGKILL");
    await foreign.status;
  }
});

Deno.test("pidFile() is not taken in by what is left of a run before", async () => {
  await withInit({
    units: (folder) => {
      Deno.writeTextFileSync(join(folder, "web.pid"), `${Deno.pid}\n`);
      return system({ web: daemon() })(folder);
    },
  }, async (init) => assert(await init.up("web") !== Deno.pid));
});

Deno.test("a stop while a program still launches its daemon finds that, and leaves nothing [dinit: proctests.cc test_bgproc_stop2]", async () => {
  // The program ends well whatever it is told, and only when it is told.
  const slow = `trap ':' TERM; ${
    daemon("echo $$ >> $FOLDER/daemons; exec sleep 100000")
  }; echo launched; sleep 100000 & wait; kill $!; exit 0`;
  await withInit({ units: system({ web: slow }) }, async (init) => {
    await init.eventually(async () => (await init.log("web")).includes("launched"), "the daemon runs");
    assertEquals(init.all("up", "web"), []);
    const stopped = await ask(init, "stop", { names: ["web"] });
    assertEquals(resultOf(stopped), { down: ["web"], notes: [] });
    const pid = Number(Deno.readTextFileSync(join(init.folder, "daemons")));
    await init.eventually(() => !runs(pid), "the end of the daemon", 2000);
    assertEquals(exists(join(init.folder, "web.pid")), false);
  });
});

Deno.test("a daemon that dies at once, or never comes, is a failed start with its reason", async () => {
  await withInit({
    units: system({
      brief: daemon("exit 1"),
      late: "(setsid sh -c 'sleep 0.3; echo $$ > $PID; exec sleep 100000' & )",
    }, 'restart: { on: "never" },'),
  }, async (init) => {
    const why = await whyDown(init, "brief");
    assert(/which does not run|exit code 1|is no process/.test(why), why);
    const pid = await init.up("late");
    assert(runs(pid), "whoever takes a moment is waited for");
    const { message } = faultOf(await ask(init, "start", { names: ["brief"] }));
    assertStringIncludes(message, "brief");
  });
});

Deno.test("a daemon goes on under another generation, which notices its end", async () => {
  const folder = await Deno.makeTempDir({ prefix: "denit-pid-switch-" });
  try {
    const units = join(folder, "units.ts");
    await Deno.writeTextFile(
      units,
      `import { defineBundle, defineService, defineSystem, pidFile } from "denit";
export const web = defineService({
  run: () => ({ argv: ["/bin/sh", "-c", ${JSON.stringify(daemon())}], env: { PID: ${
        JSON.stringify(`${folder}/pid`)
      } } }),
  ready: pidFile(${JSON.stringify(`${folder}/pid`)}),
});
export default defineSystem({ boot: defineBundle([web]) });
`,
    );
    const built = await build({ units, out: join(folder, "out"), progress: silentProgress });
    assert(built.ok, built.ok ? "" : built.problems.join("\n"));
    await withInit({ units: () => "", binary: built.init }, async (init) => {
      const pid = await init.up("web");
      const { success, stderr } = await new Deno.Command(built.init, {
        args: ["ctl", "--runtime-dir", init.runtimeDir, "switch", built.init],
      }).output();
      assert(success, new TextDecoder().decode(stderr));
      assert(runs(pid));
      Deno.kill(pid, "SIGKILL");
      assert(runs(await init.up("web", pid)));
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
