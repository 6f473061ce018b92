/** Programs that say that they are ready by a newline on a descriptor: a server in Node.js, and a daemon that s6 asks. */
import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { join } from "@std/path";
import { ask, resultOf } from "../integration/ask.ts";
import { withInit } from "../integration/harness.ts";
import { freePort, has, run } from "./daemon.ts";

const server = `
import { createServer } from "node:http";
import { writeSync } from "node:fs";
const server = createServer((_, response) => response.end("from node " + process.env.GREETING));
// On a port that nobody has told it: who needs it is told by its readiness.
server.listen(0, "127.0.0.1", () => writeSync(3, JSON.stringify({ port: server.address().port }) + "\\n"));
process.on("SIGTERM", () => server.close(() => process.exit(0)));
`;

Deno.test({
  name: "a Node HTTP server says by its notification fd where it listens, and who needs it is told",
  ignore: !has("node"),
  fn: async () => {
    const units = (folder: string) => {
      Deno.writeTextFileSync(join(folder, "server.mjs"), server);
      return `
export const site = defineService({
  run: () => ({ argv: ["node", "${folder}/server.mjs"], env: { GREETING: "hello" } }),
  ready: notificationFd(3, { parse: json() }),
});
export const client = defineService({
  deps: { site },
  kind: "oneshot",
  run: ({ site }) => ({
    argv: ["node", "-e", "fetch(process.argv[1]).then((answer) => answer.text()).then(console.log)", "http://127.0.0.1:" + site.port],
  }),
  output: lines(),
});
export default defineSystem({ boot: defineBundle([client]) });`;
    };
    await withInit({ units }, async (init) => {
      const pid = await init.up("site");
      const { port } = (await init.event("ready", "site")).output as { port: number };
      await init.event("up", "client");
      assertEquals((await init.event("exited", "client")).output, ["from node hello"]);
      assertEquals(await (await fetch(`http://127.0.0.1:${port}/`)).text(), "from node hello");
      Deno.kill(pid, "SIGKILL");
      await init.up("site", pid);
      const next = init.all("ready", "site").at(-1)!.output as { port: number };
      assertEquals(await (await fetch(`http://127.0.0.1:${next.port}/`)).text(), "from node hello");
      resultOf(await ask(init, "stop", { names: ["site"], force: true }));
      assert(await fetch(`http://127.0.0.1:${next.port}/`).then(() => false, () => true), "nobody answers");
    });
  },
});

Deno.test({
  name: "a daemon under s6-notifyoncheck is ready when its check says so, and not before",
  ignore: !has("s6-notifyoncheck") || !has("redis-server"),
  fn: async () => {
    const port = String(freePort());
    const units = (folder: string) => {
      Deno.mkdirSync(join(folder, "service/data"), { recursive: true });
      Deno.mkdirSync(join(folder, "service/supervise"));
      // Its third look is the first that it likes.
      Deno.writeTextFileSync(
        join(folder, "service/data/check"),
        `#!/bin/sh
         echo look >>${folder}/looks
         [ $(wc -l <${folder}/looks) -ge 3 ] && redis-cli -p ${port} ping | grep -q PONG`,
        { mode: 0o755 },
      );
      return `
// s6-notifyoncheck insists on a supervisor of s6: somebody holds the lock, and there is a fifodir for events.
export const keeper = defineService({
  run: () => ({ argv: ["s6-setlock", "-n", "supervise/lock", "sleep", "infinity"], cwd: "${folder}/service" }),
  before: () => ({ argv: ["s6-mkfifodir", "event"], cwd: "${folder}/service" }),
  ready: commandProbe({ command: { argv: ["/bin/sh", "-c", "! s6-setlock -n ${folder}/service/supervise/lock true 2>/dev/null"] } }),
});
export const redis = defineService({
  deps: { keeper },
  run: () => ({
    argv: ["s6-notifyoncheck", "-d", "-3", "3", "-w", "50", "redis-server", "--port", "${port}", "--bind", "127.0.0.1",
      "--save", "", "--dir", "${folder}"],
    cwd: "${folder}/service",
  }),
  ready: notificationFd(3),
});
export default defineSystem({ boot: defineBundle([redis]) });`;
    };
    await withInit({ units }, async (init) => {
      await init.up("redis");
      assertEquals(await run("redis-cli", ["-p", port, "ping"]), "PONG\n");
      const looks = (await Deno.readTextFile(join(init.folder, "looks"))).trim().split("\n").length;
      assertGreaterOrEqual(looks, 3);
      resultOf(await ask(init, "stop", { names: ["redis"] }));
    });
  },
});
