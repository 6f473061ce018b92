import { assert, assertEquals } from "@std/assert";
import { withInit } from "./harness.ts";

/** Answers each connection, and counts them. */
class Server implements AsyncDisposable {
  connections = 0;
  readonly #listener: Deno.TcpListener | Deno.UnixListener;
  readonly #accepting: Promise<void>;

  constructor(listener: Deno.TcpListener | Deno.UnixListener, answer: (count: number) => string | null) {
    this.#listener = listener;
    this.#accepting = this.#accept(answer);
  }

  /** @param answer What is sent to connection number `count`; null leaves it without an answer. */
  static tcp(answer: (count: number) => string | null): Server {
    return new Server(Deno.listen({ hostname: "127.0.0.1", port: 0 }), answer);
  }

  get port(): number {
    const { addr } = this.#listener;
    return "port" in addr ? addr.port : 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepting;
  }

  async #accept(answer: (count: number) => string | null): Promise<void> {
    const silent: Deno.Conn[] = [];
    try {
      for await (const connection of this.#listener) {
        const text = answer(++this.connections);
        if (text === null) silent.push(connection);
        else {
          await connection.write(new TextEncoder().encode(text)).catch(() => {});
          connection.close();
        }
      }
    } finally {
      for (const connection of silent) connection.close();
    }
  }
}

/** A port on which nobody listens. */
function closedPort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

const daemon = (name: string, ready: string, text = "exec sleep 1000") =>
  `export const ${name} = defineService({ run: () => sh(${
    JSON.stringify(text)
  }), ready: ${ready}, restart: { on: "never" } });\n`;

Deno.test("supervise probes until a service is ready, and then no more", async () => {
  await using web = Server.tcp((count) => `HTTP/1.1 ${count < 3 ? 500 : 200} Whatever\r\n\r\n`);
  await using strict = Server.tcp((count) => `HTTP/1.0 ${count < 2 ? 200 : 204} X\r\n\r\n`);
  await using tcp = Server.tcp(() => "");
  const often = "interval: seconds(0.005)";
  const units = (folder: string) =>
    [
      daemon("web", `httpProbe({ url: "http://127.0.0.1:${web.port}/health?x=1", ${often} })`),
      daemon("strict", `httpProbe({ url: "http://127.0.0.1:${strict.port}/", status: [204], ${often} })`),
      daemon("tcp", `tcpProbe({ port: ${tcp.port}, ${often} })`),
      daemon("file", `fileProbe({ path: "${folder}/ready", ${often} })`),
      daemon("socket", `unixProbe({ path: "${folder}/socket", ${often} })`),
      daemon(
        "command",
        `commandProbe({ command: sh("echo probing; test -e ${folder}/command"), ${often} })`,
        `sleep 0.1; echo up; touch ${folder}/command; exec sleep 1000`,
      ),
      `export const user = defineService({ deps: { web, tcp, file, socket, command }, ready: spawned(),
        run: ({ web, tcp, file, socket, command }) => sh("echo '" + JSON.stringify([web, tcp, file, socket, command]) + "'; exec sleep 1000") });\n`,
      "export default defineSystem({ boot: defineBundle([good, strict, user]) });",
    ].join("");
  await withInit({ units }, async (init) => {
    await init.up("tcp");
    await init.event("spawned", "socket");
    await Deno.writeTextFile(`${init.folder}/ready`, "");
    await init.up("file");
    const path = `${init.folder}/socket`;
    await using socket = new Server(Deno.listen({ transport: "unix", path }), () => "");
    await init.event("booted");
    // The command took longer than a hundred more probes of the others would have.
    assertEquals([web.connections, strict.connections, tcp.connections], [3, 2, 1]);
    assertEquals(socket.connections, 1);
    await init.eventually(async () => (await init.log("user")).endsWith("\n"), "the outputs");
    assertEquals(JSON.parse(await init.log("user")), [
      { url: `http://127.0.0.1:${web.port}/health?x=1` },
      { port: tcp.port, host: "127.0.0.1" },
      { path: `${init.folder}/ready` },
      { path },
      null,
    ]);
    init.signal("SIGTERM");
    assertEquals(await init.ended(), 0);
  });
});

Deno.test("supervise gives a probe that fails up after its retries, and says what it saw", async () => {
  await using silent = Server.tcp(() => null);
  await using rude = Server.tcp(() => "SSH-2.0-OpenSSH\r\n");
  await using broken = Server.tcp(() => "HTTP/1.1 503 Busy\r\n\r\n");
  const closed = closedPort();
  // A busy machine must not turn what is refused at once into what does not answer.
  const quick = "interval: seconds(0.02), attemptTimeout: seconds(20)";
  const hasty = "interval: seconds(0.02), attemptTimeout: seconds(0.2)";
  const units = (folder: string) => {
    Deno.writeTextFileSync(`${folder}/no-socket`, "");
    return [
      daemon("closed", `tcpProbe({ port: ${closed}, retries: 3, ${quick} })`),
      daemon("silent", `httpProbe({ url: "http://127.0.0.1:${silent.port}/", retries: 1, ${hasty} })`),
      daemon("rude", `httpProbe({ url: "http://127.0.0.1:${rude.port}/", retries: 0, ${quick} })`),
      daemon("broken", `httpProbe({ url: "http://127.0.0.1:${broken.port}/", retries: 2, ${quick} })`),
      daemon("hanging", `commandProbe({ command: sh("sleep 500; sleep 501"), retries: 1, ${hasty} })`),
      daemon("failing", `commandProbe({ command: sh("exit 7"), retries: 0, ${quick} })`),
      daemon(
        "missing",
        `commandProbe({ command: { argv: ["/no/such/probe"] }, retries: 1, ${quick} })`,
      ),
      daemon("noSocket", `unixProbe({ path: "${folder}/no-socket", retries: 0, ${quick} })`),
      daemon("noFile", `fileProbe({ path: "${folder}/never", retries: 2, ${quick} })`),
      daemon("late", `fileProbe({ path: "${folder}/never", timeout: seconds(0.3) })`),
      daemon("died", `tcpProbe({ port: ${closed} })`, "exit 4"),
      "export default defineSystem({ boot: defineBundle([good, closed, silent, rude, broken, hanging, failing, missing, noSocket, noFile, late, died]) });",
    ].join("");
  };
  await withInit({ units }, async (init) => {
    await init.event("booted");
    await init.says("booted in");
    const { folder } = init;
    const expected = {
      "closed": `tcp 127.0.0.1:${closed}: Connection refused; looked 4 times`,
      "silent": `http http://127.0.0.1:${silent.port}/: no answer within 0.2 s; looked 2 times`,
      "rude": `http http://127.0.0.1:${rude.port}/: the answer is not HTTP; looked 1 times`,
      "broken": `http http://127.0.0.1:${broken.port}/: status 503; looked 3 times`,
      "hanging": "command /bin/sh -c sleep 500; sleep 501: no answer within 0.2 s; looked 2 times",
      "failing": "command /bin/sh -c exit 7: exit code 7; looked 1 times",
      "missing": "command /no/such/probe: cannot exec /no/such/probe: ENOENT (no such file); looked 2 times",
      "no-socket": `unix ${folder}/no-socket: Connection refused; looked 1 times`,
      "no-file": `file ${folder}/never: No such file or directory; looked 3 times`,
      "died": "exit code 4 before it was ready",
    };
    const told = Object.fromEntries(
      Object.keys(expected).map((name) => [name, init.told(name).at(-1)!.replace("down: ", "")]),
    );
    assertEquals(told, expected);
    assert(init.told("late").at(-1)!.startsWith("down: not done after "));
    assert(init.livePid("good") !== null);
    assertEquals(init.processes().length, 1, "probes that hung are gone");
  });
});

Deno.test("supervise stops a service that is being probed, and its probe", async () => {
  await using silent = Server.tcp(() => null);
  const units = () =>
    [
      daemon(
        "hanging",
        `commandProbe({ command: sh("echo asked; exec sleep 500"), attemptTimeout: seconds(400) })`,
      ),
      daemon(
        "silent",
        `httpProbe({ url: "http://127.0.0.1:${silent.port}/", attemptTimeout: seconds(400) })`,
      ),
      "export default defineSystem({ boot: defineBundle([good, hanging, silent]) });",
    ].join("");
  await withInit({ units }, async (init) => {
    await init.eventually(() => init.processes().length === 4, "the process of the probe");
    await init.eventually(() => silent.connections === 1, "the connection of the other");
    init.signal("SIGTERM");
    assertEquals(await init.ended(), 0);
  });
});
