// What init does itself, without a process: by PID 1 of a namespace, and by an ordinary process.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { hostname, kernelModules, loopback, savedClock } from "denit";
import { renderBoot } from "../../lib/cli/render_boot.ts";
import { dryRun } from "../../lib/driver/dry_run.ts";
import { graphOf } from "../fixtures/graph_of.ts";
import { type Init, namespaces, unshare, withInit } from "./harness.ts";

const main = new URL("../../init.ts", import.meta.url).pathname;

const units = (folder: string) =>
  `import { hostname, kernelModules, loopback, randomSeed, savedClock } from "denit";
  export const name = hostname("denit-inside");
  export const endless = hostname({ name: () => "a".repeat(65) });
  export const lo = loopback();
  export const modules = kernelModules(["no-such-module"]);
  export const seed = randomSeed({ file: "${folder}/seed" });
  export const clock = savedClock({ file: "${folder}/clock" });
  export const inside = script({
    deps: { name, lo, modules, seed, clock },
    run: async (outputs) => {
      const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const { port } = listener.addr;
      const reached = await Deno.connect({ hostname: "127.0.0.1", port }).then(() => true, () => false);
      return { hostname: Deno.hostname(), reached, outputs };
    },
  });
  export default defineSystem({ boot: defineBundle([good, inside, endless]) });`;

const skipped = { skipped: "not the init of a machine" };

async function ctl(init: Init, ...words: readonly string[]): Promise<string> {
  const args = ["run", "-A", "--no-prompt", main, "ctl", "--runtime-dir", init.runtimeDir, ...words];
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, env: { NO_COLOR: "1" } })
    .output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

const yielded = (init: Init, service: string) => init.all("exited", service)[0]?.output;

function assertNoFiles(init: Init): void {
  const files = Array.from(Deno.readDirSync(init.folder), ({ name }) => name);
  assert(!files.includes("seed") && !files.includes("clock"), files.join(" "));
}

Deno.test({
  name: "PID 1 of a namespace names its machine and reaches itself, and leaves the rest to the machine",
  ignore: !namespaces,
  async fn() {
    const before = Deno.hostname();
    // Where /tmp and /run are no mount points yet, PID 1 would mount empty ones over what we have there.
    const prepare = 'mount --bind /tmp /tmp && mount --bind /run /run && exec "$@"';
    const wrap = () =>
      unshare("--uts", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", prepare, "sh");
    await withInit({ units, wrap, nested: true }, async (init) => {
      await init.event("booted");
      const { outputs, ...seen } = Object(yielded(init, "inside"));
      assertEquals(seen, { hostname: "denit-inside", reached: true });
      assertEquals(outputs, {
        name: { name: "denit-inside" },
        lo: { interface: "lo" },
        modules: skipped,
        seed: skipped,
        clock: skipped,
      });
      assertEquals(init.all("spawned", "name"), []);
      const [status] = JSON.parse(await ctl(init, "status", "--json", "name")).services;
      assertEquals([status.phase, status.pid, status.output], ["up", null, { name: "denit-inside" }]);
      assertMatch(await ctl(init, "why", "endless"), /cannot sethostname a{65}: EINVAL \(invalid argument\)/);
      await ctl(init, "restart", "name");
      await init.event("up", "name", 2);
      assertMatch(await ctl(init, "signal", "name", "HUP"), /has no process/);
      const plot = await ctl(init, "plot");
      assert(plot.includes("<svg") && plot.includes("modules"), plot.slice(0, 300));
      init.signal("SIGTERM");
      assertEquals(await init.ended(), 1, "one of them has failed, so that the boot was not good");
      assertEquals(init.all("end")[0]!.clean, true);
      assertNoFiles(init);
    });
    assertEquals(Deno.hostname(), before);
  },
});

Deno.test("an ordinary process does nothing that is a machine's own, and says so", async () => {
  const before = Deno.hostname();
  await withInit({ units }, async (init) => {
    await init.event("booted");
    assertEquals(init.all("booted")[0]!.state, "ok");
    for (const service of ["name", "endless", "lo", "modules", "seed", "clock"]) {
      assertEquals(yielded(init, service), skipped);
    }
    init.signal("SIGTERM");
    assertEquals(await init.ended(), 0);
    assertNoFiles(init);
  });
  assertEquals(Deno.hostname(), before);
});

Deno.test("a dry run shows what init does itself", async () => {
  const lo = loopback();
  const graph = graphOf({
    lo,
    modules: kernelModules(["wireguard"]),
    clock: savedClock({ deps: { lo }, file: "/clock" }),
    name: hostname("a"),
  });
  const run = await dryRun(graph);
  assertEquals([run.waves.map(({ length }) => length), run.faults], [[3, 1], []]);
  assertEquals(run.stopOrder.length, 1, "only what has something to undo");
  const text = await renderBoot(graph, run, "text");
  assertStringIncludes(text, "oneshot, ready by init itself within 10 s, after lo");
});
