/** Nothing that a service has started outlives it, whatever its processes do to get away. */
import { assertEquals } from "@std/assert";
import { ask, resultOf } from "./ask.ts";
import { type Init, withInit } from "./harness.ts";
import { cgroupOf, cgroupRoot, makeCgroup, removeCgroup } from "../../lib/os/linux/mod.ts";

const own = cgroupOf("self");
const ignore = own === null || (() => {
  const probe = `${own}/denit-probe-${Deno.pid}`;
  try {
    makeCgroup(probe);
    const lacksKill = !exists(`${probe}/cgroup.kill`);
    removeCgroup(probe);
    return lacksKill;
  } catch {
    return true;
  }
})();

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Whether a process runs; one that has ended may wait for somebody else to reap it. */
function runs(pid: string): boolean {
  try {
    return !/\) [ZX] /.test(Deno.readTextFileSync(`/proc/${pid}/stat`));
  } catch {
    return false;
  }
}

/** The folder of the cgroup of a service. */
function folderOf(init: Init, service: string): string {
  const namespace = Deno.readLinkSync(`/proc/${init.pid}/ns/pid`).replace(/\D/g, "");
  return `${own}/denit-${namespace}-${init.pid}/${service}`;
}

/** How many processes a service has, wherever they have gone. */
function count(init: Init, service: string): number {
  const folder = folderOf(init, service);
  try {
    const found = [...Deno.readDirSync(folder)].filter(({ isDirectory }) => isDirectory)
      .map(({ name }) => Deno.readTextFileSync(`${folder}/${name}/cgroup.procs`).split("\n").length - 1);
    return found.reduce((sum, each) => sum + each, 0);
  } catch {
    return 0;
  }
}

async function services(init: Init): Promise<Record<string, Record<string, unknown>>> {
  const { services } = resultOf(await ask(init, "status", {})) as { services: Record<string, unknown>[] };
  return Object.fromEntries(services.map((service) => [service.name, service]));
}

/** Each gets away from its process group in its own way, and is ready when that is done. */
const escapes: readonly (readonly [how: string, text: string, least: number])[] = [
  ["a child in a session of its own", "setsid sleep 100000 & echo >&3; exec sleep 100000", 2],
  [
    "a grandchild whose parent is gone",
    "(setsid sh -c 'sleep 100000 & exit' &); echo >&3; exec sleep 100000",
    2,
  ],
  [
    "one that ignores SIGTERM, and closes all it has",
    "setsid sh -c 'trap \"\" TERM HUP; exec sleep 100000' <&- >&- 2>&- 3>&- & echo >&3; exec sleep 100000",
    2,
  ],
  [
    "a grandchild that holds the log and the notification pipe",
    "setsid sh -c 'sh -c \"sleep 100000\" & exec sleep 100000' & echo >&3; exec sleep 100000",
    3,
  ],
  [
    "one that goes on forking",
    "setsid sh -c 'while :; do setsid sleep 100000 & sleep 0.01; done' & echo >&3; exec sleep 100000",
    8,
  ],
];

for (const [how, text, least] of escapes) {
  Deno.test({
    name: `stop leaves nothing of a service: ${how}`,
    ignore,
    fn: () =>
      withInit({
        units: () =>
          `export const web = defineService({ run: () => sh(${
            JSON.stringify(text)
          }), ready: notificationFd(3), stop: { timeout: seconds(1) } });
           export default defineSystem({ boot: defineBundle([good, web]) });`,
      }, async (init) => {
        await init.up("web");
        await init.eventually(() => count(init, "web") >= least, `${least} processes`);
        assertEquals((await services(init)).web!.contained, "cgroup");
        assertEquals(resultOf(await ask(init, "stop", { names: ["web"] })), { down: ["web"], notes: [] });
        assertEquals([count(init, "web"), exists(folderOf(init, "web"))], [0, false]);
        // All but init itself and the one other service.
        await init.eventually(() => init.processes().length === 1, "the end of all others");
      }),
  });
}

const bomb =
  `sh -c 'trap "" TERM; bomb() { setsid true; bomb & bomb & wait; }; bomb' 2>/dev/null & trap "" TERM; echo >&3; exec sleep 100000`;

Deno.test({
  name: "stop ends a fork bomb that ignores SIGTERM",
  ignore: ignore || Deno.uid() !== 0,
  fn: () =>
    withInit({
      // This machine is not ours alone: no more than so many at a time.
      units: () =>
        `export const bomb = defineService({
           run: () => ({ ...sh(${
          JSON.stringify(bomb)
        }), user: 64_999, group: 64_999, limits: { nproc: 60 } }),
           ready: notificationFd(3), stop: { timeout: seconds(0.3) } });
         export default defineSystem({ boot: defineBundle([good, bomb]) });`,
    }, async (init) => {
      await init.up("bomb");
      await init.eventually(() => count(init, "bomb") > 30, "many processes");
      const notes = ["bomb is down: stopped; not cleanly: not done after 0.3 s"];
      assertEquals(resultOf(await ask(init, "stop", { names: ["bomb"] })), { down: ["bomb"], notes });
      assertEquals([count(init, "bomb"), exists(folderOf(init, "bomb"))], [0, false]);
    }),
});

Deno.test({
  name: "a service that has ended by itself is started again only when nothing is left of it",
  ignore,
  fn: () => {
    const there = `wc -l <${cgroupRoot()}$(sed -n s/^0:://p /proc/self/cgroup)/cgroup.procs`;
    const text = `${there}; setsid sh -c 'sleep 100000 & sleep 100000' & echo >&3; wait`;
    return withInit({
      units: () =>
        `export const web = defineService({ run: () => sh(${
          JSON.stringify(text)
        }), ready: notificationFd(3) });
         export default defineSystem({ boot: defineBundle([good, web]) });`,
    }, async (init) => {
      const first = await init.up("web");
      await init.eventually(() => count(init, "web") === 4, "all processes");
      init.kill(first, "SIGKILL");
      await init.up("web", first);
      await init.eventually(async () => (await init.log("web")).split("\n").length === 3, "two attempts");
      const [before, after] = (await init.log("web")).split("\n");
      assertEquals(before, after, "each begins alone");
    });
  },
});

Deno.test({
  name: "a oneshot keeps what it has left behind until it goes down",
  ignore,
  fn: () =>
    withInit({
      units: (folder) =>
        `const text = "rm -f ${folder}/away; setsid sh -c 'touch ${folder}/away; exec sleep 100000' & until [ -e ${folder}/away ]; do sleep 0.01; done";
         export const server = defineService({ kind: "oneshot", run: () => sh(text) });
         export default defineSystem({ boot: defineBundle([good, server]) });`,
    }, async (init) => {
      await init.event("booted");
      await init.eventually(() => count(init, "server") === 1, "the server");
      // It is started again before the old one has gone: that must not hit the new one.
      resultOf(await ask(init, "restart", { names: ["server"] }));
      await init.eventually(() => count(init, "server") === 1, "another server");
      resultOf(await ask(init, "stop", { names: ["server"] }));
      await init.eventually(
        () => !exists(folderOf(init, "server")),
        "the end of the server and of its cgroup",
      );
    }),
});

Deno.test({
  name: "scope group leaves sessions of users alone, and says so",
  ignore,
  fn: () =>
    withInit({
      leavesSome: true,
      units: () =>
        `export const sshd = defineService({ run: () => sh("setsid sh -c 'echo $$; exec sleep 100000' & echo >&3; exec sleep 100000"), ready: notificationFd(3), stop: { scope: "group" } });
         export default defineSystem({ boot: defineBundle([good, sshd]) });`,
    }, async (init) => {
      await init.up("sshd");
      await init.eventually(async () => (await init.log("sshd")) !== "", "the session");
      assertEquals((await services(init)).sshd!.contained, "group");
      resultOf(await ask(init, "stop", { names: ["sshd"] }));
      const session = Number(await init.log("sshd"));
      assertEquals(Deno.readTextFileSync(`/proc/${session}/comm`), "sleep\n");
      Deno.kill(session, "SIGKILL");
    }),
});

Deno.test({
  name: "resources are limits of the cgroup, or told not to be in force",
  ignore,
  fn: () =>
    withInit({
      units: () =>
        `export const web = defineService({ run: () => sh("exec sleep 100000"), ready: spawned(), resources: { memoryMax: 64 * 1024 * 1024, pidsMax: 30, cpuMax: 0.5 } });
         export default defineSystem({ boot: defineBundle([good, web]) });`,
    }, async (init) => {
      await init.up("web");
      const { web, good } = await services(init);
      assertEquals(good!.unenforced, []);
      const told = (web!.unenforced as string[]).map((fault) => fault.split(":")[0]);
      const inForce = [
        ["memoryMax", "memory.max", "67108864\n"],
        ["pidsMax", "pids.max", "30\n"],
        ["cpuMax", "cpu.max", "50000 100000\n"],
      ].filter(([, file]) => exists(`${folderOf(init, "web")}/${file}`));
      for (const [setting, file, text] of inForce) {
        assertEquals(Deno.readTextFileSync(`${folderOf(init, "web")}/${file}`), text, setting);
      }
      const limits = ["memoryMax", "pidsMax", "cpuMax"];
      assertEquals(told, limits.filter((limit) => !inForce.some(([setting]) => setting === limit)));
      const noted = init.all("unenforced", "web").map(({ detail }) => detail);
      assertEquals(noted, told.length === 0 ? [] : [(web!.unenforced as string[]).join("; ")]);
    }),
});

Deno.test({
  name: "a supervisor that was killed leaves nothing that runs beside what the next one starts",
  ignore,
  fn: () => {
    // The first one is killed as soon as its service runs. It has a folder of its own, so that each has its journal.
    const twice = `
      first=""
      for word; do [ "$word" = "$0/run" ] && word=$0/first; first="$first '$word'"; done
      eval "exec $first" >&2 &
      until [ "$(cat "$0/pids" 2>/dev/null | wc -l)" = 2 ]; do sleep 0.01; done
      kill -9 $!
      wait $!
      cp "$0/first/cgroup" "$0/run/cgroup"
      exec "$@"`;
    return withInit({
      units: (folder) =>
        `export const web = defineService({
          run: () => sh("echo $$ >> ${folder}/pids; setsid sleep 100000 & echo $! >> ${folder}/pids; exec sleep 100000"),
          ready: spawned(),
        });
        export default defineSystem({ boot: defineBundle([good, web]) });`,
      wrap: (folder) => ["/bin/sh", "-c", twice, folder],
    }, async (init) => {
      await init.up("web");
      const pids = () => Deno.readTextFileSync(`${init.folder}/pids`).trim().split("\n");
      await init.eventually(() => pids().length === 4, "the service has run under both");
      assertEquals(pids().map(runs), [false, false, true, true]);
      assertEquals(init.all("fault").length, 1, "it is told");
    });
  },
});
