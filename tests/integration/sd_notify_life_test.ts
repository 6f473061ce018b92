/** What a service says by sd_notify(3) while it runs: watchdog, reload, more time, its own end, descriptors, nonsense. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { ask, client, hasSystemd, sendFromOutside, shown, shows, test, web } from "./sd_notify.ts";

const NEVER = "restart: { on: 'never' },";

test(
  "WATCHDOG=1 keeps a service up, and one that misses it is ended by SIGABRT and started again",
  web(
    "test -e $FOLDER/usec || echo $WATCHDOG_USEC >$FOLDER/usec; n=$(cat $FOLDER/n 2>/dev/null || echo 0); echo $((n+1)) >$FOLDER/n; notify -b READY=1; " +
      "for i in $(seq 25); do sleep 0.1; notify -b WATCHDOG=1; done; touch $FOLDER/silent; exec sleep 1000",
    "sdNotify({ watchdog: seconds(2) })",
    "restart: { delay: 0 },",
  ),
  async (init) => {
    const exited = await init.event("exited", "web");
    assertEquals(await Deno.readTextFile(join(init.folder, "usec")), "2000000\n");
    assert(
      await Deno.stat(join(init.folder, "silent")).then(() => true, () => false),
      "it was ended too soon",
    );
    assertEquals((exited.status as { signal: string }).signal, "SIGABRT");
    const failed = await init.event("failed", "web");
    assertEquals(failed.failure, { type: "watchdog", after: 2000 });
    await init.event("up", "web", 2);
    assertEquals((await shown(init)).restarts, 1);
  },
);

test(
  "WATCHDOG=1 that is missed is told as the reason",
  web("notify -b READY=1; exec sleep 1000", "sdNotify({ watchdog: seconds(0.2) })", NEVER),
  async (init) => {
    await init.event("down", "web");
    assertEquals((await shown(init)).why?.text, "it said no WATCHDOG=1 for 0.2 s");
  },
);

test(
  "WATCHDOG=trigger ends a service at once",
  web("notify -b READY=1; notify -b WATCHDOG=trigger; exec sleep 1000", "sdNotify()", NEVER),
  async (init) => {
    await init.event("down", "web");
    assertEquals((await shown(init)).why?.text, "it said WATCHDOG=trigger");
    assertEquals(((await init.event("exited", "web")).status as { signal: string }).signal, "SIGABRT");
  },
);

test(
  "WATCHDOG_USEC sets the watchdog of a service that had none, and ends it again",
  web(
    "notify -b 'READY=1'; notify -b WATCHDOG_USEC=200000; notify -b WATCHDOG_USEC=0; sleep 0.5; notify -b STATUS=on; " +
      "notify -b WATCHDOG_USEC=200000; exec sleep 1000",
    "sdNotify()",
    NEVER,
  ),
  async (init) => {
    await init.event("down", "web");
    assertEquals((await shown(init)).why?.text, "it said no WATCHDOG=1 for 0.2 s");
    assertEquals((await shown(init)).status, "on");
  },
);

test(
  "RELOADING=1 and then READY=1 is what initctl reload waits for",
  web(
    "trap 'notify -b RELOADING=1; while ! test -e $FOLDER/go; do sleep 0.02; done; notify -b READY=1' HUP; notify -b READY=1; " +
      "while :; do sleep 0.05; done",
    "sdNotify({ reloads: true })",
    "reload: 'SIGHUP',",
  ),
  async (init) => {
    await init.up("web");
    let reply: unknown = null;
    const asked = ask(init, "reload", { names: ["web"] }).then((answer) => reply = answer);
    await shows(
      init,
      ({ notes }) => notes.join() === "says that it reads its configuration",
      "that it reloads",
    );
    assertEquals(reply, null);
    await Deno.writeTextFile(join(init.folder, "go"), "");
    await asked;
    assertStringIncludes(JSON.stringify(reply), '"reloaded":["web"]');
    assertEquals((await shown(init)).notes, []);
    assertEquals((await shown(init)).phase, "up");
  },
);

test(
  "RELOADING=1 and then an exit is a reload that failed, never one that goes on [systemd: TEST-59-RELOADING-RESTART]",
  web(
    "trap 'notify -b RELOADING=1; exit 3' HUP; notify -b READY=1; while :; do sleep 0.05; done",
    "sdNotify({ reloads: true })",
    `reload: 'SIGHUP', ${NEVER}`,
  ),
  async (init) => {
    await init.up("web");
    const reply = JSON.stringify(await ask(init, "reload", { names: ["web"] }));
    assertStringIncludes(reply, "cannot reload web: it has ended meanwhile");
    await init.event("down", "web");
    const service = await shown(init);
    assertEquals([service.why?.text, service.notes], ["exit code 3", []]);
  },
);

test(
  "RELOADING=1 of a time before the reload was asked for is of another one",
  web(
    'trap \'notify -b "RELOADING=1\nMONOTONIC_USEC=1"; notify -b READY=1; notify -b "RELOADING=1\nMONOTONIC_USEC=999999999999999"; notify -b STATUS=second; notify -b READY=1\' HUP; ' +
      "notify -b READY=1; while :; do sleep 0.05; done",
    "sdNotify({ reloads: true })",
    "reload: 'SIGHUP',",
  ),
  async (init) => {
    await init.up("web");
    assertStringIncludes(JSON.stringify(await ask(init, "reload", { names: ["web"] })), "reloaded");
    assertEquals((await shown(init)).status, "second");
  },
);

test(
  "EXTEND_TIMEOUT_USEC gives a start more time than its timeout",
  web(
    "for i in 1 2 3 4; do notify -b EXTEND_TIMEOUT_USEC=1000000; sleep 0.3; done; notify -b READY=1; exec sleep 1000",
    "sdNotify({ timeout: seconds(0.6) })",
    NEVER,
  ),
  async (init) => {
    await init.up("web");
  },
);

test(
  "EXTEND_TIMEOUT_USEC gives no more than the unit allows",
  web(
    "while :; do notify -b EXTEND_TIMEOUT_USEC=60000000; sleep 0.1; done",
    "sdNotify({ timeout: seconds(0.2), extend: seconds(0.4) })",
    NEVER,
  ),
  async (init) => {
    await init.event("down", "web");
    assertEquals(init.all("up", "web"), []);
  },
);

test(
  "EXTEND_TIMEOUT_USEC gives a stop more time",
  web(
    "trap 'for i in 1 2 3 4 5; do notify -b EXTEND_TIMEOUT_USEC=1000000; sleep 0.2; done; exit 0' TERM; notify -b READY=1; while :; do sleep 0.05; done",
    "sdNotify()",
    "stop: { timeout: seconds(0.5) },",
  ),
  async (init) => {
    await init.up("web");
    await ask(init, "stop", { names: ["web"] });
    assertEquals((await init.event("exited", "web")).status, { code: 0 });
  },
);

test(
  "STOPPING=1 announces an end, for which the watchdog is silent",
  web(
    "notify -b READY=1; notify -b STOPPING=1; sleep 0.5; exit 0",
    "sdNotify({ watchdog: seconds(0.1) })",
    NEVER,
  ),
  async (init) => {
    await init.event("endsItself", "web");
    await init.event("down", "web");
    assertEquals((await shown(init)).why?.text, "finished: exit code 0");
  },
);

test(
  "STOPPING=1 without an end that follows is one that is brought about",
  web(
    "notify -b READY=1; notify -b STOPPING=1; exec sleep 1000",
    "sdNotify()",
    `stop: { timeout: seconds(0.3) }, ${NEVER}`,
  ),
  async (init) => {
    await init.event("down", "web");
    assertEquals((await shown(init)).why?.text, "it said STOPPING=1, and had not ended 0.3 s later");
  },
);

test(
  "STATUS, ERRNO and nonsense are shown as they are, and nothing of them reaches a terminal",
  web(
    `notify -b "$(printf 'STATUS=\\033[31mred')"; notify -b ERRNO=5; notify -b BUSERROR=org.freedesktop.Error; ` +
      `printf 'STATUS=\\377' | notify -b -i; printf 'a\\0b' | notify -b -i; notify -b 'no equals sign\nX_OTHER=1\n=\n'; ` +
      `notify -b ERRNO=many; head -c 70000 /dev/zero | tr '\\0' x | notify -b -i; notify -b READY=1; exec sleep 1000`,
  ),
  async (init) => {
    await init.up("web");
    const { status, notes } = await shown(init);
    assertEquals(status, "?[31mred");
    assertEquals(notes.slice(0, 2), ["said ERRNO=5", "said BUSERROR=org.freedesktop.Error"]);
    assertMatch(notes[2]!, /^refused 4: x+ of process \d+, user \d+: it is longer than 64 KiB/);
    assertEquals(notes.length, 3);
  },
);

test(
  "FDSTORE keeps descriptors, with their names, for the process after a crash [systemd: TEST-80-NOTIFYACCESS]",
  web(
    'if [ -n "$LISTEN_FDS" ]; then [ "$LISTEN_PID" = $$ ] || exit 9; echo "$LISTEN_FDS $LISTEN_FDNAMES $(cat <&3) $(cat <&4)" >$FOLDER/got; notify -b READY=1; exec sleep 1000; fi; ' +
      "notify -b 'FDSTORE=1\nFDNAME=one' memfd:first; notify -b FDSTORE=1 memfd:second; notify -b 'FDSTORE=1\nFDNAME=gone' memfd:third; " +
      "notify -b 'FDSTOREREMOVE=1\nFDNAME=gone'; notify -b READY=1; while ! test -e $FOLDER/go; do sleep 0.02; done; exit 1",
    "sdNotify({ keep: 8 })",
    "restart: { delay: 0 },",
  ),
  async (init) => {
    await init.up("web");
    assertEquals((await shown(init)).notes, ["2 descriptors are kept for it: one, stored"]);
    await Deno.writeTextFile(join(init.folder, "go"), "");
    await init.event("up", "web", 2);
    assertEquals(await Deno.readTextFile(join(init.folder, "got")), "2 one:stored first second\n");
    await ask(init, "restart", { names: ["web"] });
    await init.event("up", "web", 3);
    assertEquals((await shown(init)).notes.length, 1, "a restart keeps them");
    await ask(init, "stop", { names: ["web"] });
    assertEquals((await shown(init)).notes, [], "a stop does not");
  },
);

test(
  "FDSTORE keeps descriptors through a stop and a start where the unit says so [systemd: TEST-80-NOTIFYACCESS]",
  web(
    'if [ -n "$LISTEN_FDS" ]; then cat <&3 >$FOLDER/got; else notify -b FDSTORE=1 memfd:pinned; fi; notify -b READY=1; exec sleep 1000',
    "sdNotify({ keep: 1, keepWhenDown: true })",
  ),
  async (init) => {
    await init.up("web");
    await ask(init, "stop", { names: ["web"] });
    assertEquals((await shown(init)).notes, ["1 descriptor is kept for it: stored"]);
    await ask(init, "start", { names: ["web"] });
    assertEquals(await Deno.readTextFile(join(init.folder, "got")), "pinned");
  },
);

test(
  "FDSTORE keeps no more than the unit says, the same one once, and none whose other side is gone",
  web(
    "exec 5</etc/hostname; notify -b FDSTORE=1 5; notify -b FDSTORE=1 5; notify -b FDSTORE=1 pipe; notify -b 'FDSTORE=1\nFDPOLL=0\nFDNAME=kept' pipe; " +
      "notify -b FDSTORE=1 memfd:more; notify -b READY=1; exec sleep 1000",
    "sdNotify({ keep: 2 })",
  ),
  async (init) => {
    await init.up("web");
    const { notes } = await shows(
      init,
      ({ notes }) => notes[0]?.endsWith("stored, kept") ?? false,
      "what is kept",
    );
    assertEquals(notes, [
      "2 descriptors are kept for it: stored, kept",
      "refused 1: FDSTORE=1: its unit keeps no more than 2 descriptors",
    ]);
  },
);

test(
  "FDSTORE is refused where the unit keeps nothing, and leaks nothing",
  web(
    "for i in 1 2 3 4 5 6 7 8; do notify -b FDSTORE=1 memfd:leak; done; notify -b READY=1; exec sleep 1000",
  ),
  async (init) => {
    await init.up("web");
    assertMatch((await shown(init)).notes.join(), /^refused 8: FDSTORE=1: its unit keeps no descriptors/);
    const links = [...Deno.readDirSync(`/proc/${init.pid}/fd`)].map(({ name }) => {
      try {
        return Deno.readLinkSync(`/proc/${init.pid}/fd/${name}`);
      } catch {
        return "";
      }
    });
    assertEquals(links.filter((link) => link.includes("memfd:notify")), []);
  },
);

test(
  "a service that sends 100,000 messages starves no other",
  {
    ...web(""),
    units: (folder) => `
export const flood = defineService({ run: () => sh("notify -b READY=1; while :; do notify -n 100000 STATUS=x; echo x >>${folder}/floods; done"), ready: sdNotify() });
export const web = defineService({
  run: () => sh("for i in 1 2 3 4 5 6 7 8 9; do notify -b STATUS=$i; done; notify -b READY=1; exec sleep 1000"),
  deps: { flood },
  ready: sdNotify(),
});
export default defineSystem({ boot: defineBundle([web]) });`,
  },
  async (init) => {
    await init.up("web");
    assertEquals((await shown(init)).status, "9");
    await init.eventually(
      () => Deno.stat(join(init.folder, "floods")).then(() => true, () => false),
      "100,000 messages",
    );
    assert((await shown(init)).phase === "up");
    assertEquals(
      init.entries.filter(({ service, event }) => service === "flood" && event === "notifyRefused").length,
      0,
    );
  },
);

test(
  "a stranger that sends 20,000 messages fills no journal",
  web("notify -b READY=1; exec sleep 1000"),
  async (init) => {
    await init.up("web");
    await sendFromOutside(init, client!.path, "-n", "20000", "-b", "READY=1");
    assertMatch((await shown(init)).notes.join(), /^refused 20000: /);
    assertEquals(init.all("notifyRefused").length, 1);
  },
);

test(
  "systemd-notify is answered by its barrier, and reports a reload",
  web(
    "systemd-notify --ready; systemd-notify RELOADING=1; systemd-notify --ready --status=again; systemd-notify STOPPING=1; echo done >$FOLDER/done; exec sleep 0.2",
    "sdNotify()",
    NEVER,
  ),
  async (init) => {
    await init.event("down", "web");
    assertEquals((await Deno.readTextFile(join(init.folder, "done"))).trim(), "done");
    const told = init.of("web").map(({ event }) => event).filter((event) =>
      ["reloading", "reloaded", "endsItself"].includes(event)
    );
    assertEquals(told, ["reloading", "reloaded", "endsItself"]);
  },
  !hasSystemd,
);

test(
  "READY=1 counts for one process: it is dropped on a crash and a stop, said again after a restart, and stays through a reload [finit: notify.sh]",
  web(
    "trap 'notify -b RELOADING=1; notify -b READY=1' HUP; notify -b STATUS=starts; while test -e $FOLDER/hold; do sleep 0.02; done; " +
      "notify -b READY=1; while :; do sleep 0.05; done",
    "sdNotify({ reloads: true })",
    "reload: 'SIGHUP', restart: { delay: 0 },",
  ),
  async (init) => {
    const first = await init.up("web");
    await Deno.writeTextFile(join(init.folder, "hold"), "");
    init.kill(first, "SIGKILL");
    await init.event("spawned", "web", 2);
    await shows(init, ({ status }) => status === "starts", "the next process");
    assertEquals((await shown(init)).phase, "starting");
    await Deno.remove(join(init.folder, "hold"));
    const second = await init.up("web", first);
    await ask(init, "reload", { names: ["web"] });
    assertEquals([(await shown(init)).phase, (await shown(init)).pid], ["up", second]);
    await ask(init, "stop", { names: ["web"] });
    assertEquals((await shown(init)).phase, "down");
    await ask(init, "start", { names: ["web"] });
    assertEquals((await shown(init)).phase, "up");
  },
);
