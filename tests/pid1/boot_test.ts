import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { dirname, join } from "@std/path";
import {
  at,
  Boot,
  bootCommand,
  checkout,
  descendants,
  gone,
  journalIn,
  openWorkshop,
  type Workshop,
} from "./machine.ts";

let opened: Promise<Workshop> | null = null;
/** One init for all tests: building it takes longer than booting it. */
const workshop = () => opened ??= openWorkshop();

Deno.test.afterAll(async () => await (await opened)?.[Symbol.asyncDispose]());

/** Mounts of this namespace; comparing them tells whether one was left. */
const mounts = () => Deno.readTextFileSync("/proc/self/mountinfo");

/** Checks a whole life of the FortrOS tree in a journal. */
async function assertWholeLife(file: string): Promise<void> {
  const journal = await journalIn(file);
  const up = (service: string) => at(journal, "up", service);
  const starting = (service: string) => at(journal, "starting", service);
  const down = (service: string) =>
    journal.findLastIndex((entry) => entry.event === "down" && entry.service === service);
  const edges = [
    ["persist-mount", "wireguard"],
    ["persist-mount", "fortros-key-service"],
    ["wireguard", "fortros-maintainer"],
    ["fortros-maintainer", "fortros-reconciler"],
    ["fortros-key-service", "fortros-reconciler"],
    ["fortros-maintainer", "boot-watchdog"],
  ] as const;
  for (const [dependency, dependent] of edges) {
    assert(up(dependency) < starting(dependent), `${dependent} started before ${dependency} was ready`);
    assert(down(dependent) < down(dependency), `${dependency} went down before ${dependent}`);
  }
  const verdicts = journal.filter(({ event }) => event === "verdict");
  assertEquals(verdicts.map(({ verdict }) => verdict), ["ok"]);
  assertEquals(journal.filter(({ event }) => event === "backoff" || event === "spawnFailed"), []);
  assertEquals(journal[journal.length - 1]?.clean, true);
}

Deno.test("boot --once boots the FortrOS tree as PID 1, in order, and shuts it down in reverse", async () => {
  const { init, folder } = await workshop();
  const before = mounts();
  const journal = join(folder, "once.jsonl");
  const boot = new Boot({ args: ["--init", init, "--once", "--journal", journal] });
  const [, pid] = await boot.see(/init is process (\d+)/);
  const { code } = await boot.end();
  assertEquals(code, 0, boot.text);
  assertMatch(
    boot.text,
    /booted [\d.]+ s after the start of init; shut down in [\d.]+ s; all clean; exit code 0/,
  );
  await assertWholeLife(journal);
  const first = (await journalIn(journal))[0];
  assertEquals([first?.place, first?.pid], ["namespace", 1]);
  assertEquals(mounts(), before);
  await gone(Number(pid));
});

Deno.test("boot shuts down on SIGINT, and everything did its real work until then", async () => {
  const { init, folder } = await workshop();
  const journal = join(folder, "interrupted.jsonl");
  const boot = new Boot({ args: ["--init", init, "--journal", journal] });
  const [, pid] = await boot.see(/init is process (\d+)/);
  await boot.see(/is ok/);
  await boot.see(/booted in/);
  const inside = `/proc/${pid}/root`;
  const [generation] = [...Deno.readDirSync(`${inside}/persist/generations`)].map(({ name }) => name);
  assertEquals(generation, dirname(init).split("/").at(-1));
  assertEquals((await Deno.readTextFile(`${inside}/persist/generations/${generation}/status`)).trim(), "ok");
  assertStringIncludes(await Deno.readTextFile(`${inside}/run/fortros/applied/motd`), "Welcome");
  const { root } = JSON.parse(await Deno.readTextFile(`${inside}/persist/tree/current`));
  assertEquals(
    await ask(`${inside}/run/fortros/reconciler.sock`, { get: "applied" }).then((state) => state.root),
    root,
  );
  assertEquals(await ask(`${inside}/run/fortros/maintainer.sock`, { get: "members" }), {
    members: ["10.77.0.1", "10.77.0.2"],
  });
  const all = descendants(boot.process.pid);
  boot.process.kill("SIGINT");
  assertEquals((await boot.end()).code, 0, boot.text);
  await assertWholeLife(journal);
  for (const process of all) await gone(process);
});

Deno.test("boot that is killed takes its whole machine with it", async () => {
  const { init } = await workshop();
  const boot = new Boot({ args: ["--init", init] });
  await boot.see(/booted in/);
  const all = descendants(boot.process.pid);
  assert(all.length >= 6, `too few processes to be a machine: ${all}`);
  boot.process.kill("SIGKILL");
  await boot.end();
  for (const process of all) await gone(process);
});

Deno.test("boot ends its machine when the deno task that has started it is killed", async () => {
  const { init } = await workshop();
  const boot = new Boot({ command: [Deno.execPath(), "task", "--quiet", "boot"], args: ["--init", init] });
  await boot.see(/booted in/);
  const all = descendants(boot.process.pid);
  assert(all.length >= 7, `too few processes to be a machine: ${all}`);
  boot.process.kill("SIGKILL");
  await boot.end();
  for (const process of all) await gone(process);
});

Deno.test("boot needs no root where user namespaces are allowed", async () => {
  const { init, folder } = await workshop();
  await using user = await ordinaryUser(folder);
  const boot = new Boot({ ...user, args: ["--init", init, "--once"] });
  const { code } = await boot.end();
  assertEquals(code, 0, boot.text);
  assertStringIncludes(boot.text, "without root");
  assertStringIncludes(boot.text, "is ok");
});

Deno.test("boot --no-overlay binds the host's folders, and boots all the same", async () => {
  const { init } = await workshop();
  const boot = new Boot({ args: ["--init", init, "--once", "--no-overlay"] });
  assertEquals((await boot.end()).code, 0, boot.text);
});

Deno.test("boot tells why init could not be started", async () => {
  const { folder } = await workshop();
  const file = join(folder, "no-program");
  await Deno.writeTextFile(file, "this is no program\n");
  const boot = new Boot({ args: ["--init", file, "--once"] });
  assertEquals((await boot.end()).code, 1, boot.text);
  assertMatch(boot.text, /cannot start init: cannot exec \/init: EACCES/);
});

async function ask(path: string, request: unknown): Promise<Record<string, unknown>> {
  using connection = await Deno.connect({ transport: "unix", path });
  await connection.write(new TextEncoder().encode(JSON.stringify(request) + "\n"));
  const buffer = new Uint8Array(4096);
  const count = await connection.read(buffer) ?? 0;
  return JSON.parse(new TextDecoder().decode(buffer.subarray(0, count)));
}

/**
 * How to run Deno as somebody without rights. That user can read neither root's home, where Deno and its cache often
 * lie, nor perhaps this checkout: copies serve.
 */
async function ordinaryUser(folder: string) {
  if (Deno.uid() !== 0) return { [Symbol.asyncDispose]: () => Promise.resolve() };
  const place = join(folder, "as-nobody");
  const { code, stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  assertEquals(code, 0);
  const cache: string = JSON.parse(new TextDecoder().decode(stdout)).denoDir;
  const script = `set -e
    mkdir -p "$3/checkout/tests/fixtures" "$3/cache"
    cp "$1" "$3/deno"
    cp -r "$2/npm" "$3/cache/"
    cp -r deno.json lib types units "$3/checkout/"
    cp -r tests/fixtures/fortros "$3/checkout/tests/fixtures/"
    chown -R 65534:65534 "$3"`;
  const command = bootCommand(`${place}/checkout`, `${place}/deno`);
  const args = ["-c", script, "sh", await Deno.realPath(Deno.execPath()), cache, place];
  const copy = await new Deno.Command("sh", { args, cwd: checkout }).output();
  assertEquals(copy.code, 0, new TextDecoder().decode(copy.stderr));
  return {
    command: ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", ...command],
    env: { HOME: place, DENO_DIR: `${place}/cache` },
    [Symbol.asyncDispose]: () => Deno.remove(place, { recursive: true }),
  };
}
