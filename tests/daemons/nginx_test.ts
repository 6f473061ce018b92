/** Debian's nginx in the foreground: readiness by its port, and reloads that nobody who asks it for something notices. */
import { assert, assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { ask, faultOf, resultOf } from "../integration/ask.ts";
import { withInit } from "../integration/harness.ts";
import { freePort, has } from "./daemon.ts";

const RELOADS = 6, CLIENTS = 4;

/** One request on a connection of its own; the status and the body. */
async function get(port: number): Promise<{ readonly status: string; readonly body: string }> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const request = new TextEncoder().encode("GET / HTTP/1.0\r\nHost: test\r\n\r\n");
  for (let sent = 0; sent < request.length;) sent += await connection.write(request.subarray(sent));
  const decoder = new TextDecoder(), bytes = new Uint8Array(4096);
  let text = "";
  for (let length = await connection.read(bytes); length !== null; length = await connection.read(bytes)) {
    text += decoder.decode(bytes.subarray(0, length), { stream: true });
  }
  const [head = "", body = ""] = text.split("\r\n\r\n");
  return { status: head.split("\r\n")[0]!, body };
}

Deno.test({
  name:
    "nginx reloads again and again under load without a request that is dropped, and is not started with a bad file",
  ignore: Deno.uid() !== 0 || !has("nginx"),
  fn: async () => {
    const port = freePort();
    const write = (folder: string, page: string) =>
      Deno.writeTextFileSync(
        join(folder, "nginx.conf"),
        `daemon off; pid ${folder}/run/web.pid; error_log stderr; worker_processes 2; events {}
         http { access_log off; server { listen 127.0.0.1:${port}; location / { return 200 "${page}"; } } }`,
      );
    const units = (folder: string) => {
      write(folder, "page 0");
      return `
const nginx = (...words) => ({ argv: ["/usr/sbin/nginx", "-c", "${folder}/nginx.conf", "-p", "${folder}", ...words] });
export const web = defineService({
  run: () => nginx(),
  before: () => nginx("-t"),
  ready: tcpProbe({ port: ${port} }),
  reload: () => ({ argv: ["/bin/sh", "-c", '"$@" && kill -HUP $MAINPID', "reload", ...nginx("-t", "-q").argv] }),
  stop: { signal: "SIGQUIT" },
  restart: { on: "on-failure", giveUp: { after: 1, within: seconds(60) } },
});
export default defineSystem({ boot: defineBundle([web]) });`;
    };
    await withInit({ units }, async (init) => {
      const pid = await init.up("web");
      const answers: string[] = [];
      let loaded = true;
      const client = async () => {
        while (loaded) {
          const { status, body } = await get(port).catch((error) => ({ status: String(error), body: "" }));
          answers.push(`${status} ${body}`);
        }
      };
      const clients = Array.from({ length: CLIENTS }, client);
      try {
        for (let number = 1; number <= RELOADS; number++) {
          write(init.folder, `page ${number}`);
          resultOf(await ask(init, "reload", { names: ["web"] }));
          const seen = answers.length;
          await init.eventually(
            () => answers.slice(seen).some((answer) => answer.endsWith(`page ${number}`)),
            `page ${number}`,
          );
        }
      } finally {
        loaded = false;
        await Promise.all(clients);
      }
      assertEquals(answers.filter((answer) => !/^HTTP\/1\.[01] 200 OK page \d$/.test(answer)), []);
      assertGreater(answers.length, 10 * RELOADS);
      // A file that makes no sense: the reload says so, and what runs goes on.
      await Deno.writeTextFile(join(init.folder, "nginx.conf"), "nonsense;");
      const { message } = faultOf(await ask(init, "reload", { names: ["web"] }));
      assertStringIncludes(message, "cannot reload web: its command ended: exit code 1");
      // A worker from before the last good one may still have been at work.
      await init.eventually(async () => (await get(port)).body === `page ${RELOADS}`, "the last good page");
      assertEquals(init.livePid("web"), pid);
      const vetoed = faultOf(await ask(init, "restart", { names: ["web"] }));
      assertStringIncludes(vetoed.message, "before");
      assertEquals(init.livePid("web"), null);
      assertStringIncludes(await init.log("web"), 'unknown directive "nonsense"');
      write(init.folder, "page 0");
      resultOf(await ask(init, "start", { names: ["web"] }));
      assertEquals((await get(port)).body, "page 0");
      resultOf(await ask(init, "stop", { names: ["web"] }));
      assert(await get(port).then(() => false, () => true), "nobody answers");
    });
  },
});
