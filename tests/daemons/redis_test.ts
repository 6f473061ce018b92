/** Debian's Redis, `supervised systemd`: it tells what it does, and has what it was given after kill -9. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { ask, resultOf } from "../integration/ask.ts";
import { withInit } from "../integration/harness.ts";
import { freePort, has, run } from "./daemon.ts";

Deno.test({
  name:
    "redis under supervised systemd tells what it does, and comes back from kill -9 with what it was given",
  ignore: !has("redis-server"),
  fn: async () => {
    const port = String(freePort());
    const redis = (...words: string[]) => run("redis-cli", ["-p", port, ...words]);
    const units = (folder: string) => `
export const redis = defineService({
  run: () => ({
    argv: ["/usr/bin/redis-server", "--port", "${port}", "--bind", "127.0.0.1", "--supervised", "systemd",
      "--dir", "${folder}/redis", "--appendonly", "yes", "--appendfsync", "always"],
    directories: { state: { path: "${folder}/redis", mode: 0o700 } },
  }),
  ready: sdNotify(),
});
export default defineSystem({ boot: defineBundle([redis]) });`;
    await withInit({ units }, async (init) => {
      const first = await init.up("redis");
      // It is ready: the first request is answered.
      assertEquals(await redis("ping"), "PONG\n");
      const status = JSON.stringify(resultOf(await ask(init, "status", { names: ["redis"] })));
      assertStringIncludes(status, "Ready to accept connections");
      for (const [key, value] of [["one", "1"], ["two", "2"]] as const) await redis("set", key, value);
      Deno.kill(first, "SIGKILL");
      await init.up("redis", first);
      assertEquals(await redis("mget", "one", "two"), "1\n2\n");
      assertEquals(init.all("exited", "redis").length, 1);
      const why = JSON.stringify(resultOf(await ask(init, "why", { name: "redis" })));
      assertStringIncludes(why, "up");
      await redis("set", "three", "3");
      resultOf(await ask(init, "restart", { names: ["redis"] }));
      assertEquals(await redis("get", "three"), "3\n");
    });
  },
});
