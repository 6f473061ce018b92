/** Sockets that init opens for services: what they are given, when they start, and that nobody is refused meanwhile. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { join } from "@std/path";
import { createSocket } from "node:dgram";
import { build, silentProgress } from "../../lib/build/mod.ts";
import { compile } from "../fixtures/compile.ts";
import { ask, faultOf, resultOf } from "./ask.ts";
import { type Init, withInit } from "./harness.ts";

const server = compile("listens");
globalThis.addEventListener("unload", () => server?.remove());
const ignore = server === null;

/** A port on which nobody listens. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** What a server answers: the name of the socket, its pid, and what it was told. */
async function tell(
  to: Deno.ConnectOptions | Deno.UnixConnectOptions,
  text = "hello",
): Promise<[string, number, string]> {
  const connection = "path" in to ? await Deno.connect(to) : await Deno.connect(to);
  await connection.write(new TextEncoder().encode(text));
  const answer = await deadline(new Response(connection.readable).text(), 30_000);
  const [name = "", pid = "", ...rest] = answer.split(" ");
  return [name, Number(pid), rest.join(" ")];
}

function sendUdp(text: string, port: number): Promise<void> {
  const socket = createSocket("udp4");
  return new Promise((resolve, reject) =>
    socket.send(text, port, "127.0.0.1", (error) => {
      socket.close();
      if (error === null) resolve();
      else reject(error);
    })
  );
}

async function serviceOf(init: Init, name: string): Promise<Record<string, unknown>> {
  const { services } = resultOf(await ask(init, "status", { names: [name] })) as {
    services: Record<string, unknown>[];
  };
  return services[0]!;
}

/** A system of `web`, which is our server with these sockets and settings. */
const web = (sockets: string, more = "", args = "") => () => `
export const web = defineService({
  sockets: { ${sockets} },
  run: () => ({ argv: ["${server?.path}"${args}] }),
  ready: spawned(),
  ${more}
});
export default defineSystem({ boot: defineBundle([good, web]) });`;

Deno.test({
  name:
    "sockets of every type are passed under their names, with the id of the process, also through an exec",
  ignore,
  fn: async () => {
    const [tcp, all, udp] = [freePort(), freePort(), freePort()];
    const units = (folder: string) => `
const sockets = {
  four: { type: "tcp", port: ${tcp}, host: "127.0.0.1" },
  six: { type: "tcp", port: ${tcp}, host: "::1" },
  all: { type: "tcp", port: ${all} },
  datagram: { type: "udp", port: ${udp}, host: "127.0.0.1" },
  stream: { type: "unix", path: "${folder}/stream", mode: 0o600 },
  letters: { type: "unix", path: "${folder}/letters", kind: "datagram" },
  packets: { type: "unix", path: "${folder}/packets", kind: "seqpacket" },
  pipe: { type: "fifo", path: "${folder}/pipe" },
};
export const web = defineService({
  sockets,
  run: () => sh("exec env exec=ed ${server!.path}"),
  ready: spawned(),
});
export default defineSystem({ boot: defineBundle([good, web]) });`;
    await withInit({ units }, async (init) => {
      const pid = await init.up("web");
      const hosts = [["127.0.0.1", tcp, "four"], ["::1", tcp, "six"], ["127.0.0.1", all, "all"], [
        "::1",
        all,
        "all",
      ]] as const;
      for (const [hostname, port, name] of hosts) {
        assertEquals(await tell({ hostname, port }), [name, pid, "hello"]);
      }
      const path = (name: string) => join(init.folder, name);
      assertEquals(await tell({ transport: "unix", path: path("stream") }), ["stream", pid, "hello"]);
      assertEquals((await Deno.stat(path("stream"))).mode! & 0o777, 0o600);
      await Deno.writeTextFile(path("pipe"), "by the pipe");
      await sendUdp("by udp", udp);
      const logger = new Deno.Command("logger", { args: ["-u", path("letters"), "a letter"] });
      assert((await logger.output()).success);
      const names = "four:six:all:datagram:stream:letters:packets:pipe";
      for (
        const line of [
          "pipe: by the pipe",
          "datagram: by udp",
          "letters: <",
          "a letter",
          `${pid} runs with 8: ${names}`,
        ]
      ) {
        await init.eventually(async () => (await init.log("web")).includes(line), line);
      }
      assertEquals((await serviceOf(init, "web")).sockets, [
        `four tcp 127.0.0.1:${tcp}`,
        `six tcp [::1]:${tcp}`,
        `all tcp [::]:${all}`,
        `datagram udp 127.0.0.1:${udp}`,
        ...["stream", "letters", "packets"].map((name) => `${name} unix ${path(name)}`),
        `pipe fifo ${path("pipe")}`,
      ]);
      resultOf(await ask(init, "stop", { names: ["web"] }));
      for (const name of ["stream", "letters", "packets", "pipe"]) {
        assertEquals(await Deno.lstat(path(name)).catch(() => null), null, `${name} is gone`);
      }
    });
  },
});

Deno.test({
  name: "no connection is refused or lost while a service restarts, again and again",
  ignore,
  fn: async () => {
    const port = freePort();
    await withInit(
      { units: web(`http: { type: "tcp", port: ${port}, host: "127.0.0.1" }`) },
      async (init) => {
        let pid = await init.up("web");
        let ends = false;
        const seen = new Set<number>();
        const client = async () => {
          let count = 0;
          for (; !ends; count++) {
            const [name, by, text] = await tell({ hostname: "127.0.0.1", port }, `number ${count}`);
            assertEquals([name, text], ["http", `number ${count}`]);
            seen.add(by);
          }
          return count;
        };
        const clients = Array.from({ length: 8 }, client);
        for (let times = 0; times < 5; times++) {
          resultOf(await ask(init, "restart", { names: ["web"] }));
          pid = await init.up("web", pid);
        }
        // A crash is another matter for whoever was just being answered, but not for those who come.
        ends = true;
        const counts = await Promise.all(clients);
        assert(counts.every((count) => count > 5), `each was answered: ${counts}`);
        assert(seen.size >= 4, `by several processes: ${seen.size}`);
        init.kill(pid, "SIGKILL");
        const [, by] = await tell({ hostname: "127.0.0.1", port });
        assert(by !== pid);
      },
    );
  },
});

Deno.test({
  name: "start on-connection lets a service start when somebody comes, end when it is idle, and start again",
  ignore,
  fn: async () => {
    const port = freePort();
    const sockets = `http: { type: "tcp", port: ${port}, host: "127.0.0.1" }`;
    const units = () =>
      `${web(sockets, 'start: "on-connection",', ', "2"')().split("export default")[0]}
export const user = defineService({ deps: { web }, run: () => sh("exec sleep 100000"), ready: spawned() });
export default defineSystem({ boot: defineBundle([user]) });`;
    await withInit({ units }, async (init) => {
      const user = await init.up("user");
      assertEquals(init.all("spawned", "web"), [], "nobody has come yet");
      const { phase, ready, pid } = await serviceOf(init, "web");
      assertEquals([phase, ready, pid], ["up", true, null]);
      const text = new TextDecoder().decode(
        (await new Deno.Command(Deno.execPath(), {
          args: [
            "run",
            "-A",
            new URL("../../init.ts", import.meta.url).pathname,
            "ctl",
            "--runtime-dir",
            init.runtimeDir,
            "status",
            "web",
          ],
          env: { DENIT_CONFIG: "" },
        }).output()).stdout,
      );
      assertStringIncludes(text, `armed`);
      assertStringIncludes(text, `waits for a connection to http tcp 127.0.0.1:${port}`);
      const first = await tell({ hostname: "127.0.0.1", port });
      assertEquals((await tell({ hostname: "127.0.0.1", port }))[1], first[1], "the same process");
      // It has ended after two; those who come now find another one, however early they come.
      const others = await Promise.all(
        Array.from({ length: 4 }, () => tell({ hostname: "127.0.0.1", port })),
      );
      assertEquals(new Set(others.map(([, by]) => by)).size, 2);
      assert(others.every(([, by]) => by !== first[1]));
      await init.eventually(async () => (await serviceOf(init, "web")).pid === null, "it is armed again");
      assertEquals((await serviceOf(init, "web")).restarts, 0, "to be idle is no failure");
      assertEquals(init.livePid("user"), user);
      // Told to stop, it is down, and then nobody answers.
      resultOf(await ask(init, "stop", { names: ["web"], force: true }));
      assertEquals(
        await tell({ hostname: "127.0.0.1", port }).catch(({ name }) => name),
        "ConnectionRefused",
      );
      resultOf(await ask(init, "start", { names: ["web"] }));
      assert((await tell({ hostname: "127.0.0.1", port }))[1] > 0);
    });
  },
});

Deno.test("start on-connection does not spin with a program that fails, and gives up as it is told", async () => {
  const port = freePort();
  const units = () => `
export const web = defineService({
  sockets: { http: { type: "tcp", port: ${port}, host: "127.0.0.1" } },
  start: "on-connection",
  run: () => sh("exit 1"),
  ready: spawned(),
  restart: { delay: seconds(0.2), backoff: 1, giveUp: { after: 2 } },
});
export default defineSystem({ boot: defineBundle([good, web]) });`;
  await withInit({ units }, async (init) => {
    await init.event("up", "web");
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await init.event("down", "web");
    assertEquals(init.all("spawned", "web").length, 3);
    connection.close();
    const refused = await Deno.connect({ hostname: "127.0.0.1", port }).catch(({ name }) => name);
    assertEquals(refused, "ConnectionRefused", "nothing is held for what is down");
  });
});

Deno.test("sockets that cannot be opened fail the start, with the address and the cause", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  const units = (folder: string) => `
const at = (socket, more) => defineService({ sockets: { it: socket }, run: () => sh("exec sleep 1000"), ready: spawned(), restart: { on: "never" }, ...more });
export const port = at({ type: "tcp", port: ${port}, host: "127.0.0.1" });
export const armed = at({ type: "tcp", port: ${port}, host: "127.0.0.1" }, { start: "on-connection" });
export const folder = at({ type: "unix", path: "${folder}/none/socket" });
export const file = at({ type: "unix", path: "${folder}/units.ts" });
export const owner = at({ type: "fifo", path: "${folder}/fifo", user: "nobody-at-all" });
export default defineSystem({ boot: defineBundle([good]) });`;
  await withInit({ units }, async (init) => {
    await init.up("good");
    const causes: Record<string, string> = {
      port: `cannot listen at tcp 127.0.0.1:${port}: EADDRINUSE`,
      armed: `cannot listen at tcp 127.0.0.1:${port}: EADDRINUSE`,
      folder: `/none/socket: ENOENT`,
      file: "something that is no socket is in the way",
      owner: "there is no user nobody-at-all",
    };
    for (const [name, cause] of Object.entries(causes)) {
      const { message, chain = [] } = faultOf(await ask(init, "start", { names: [name] }));
      assertStringIncludes(`${message} ${JSON.stringify(chain)}`, cause, name);
    }
  });
});

Deno.test({
  name: "sockets go over to another generation, armed or in use",
  ignore,
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "denit-sockets-switch-" });
    try {
      const units = join(folder, "units.ts");
      const path = (name: string) => join(folder, name);
      await Deno.writeTextFile(
        units,
        `import { defineBundle, defineService, defineSystem, spawned } from "denit";
const at = (name: string, more: { start?: "on-connection" } = {}) => defineService({
  sockets: { it: { type: "unix", path: ${JSON.stringify(folder)} + "/" + name } },
  run: () => ({ argv: ["${server!.path}"] }),
  ready: spawned(),
  ...more,
});
export const used = at("used"), armed = at("armed", { start: "on-connection" });
export default defineSystem({ boot: defineBundle([used, armed]) });
`,
      );
      const built = await build({ units, out: join(folder, "out"), progress: silentProgress });
      assert(built.ok, built.ok ? "" : built.problems.join("\n"));
      await withInit({ units: () => "", binary: built.init }, async (init) => {
        const pid = await init.up("used");
        await init.event("up", "armed");
        const at = (name: string) => ({ transport: "unix", path: path(name) }) as const;
        const { success, stderr } = await new Deno.Command(built.init, {
          args: ["ctl", "--runtime-dir", init.runtimeDir, "switch", built.init],
        }).output();
        assert(success, new TextDecoder().decode(stderr));
        assertEquals((await tell(at("used")))[1], pid, "the same process");
        assertEquals((await tell(at("armed")))[0], "it", "the new init has started it");
        resultOf(await ask(init, "restart", { names: ["used"] }));
        assert((await tell(at("used")))[1] !== pid, "another process has the same socket");
        resultOf(await ask(init, "stop", { names: ["used"] }));
        assertEquals(await Deno.lstat(path("used")).catch(() => null), null, "what is not held is gone");
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
