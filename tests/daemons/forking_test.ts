/** Debian's daemons that put themselves into the background, as they do by default, followed by their pid files. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { ask, resultOf } from "../integration/ask.ts";
import { withInit } from "../integration/harness.ts";
import { freePort, has, run } from "./daemon.ts";

Deno.test({
  name: "nginx in the background is ready with its pid file, reloads, comes back when it dies, and quits",
  ignore: Deno.uid() !== 0 || !has("nginx"),
  fn: async () => {
    const port = freePort();
    const url = `http://127.0.0.1:${port}/`;
    const page = async () => (await (await fetch(url)).text()).trim();
    const units = (folder: string) => {
      Deno.writeTextFileSync(
        join(folder, "nginx.conf"),
        `pid ${folder}/nginx.pid; error_log stderr; worker_processes 2; events {}
         http { access_log off; server { listen 127.0.0.1:${port}; location / { return 200 "it works"; } } }`,
      );
      return `
export const nginx = defineService({
  run: () => ({ argv: ["/usr/sbin/nginx", "-c", "${folder}/nginx.conf", "-p", "${folder}"] }),
  ready: pidFile("${folder}/nginx.pid"),
  reload: "SIGHUP",
  stop: { signal: "SIGQUIT" },
});
export default defineSystem({ boot: defineBundle([nginx]) });`;
    };
    await withInit({ units }, async (init) => {
      const first = await init.up("nginx");
      assertEquals(await page(), "it works");
      const config = join(init.folder, "nginx.conf");
      Deno.writeTextFileSync(config, Deno.readTextFileSync(config).replace("it works", "it still works"));
      resultOf(await ask(init, "reload", { names: ["nginx"] }));
      await init.eventually(async () => await page() === "it still works", "the new page");
      Deno.kill(first, "SIGKILL");
      const next = await init.up("nginx", first);
      assertEquals([await page(), next === first], ["it still works", false]);
      assertEquals(resultOf(await ask(init, "stop", { names: ["nginx"] })), { down: ["nginx"], notes: [] });
      assert(await fetch(url).then(() => false, () => true), "nobody answers");
    });
  },
});

Deno.test({
  name: "redis in the background is ready with its pid file, and keeps what it was given through a stop",
  ignore: !has("redis-server"),
  fn: async () => {
    const port = String(freePort());
    const redis = (...words: string[]) => run("redis-cli", ["-p", port, ...words]);
    const units = (folder: string) => `
export const redis = defineService({
  run: () => ({ argv: ["/usr/bin/redis-server", "--port", "${port}", "--bind", "127.0.0.1", "--dir", "${folder}",
    "--daemonize", "yes", "--pidfile", "${folder}/redis.pid", "--appendonly", "yes"] }),
  ready: pidFile("${folder}/redis.pid"),
});
export default defineSystem({ boot: defineBundle([redis]) });`;
    await withInit({ units }, async (init) => {
      const pid = await init.up("redis");
      await init.eventually(
        () => redis("ping").then((answer) => answer === "PONG\n", () => false),
        "an answer",
      );
      await redis("set", "key", "value");
      resultOf(await ask(init, "restart", { names: ["redis"] }));
      assert(await init.up("redis", pid) !== pid);
      await init.eventually(
        () => redis("ping").then((answer) => answer === "PONG\n", () => false),
        "an answer",
      );
      assertEquals(await redis("get", "key"), "value\n");
    });
  },
});
