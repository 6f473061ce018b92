import { assertEquals, assertMatch } from "@std/assert";
import { type NetworkProbe, networkProber } from "./prober.ts";

const look = (probe: NetworkProbe, timeout = 5000) =>
  networkProber(probe, timeout, new AbortController().signal);

Deno.test("networkProber() finds a TCP port that listens, and says why another does not", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const accepted = listener.accept().then((connection) => connection.close());
  assertEquals(await look({ type: "tcp", host: "127.0.0.1", port }), null);
  await accepted;
  listener.close();
  assertMatch(await look({ type: "tcp", host: "127.0.0.1", port }) ?? "", /refused/);
});

Deno.test("networkProber() finds a Unix socket that listens", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/socket`;
  assertMatch(await look({ type: "unix", path }) ?? "", /No such file/);
  const listener = Deno.listen({ transport: "unix", path });
  const accepted = listener.accept().then((connection) => connection.close());
  assertEquals(await look({ type: "unix", path }), null);
  await accepted;
  listener.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("networkProber() takes a file of any type that exists", async () => {
  assertEquals(await look({ type: "file", path: "/dev/null" }), null);
  assertMatch(await look({ type: "file", path: "/nonexistent" }) ?? "", /No such file/);
});

/** Answers one connection with a text, or not at all. */
async function withServer(answer: string | null, use: (url: string) => Promise<void>): Promise<string> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const served = listener.accept().then(async (connection) => {
    const request = new Uint8Array(4096);
    const count = await connection.read(request);
    if (answer !== null) await connection.write(new TextEncoder().encode(answer));
    else await connection.read(request);
    connection.close();
    return new TextDecoder().decode(request.subarray(0, count ?? 0));
  });
  await use(`http://127.0.0.1:${listener.addr.port}/health?x=1`);
  listener.close();
  return await served;
}

Deno.test("networkProber() asks by HTTP and judges the status", async () => {
  const request = await withServer("HTTP/1.1 204 No Content\r\n\r\n", async (url) => {
    assertEquals(await look({ type: "http", url, status: null }), null);
  });
  assertMatch(request, /^GET \/health\?x=1 HTTP\/1\.0\r\nHost: 127\.0\.0\.1:\d+\r\n/);
  await withServer("HTTP/1.1 503 Busy\r\n\r\n", async (url) => {
    assertEquals(await look({ type: "http", url, status: null }), "status 503");
  });
  await withServer("HTTP/1.1 404 Not Found\r\n\r\n", async (url) => {
    assertEquals(await look({ type: "http", url, status: [404] }), null);
  });
  await withServer("SSH-2.0-OpenSSH\r\n", async (url) => {
    assertEquals(await look({ type: "http", url, status: null }), "the answer is not HTTP");
  });
});

Deno.test("networkProber() gives up when its time is over, and leaves no connection behind", async () => {
  await withServer(null, async (url) => {
    assertEquals(await look({ type: "http", url, status: null }, 50), "no answer within 0.05 s");
  });
});

Deno.test("networkProber() gives up at once when it is cancelled", async () => {
  const abort = new AbortController();
  await withServer(null, async (url) => {
    const looking = networkProber({ type: "http", url, status: null }, 60_000, abort.signal);
    abort.abort();
    assertEquals(typeof await looking, "string");
    // The server waits for a connection in any case.
    await look({ type: "http", url, status: null }, 50);
  });
});
