/** The protocol of sd_notify(3), spoken by systemd-notify and by a client of our own: readiness, and who is heard. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { openCgroups } from "../../lib/boot/cgroups.ts";
import { namespaces, unshare } from "./harness.ts";
import {
  ask,
  client,
  has,
  hasSystemd,
  isRoot,
  sendFromOutside,
  shown,
  shows,
  test,
  web,
} from "./sd_notify.ts";

test(
  "sdNotify() is ready when a shell script says so by systemd-notify, and shows what it says of itself",
  web("systemd-notify --ready --status='three clients'; exec sleep 1000"),
  async (init) => {
    await init.up("web");
    assertEquals((await shown(init)).status, "three clients");
    const why = await ask(init, "why", { name: "web" });
    assertStringIncludes(JSON.stringify(why), "is up; it says: three clients");
  },
  !hasSystemd,
);

test(
  "sdNotify() starts no dependent before READY=1 [dinit: proctests.cc test_proc_notify_start]",
  {
    ...web(""),
    units: (folder) => `
export const web = defineService({
  run: () => sh("notify -b STATUS=loading; while ! test -e ${folder}/go; do sleep 0.02; done; notify -b READY=1; exec sleep 1000"),
  ready: sdNotify(),
});
export const user = defineService({ deps: { web }, run: () => ({ argv: ["sleep", "1000"] }), ready: spawned() });
export default defineSystem({ boot: defineBundle([user]) });`,
  },
  async (init) => {
    await shows(init, ({ status }) => status === "loading", "its first word");
    assertEquals(init.all("spawned", "user"), []);
    const why = JSON.stringify(await ask(init, "why", { name: "user" }));
    assertStringIncludes(why, "it says: loading");
    await Deno.writeTextFile(join(init.folder, "go"), "");
    await init.up("user");
    const order = init.entries.filter(({ event }) => event === "up" || event === "spawned").map((
      { event, service },
    ) => `${service} ${event}`);
    assert(order.indexOf("web up") < order.indexOf("user spawned"), order.join());
  },
);

test(
  "sdNotify() takes a process that ends without READY=1 for a failed start [dinit: proctests.cc test_proc_notify_fail]",
  web("notify STATUS=short; exit 0", "sdNotify()", "restart: { on: 'never' },"),
  async (init) => {
    await init.event("down", "web");
    assertEquals(
      (await shown(init)).why?.text,
      "exit code 0 before it was ready; does it go to the background? It must not",
    );
    assertEquals(init.all("up", "web"), []);
  },
);

test(
  "sdNotify() takes a READY=1 that comes with the exit before the exit",
  web("exec notify READY=1", "sdNotify()", "restart: { on: 'never' },"),
  async (init) => {
    await init.event("down", "web");
    assertEquals(init.all("up", "web").length, 1);
    assertEquals((await shown(init)).why?.text, "finished: exit code 0");
  },
);

test(
  "sdNotify() gives a start up that says nothing in time",
  web("exec sleep 1000", "sdNotify({ timeout: seconds(0.3) })", "restart: { on: 'never' },"),
  async (init) => {
    await init.event("down", "web");
    assertEquals((await shown(init)).why?.text, "not done after 0.3 s");
  },
);

test(
  "sdNotify() yields X_DENIT_OUTPUT as the typed output, with READY=1 or before it",
  web(
    `notify -b 'X_DENIT_OUTPUT={"port":80}'; notify -b READY=1; exec sleep 1000`,
    "sdNotify({ parse: json() })",
  ),
  async (init) => {
    await init.up("web");
    assertEquals((await shown(init)).output, { port: 80 });
  },
);

test(
  "sdNotify() fails the start at READY=1 without the output that its unit expects",
  web("notify -b READY=1; exec sleep 1000", "sdNotify({ parse: json() })", "restart: { on: 'never' },"),
  async (init) => {
    await init.event("down", "web");
    assertEquals(
      (await shown(init)).why?.text,
      "it said READY=1 without X_DENIT_OUTPUT=, which is to be JSON",
    );
  },
);

test(
  "sdNotify() hears nobody from outside of the service, and says so [systemd: TEST-80-NOTIFYACCESS]",
  web("while ! test -e $FOLDER/go; do sleep 0.02; done; notify -b READY=1; exec sleep 1000"),
  async (init) => {
    await init.event("spawned", "web");
    await sendFromOutside(init, client!.path, "-b", "READY=1\nSTATUS=owned");
    const { phase, status, notes } = await shown(init);
    assertEquals([phase, status], ["starting", null]);
    assertMatch(notes[0]!, /^refused 1: READY=1 of process \d+, user \d+: it is no process of the service$/);
    assertMatch(String((await init.event("notifyRefused", "web")).detail), /^READY=1 of process /);
    await Deno.writeTextFile(join(init.folder, "go"), "");
    await init.up("web");
    assertEquals((await shown(init)).notes.length, 1, "it is still seen once the service is up");
  },
);

test(
  "sdNotify() hears no other user from outside either",
  web("while ! test -e $FOLDER/go; do sleep 0.02; done; notify -b READY=1; exec sleep 1000"),
  async (init) => {
    await init.event("spawned", "web");
    await Deno.chmod(init.folder, 0o755);
    await sendFromOutside(
      init,
      "setpriv",
      "--reuid=65534",
      "--regid=65534",
      "--clear-groups",
      client!.path,
      "-b",
      "READY=1",
    );
    assertMatch((await shown(init)).notes.join(), /user 65534: it is no process of the service/);
    assertEquals(init.all("up", "web"), []);
  },
  client === null || !isRoot || !has("setpriv"),
);

test(
  "sdNotify() hears a process of the service that runs as another user, and one far down in its tree",
  {
    ...web(""),
    ...web(
      "chmod 755 $FOLDER; (sh -c 'setsid setpriv --reuid=65534 --regid=65534 --clear-groups notify -b READY=1; :'; :); exec sleep 1000",
    ),
  },
  async (init) => {
    await init.up("web");
    assertEquals((await shown(init)).notes, []);
  },
  client === null || !isRoot || !has("setpriv"),
);

test(
  "sdNotify() hears only the main process where its unit says so",
  web("notify -b STATUS=child; exec sleep 1000", "sdNotify({ access: 'main' })"),
  async (init) => {
    const { notes } = await shows(init, ({ notes }) => notes.length > 0, "that it was refused");
    assertStringIncludes(notes[0]!, "it is not the main process, and only that one may");
  },
);

test(
  "sdNotify() hears nobody who had ended before, as it could be anybody",
  web(
    "trap '' CHLD; kill -STOP $PPID; notify STATUS=ghost; kill -CONT $PPID; notify -b READY=1; exec sleep 1000",
  ),
  async (init) => {
    await init.up("web");
    const { status, notes } = await shown(init);
    assertEquals(status, null);
    assertStringIncludes(notes.join(), "it had ended before it was heard");
  },
);

test(
  "sdNotify() hears a daemon that has left everything but the cgroup of its service",
  web(
    "(setsid sh -c 'sleep 0.2; while :; do notify -b READY=1; sleep 0.1; done' </dev/null >/dev/null 2>&1 &); exec sleep 1000",
  ),
  async (init) => {
    await init.up("web");
    assertEquals((await shown(init)).notes, []);
  },
  client === null || !hasCgroups(),
);

test(
  "sdNotify() works for PID 1, whose orphans have it for a parent",
  {
    ...web(
      "(setsid sh -c 'echo $$ >$FOLDER/daemon; exec sleep 1000' </dev/null >/dev/null 2>&1 &); while ! test -s $FOLDER/daemon; do sleep 0.02; done; " +
        "notify -b MAINPID=$(cat $FOLDER/daemon); notify -b READY=1; exit 0",
    ),
    wrap: () =>
      unshare(
        "--pid",
        "--fork",
        "--kill-child",
        "--mount-proc",
        "sh",
        "-c",
        'mount --bind /tmp /tmp && exec "$@"',
        "sh",
      ),
    nested: true,
  },
  async (init) => {
    const daemon = await init.up("web");
    assertEquals(String(daemon), (await Deno.readTextFile(join(init.folder, "daemon"))).trim());
    await sendFromOutside(init, client!.path, "-b", "STATUS=mine");
    const { status, notes } = await shown(init);
    assertEquals(status, null);
    assertMatch(
      notes.join(),
      /^refused 1: STATUS=mine of process 0, user 0: its sender is in a PID namespace/,
    );
  },
  client === null || !namespaces,
);

/** Whether this machine has cgroups of version 2 in which we may make others. */
function hasCgroups(): boolean {
  const cgroups = openCgroups("process");
  if (typeof cgroups === "string") return false;
  cgroups.close();
  return true;
}
