import { assert, assertEquals } from "@std/assert";
import { type Init, withInit } from "./harness.ts";

/** No pause ever, so that a test need not wait for one. */
const eager = "restart: { delay: seconds(0), max: seconds(0) }";

/** What happened to a service after a point in the journal. */
const story = (init: Init, service: string, from: number) =>
  init.entries.slice(from).filter((entry) => entry.service === service).map(({ event }) => event);

Deno.test("supervise restarts at once what was killed, and leaves those be that need it, if its output is equal", async () => {
  const units = (folder: string) => {
    Deno.writeTextFileSync(`${folder}/number`, "1");
    return `export const base = defineService({
        run: () => sh('n=$(cat ${folder}/number); echo started; echo "{\\\\"n\\\\":$n}" >&3; exec sleep 1000'),
        ready: notificationFd(3, { parse: json() }),
      });
      export const user = defineService({ deps: { base }, run: ({ base }) => sh("echo n=" + base.n + "; exec sleep 1000"), ready: spawned() });
      export const neighbour = defineService({ deps: { base: optional(base) }, run: () => sh("exec sleep 1000"), ready: spawned() });
      export const far = defineService({ deps: { user }, run: () => sh("exec sleep 1000"), ready: spawned() });
      export default defineSystem({ boot: defineBundle([good, far, neighbour]) });`;
  };
  await withInit({ units }, async (init) => {
    await init.event("booted");
    const pids = () => ["user", "far", "neighbour", "good"].map((name) => init.livePid(name));
    const before = pids();
    const base = await init.up("base");
    let from = init.entries.length;
    assert(init.kill(base, "SIGKILL"));
    await init.up("base", base);
    const again = ["exited", "blocked", "starting", "spawned", "ready", "up"];
    assertEquals(story(init, "base", from), again, "there was no pause");
    assertEquals(pids(), before);

    // With another output, those that live with it are renewed, in order; those that need not are not.
    await Deno.writeTextFile(`${init.folder}/number`, "2");
    from = init.entries.length;
    const next = await init.up("base");
    assert(init.kill(next, "SIGKILL"));
    const [user, far] = before;
    await init.up("far", far);
    const order = init.entries.slice(from).filter(({ event, service }) =>
      ["up", "exited"].includes(event) && ["base", "user", "far"].includes(service!)
    );
    assertEquals(
      order.map(({ event, service }) => `${service} ${event}`),
      ["base exited", "base up", "far exited", "user exited", "user up", "far up"],
    );
    assert(init.livePid("user") !== user);
    assertEquals(pids().slice(2), before.slice(2));
    await init.eventually(async () => (await init.log("user")) === "n=1\nn=2\n", "both outputs in the log");
    assertEquals(await init.log("base"), "started\n".repeat(3), "the log outlives a crash");
  });
});

Deno.test("supervise pauses before it tries again what fails over and over, and gives up when told to", async () => {
  const units = () =>
    `const notify = { ready: notificationFd(3) };
    export const flapping = defineService({ run: () => sh("echo >&3; exit 1"), ...notify,
      restart: { delay: seconds(0.01), max: seconds(0.02), giveUp: { after: 4 } } });
    export const needy = defineService({ deps: { flapping }, run: () => sh("exec sleep 1000"), ready: spawned() });
    export const fatal = defineService({ run: () => sh("echo >&3; exit 78"), ...notify, restart: { permanent: [78] } });
    export const finished = defineService({ run: () => sh("echo >&3; exit 0"), ...notify, restart: { on: "on-failure" } });
    export default defineSystem({ boot: defineBundle([good, needy, fatal, finished]) });`;
  await withInit({ units }, async (init) => {
    const last = await init.event("down", "flapping");
    assertEquals(last.why, {
      reason: "failed",
      failure: { type: "exit", status: { code: 1 }, ready: true },
      final: "gave-up",
    });
    assertEquals(init.all("up", "flapping").length, 5, "every one of them was ready, if only for a moment");
    assertEquals(init.all("backoff", "flapping").length, 3, "the first restart comes at once");
    const fall = await init.event("down", "needy");
    assertEquals(fall.why, { reason: "dependency", on: "flapping" });
    const fatal = await init.event("down", "fatal");
    assertEquals(Object(fatal.why).final, "permanent");
    const finished = await init.event("down", "finished");
    assertEquals(finished.why, { reason: "finished", status: { code: 0 } });
    assert(init.livePid("good") !== null);
  });
});

Deno.test("supervise starts no second copy and leaves no gap while everything is killed over and over", async () => {
  const seed = Number(Deno.env.get("DENIT_SEED") ?? Date.now() % 1_000_000);
  console.log(`seed ${seed}: set DENIT_SEED to have it again`);
  const random = randomness(seed);
  const names = Array.from({ length: 10 }, (_, index) => `s${index}`);
  const units = (folder: string) => {
    const services = names.map((name, index) => {
      // Each needs up to two of those before it, so that there are chains, diamonds and loners.
      const deps = [...new Set([(index * 7) % 5, index - 2])].filter((other) =>
        other >= 0 && other < index && index > 2
      );
      // A second copy would find the lock taken; the lock goes with the process.
      const text = `exec 9>>${folder}/${name}.lock; flock -n 9 || echo ${name} >>${folder}/violations; ` +
        `echo '"${name}"' >&3; exec sleep 1000`;
      return `export const ${name} = defineService({ deps: { ${
        deps.map((other) => names[other]).join(", ")
      } },
        run: () => sh(${JSON.stringify(text)}), ready: notificationFd(3, { parse: json() }), ${eager} });`;
    });
    return services.join("\n") +
      `\nexport default defineSystem({ boot: defineBundle([good, ${names.join(", ")}]) });`;
  };
  await withInit({ units }, async (init) => {
    await init.event("booted");
    const untouched = init.livePid("good");
    const killed = new Map<string, number>();
    for (let round = 0; round < 20; round++) {
      const victims = names.toSorted(() => random() - 0.5);
      for (const name of victims) {
        // In every other round also those are killed that are only just starting, and none is waited for.
        const pid = round % 2 === 0 ? await init.up(name, killed.get(name)) : init.livePid(name);
        if (pid !== null && init.kill(pid, "SIGKILL")) killed.set(name, pid);
      }
    }
    for (const name of names) {
      await init.until(() => {
        const pid = init.livePid(name);
        const up = init.of(name).findLast(({ event }) => event === "up");
        return pid !== null && pid !== killed.get(name) && up?.pid === pid;
      }, `${name} up at the end`);
    }
    assertEquals(init.livePid("good"), untouched);
    const ends = init.all("exited").length;
    assert(ends >= 100, `only ${ends} processes were killed`);
    const violations = await Deno.readTextFile(`${init.folder}/violations`).catch(() => "");
    assertEquals(violations, "");
    assertEquals(init.processes().length, names.length + 1);
    init.signal("SIGTERM");
    assertEquals(await init.ended(), 0);
  });
});

Deno.test("supervise keeps no descriptor of a process that has ended", async () => {
  const names = ["plain", "parsed", "probed"];
  const flap = (name: string, folder: string, tell: string, ready: string) =>
    `export const ${name} = defineService({ run: () => sh("${tell}; [ -e ${folder}/flap ] && kill -9 $$; exec sleep 1000"),
      ready: ${ready}, ${eager} });\n`;
  const units = (folder: string) =>
    flap("plain", folder, "echo >&3", "notificationFd(3)") +
    flap("parsed", folder, "echo >&3", "notificationFd(3, { parse: lines() })") +
    `export const probed = defineService({ run: () => sh("exec sleep 1000"), ready: commandProbe({ command: { argv: ["/bin/true"] } }), ${eager} });` +
    `export default defineSystem({ boot: defineBundle([good, plain, parsed, probed]) });`;
  await withInit({ units }, async (init) => {
    /** What init has open, once all of them rest. */
    const openAtRest = async () => {
      for (const name of names) {
        await init.eventually(() => {
          const pid = init.livePid(name);
          const last = init.of(name).at(-1);
          return last?.event === "up" && last.pid === pid && commandOf(pid!) === "sleep";
        }, `${name} at rest`);
      }
      const folder = `/proc/${init.pid}/fd`;
      return [...Deno.readDirSync(folder)].map(({ name }) => Deno.readLinkSync(`${folder}/${name}`))
        .map((target) => target.replace(/\d+/g, "N")).sort();
    };
    /** Has them restart until each has ended so often. */
    const flapUntil = async (count: number) => {
      await Deno.writeTextFile(`${init.folder}/flap`, "");
      for (const name of ["plain", "parsed"]) init.kill(init.livePid(name)!, "SIGKILL");
      // One that is killed before its probe has seen it was never ready, and has to pause.
      for (let pid: number | null = null; init.all("exited", "probed").length < count / 10;) {
        init.kill(pid = await init.up("probed", pid), "SIGKILL");
        await init.up("probed", pid);
      }
      for (const name of ["plain", "parsed"]) await init.event("exited", name, count);
      await Deno.remove(`${init.folder}/flap`);
      return await openAtRest();
    };
    await openAtRest();
    const before = await flapUntil(10);
    assertEquals(await flapUntil(210), before);
  });
});

/** The name of the program that a process runs. */
function commandOf(pid: number): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/comm`).trim();
  } catch {
    return "";
  }
}

/** Numbers from 0 to 1 that follow from a seed: mulberry32. */
function randomness(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
