/** MAINPID of sd_notify(3): which process is that of a service, and who says so. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import type { Init } from "./harness.ts";
import { ask, client, has, isRoot, shown, shows, test, web } from "./sd_notify.ts";

/** A number that a script has written into a file of its folder. */
async function written(init: Init, name: string): Promise<number> {
  let text = "";
  const path = join(init.folder, name);
  await init.eventually(
    async () => (text = await Deno.readTextFile(path).catch(() => "")).endsWith("\n"),
    `${name} in the folder`,
  );
  return Number(text);
}

test(
  "MAINPID accepts a process of the service, which its end is from then on, and ignores 0, 1, a dead and a foreign pid [systemd: TEST-07-PID1.main-PID-change]",
  web(
    "sleep 0 & dead=$!; wait; sleep 1000 & child=$!; notify -b MAINPID=0; notify -b MAINPID=1; notify -b MAINPID=$dead; " +
      "notify -b MAINPID=$(cat $FOLDER/foreign); notify -b MAINPID=nonsense; notify -b MAINPID=$child; echo $child >$FOLDER/child; notify -b READY=1; exit 0",
  ),
  async (init) => {
    const foreign = new Deno.Command("sleep", { args: ["1000"] }).spawn();
    try {
      await Deno.writeTextFile(join(init.folder, "foreign"), String(foreign.pid));
      const pid = await init.until(() => init.all("up", "web").at(-1)?.pid as number, "up");
      const child = Number(await Deno.readTextFile(join(init.folder, "child")));
      assertEquals(pid, child);
      const service = await shows(init, (service) => service.pid === child, "its pid");
      assertEquals(service.phase, "up");
      assertStringIncludes(service.notes.join(), "refused 5: ");
      await init.eventually(() => init.processes().includes(child), "the child");
      init.kill(child, "SIGKILL");
      const exited = await init.event("exited", "web");
      assertEquals(exited.status, { signal: "SIGKILL", core: false });
      await init.up("web", child);
    } finally {
      foreign.kill("SIGKILL");
      await foreign.status;
    }
  },
);

test(
  "MAINPID accepts a daemon that has left session, group and parent, and stops it",
  web(
    "(setsid sh -c 'trap \"echo asked >$FOLDER/asked; exit 0\" TERM; echo $$ >$FOLDER/daemon; while :; do sleep 0.05; done' </dev/null >/dev/null 2>&1 &); " +
      'while ! test -s $FOLDER/daemon; do sleep 0.02; done; notify -b "MAINPID=$(cat $FOLDER/daemon)"; notify -b READY=1; exit 0',
  ),
  async (init) => {
    const daemon = await written(init, "daemon");
    await init.up("web");
    await shows(init, ({ pid, phase }) => pid === daemon && phase === "up", "the daemon");
    await ask(init, "stop", { names: ["web"] });
    assertEquals(await Deno.readTextFile(join(init.folder, "asked")), "asked\n");
    assertEquals((await init.event("exited", "web")).status, { code: 0 });
  },
);

test(
  "MAINPID of a child whose parent stays: the service ends with the child, and its parent with that",
  web(
    "sleep 1000 & echo $! >$FOLDER/child; notify -b MAINPID=$!; notify -b READY=1; wait; while :; do sleep 0.05; done",
    "sdNotify()",
    "restart: { on: 'never' },",
  ),
  async (init) => {
    const child = await written(init, "child");
    await init.up("web");
    assert(init.kill(child, "SIGKILL"));
    await init.event("down", "web");
    await init.eventually(
      () => init.commands().every((command) => !command.startsWith("/bin/sh")),
      "its parent's end",
    );
    assertEquals((await shown(init)).why?.text, "exit code 255");
  },
);

test(
  "MAINPID does not accept the orphan of another service from one without privilege [systemd: TEST-07-PID1.main-PID-change]",
  {
    ...web(""),
    units: (folder) => `
export const other = defineService({
  run: () => sh("chmod 755 ${folder}; (setsid sleep 987 </dev/null >/dev/null 2>&1 & echo $! >${folder}/orphan); exec sleep 1000"),
  ready: fileProbe({ path: "${folder}/orphan" }),
});
export const web = defineService({
  deps: { other },
  run: () => ({ argv: ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-c",
    "notify -b MAINPID=$(cat ${folder}/orphan); notify -b READY=1; exec sleep 1000"] }),
  ready: sdNotify(),
});
export default defineSystem({ boot: defineBundle([web]) });`,
  },
  async (init) => {
    const pid = await init.up("web");
    const orphan = await written(init, "orphan");
    const service = await shown(init);
    assertEquals(service.pid, pid);
    assertStringIncludes(
      service.notes.join(),
      `refused 1: MAINPID=${orphan}: it is no process of the service`,
    );
    init.kill(orphan, "SIGKILL");
  },
  client === null || !isRoot || !has("setpriv"),
);
