/** The development stack as its README runs it, in a network of its own, so that its ports are free. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { buildInit } from "../../tests/fixtures/build_init.ts";
import { type Init, namespaces, unshare, withInit } from "../../tests/integration/harness.ts";

const here = fromFileUrl(new URL(".", import.meta.url));
const why = namespaces ? await missing("redis-server", "node", "ip", "nsenter") : "cannot make namespaces";

/** Which of these programs are not there; null if all are. */
async function missing(...programs: readonly string[]): Promise<string | null> {
  const { stderr } = await new Deno.Command("sh", {
    args: [
      "-c",
      'for p; do command -v "$p" >/dev/null || echo "there is no $p" >&2; done',
      "sh",
      ...programs,
    ],
    stdin: "null",
  }).output();
  return new TextDecoder().decode(stderr).trim() || null;
}

/** What the application answers. */
async function visit(init: Init): Promise<string> {
  const user = Deno.uid() === 0 ? [] : ["--user", "--preserve-credentials"];
  const program = 'console.log((await (await fetch("http://127.0.0.1:3000/")).text()).trim())';
  const { stdout, stderr } = await new Deno.Command("nsenter", {
    args: [`--target=${init.pid}`, "--net", ...user, "--", Deno.execPath(), "eval", program],
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  return new TextDecoder().decode(stdout).trim() || new TextDecoder().decode(stderr);
}

Deno.test({
  name: `the development stack starts its application anew when that changes${
    why === null ? "" : `: ${why}`
  }`,
  ignore: why !== null,
  fn: async () => {
    const scratch = await Deno.makeTempDir({ prefix: "denit-development-" });
    try {
      const binary = await buildInit(join(here, "units.ts"), join(scratch, "dist"));
      const folder = join(scratch, "application");
      await Deno.mkdir(folder);
      for (const name of ["server.mjs", "watch.mjs"]) {
        await Deno.copyFile(join(here, name), join(folder, name));
      }
      const wrap = () => unshare("--net", "sh", "-c", 'ip link set lo up && cd "$0" && exec "$@"', folder);
      await withInit({ units: () => "", binary, wrap }, async (init) => {
        await init.event("booted");
        assertEquals(await visit(init), "Hello, visitor 1");
        const [server, watcher] = [await init.up("application"), await init.up("watcher")];
        const redis = await init.up("redis");

        const source = join(folder, "server.mjs");
        const text = await Deno.readTextFile(source);
        await Deno.writeTextFile(source, text.replace("Hello", "Welcome"));
        await init.up("application", server);
        const second = await init.up("watcher", watcher);
        assertEquals(await visit(init), "Welcome, visitor 2");

        await Deno.writeTextFile(source, `${text}\nthis is no JavaScript`);
        await init.says("SyntaxError");
        await init.event("backoff", "application");
        await Deno.writeTextFile(source, text);
        await init.up("watcher", second);
        assertEquals(await visit(init), "Hello, visitor 3");
        assertEquals(init.livePid("redis"), redis, "Redis has gone on all the time");

        init.signal("SIGINT");
        assertEquals(await init.ended(), 0);
        assertStringIncludes(init.console, "everything is down");
      });
    } finally {
      await Deno.remove(scratch, { recursive: true });
    }
  },
});
