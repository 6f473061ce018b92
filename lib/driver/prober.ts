import type { Probe } from "../define/readiness.ts";
import type { Millis } from "../define/time.ts";

/** What one look at a service has shown: null if it is ready, or else what is missing, in words. */
export type Look = string | null;

/** A probe that the driver cannot do with processes and pipes. A command probe is a process: the driver does it. */
export type NetworkProbe = Exclude<Probe, { readonly type: "command" }>;

/**
 * Looks once, for so long at most. It never rejects, and gives up its sockets when `signal` is aborted.
 */
export type Prober = (probe: NetworkProbe, timeout: Millis, signal: AbortSignal) => Promise<Look>;

/** Looks by way of the network and the file system of this machine. */
export const networkProber: Prober = async (probe, timeout, signal) => {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(timeout))]);
  try {
    limit.throwIfAborted();
    return await look(probe, limit);
  } catch (error) {
    if (limit.aborted) return `no answer within ${timeout / 1000} s`;
    return error instanceof Error ? plain(error.message) : String(error);
  }
};

async function look(probe: NetworkProbe, limit: AbortSignal): Promise<Look> {
  switch (probe.type) {
    case "file":
      await Deno.lstat(probe.path);
      return null;
    case "tcp":
      (await connect({ transport: "tcp", hostname: probe.host, port: probe.port }, limit)).close();
      return null;
    case "unix":
      (await connect({ transport: "unix", path: probe.path }, limit)).close();
      return null;
    case "http":
      return await ask(new URL(probe.url), probe.status, limit);
  }
}

async function connect(
  address: (Deno.ConnectOptions & { transport: "tcp" }) | Deno.UnixConnectOptions,
  limit: AbortSignal,
): Promise<Deno.Conn> {
  const connecting = address.transport === "unix"
    ? Deno.connect(address)
    : Deno.connect({ ...address, signal: limit });
  // Connecting to a Unix socket cannot be aborted, so a connection that comes too late is closed when it comes.
  let late = false;
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(limit.reason);
  limit.addEventListener("abort", onAbort, { once: true });
  connecting.then((connection) => late && connection.close(), () => {});
  try {
    return await Promise.race([connecting, aborted.promise]);
  } catch (error) {
    late = true;
    throw error;
  } finally {
    limit.removeEventListener("abort", onAbort);
  }
}

/** The longest head of an answer that is read: a status line is short. */
const HEAD = 4096;

/** GET by HTTP/1.0 and no further than the status line: a full client would keep connections that nobody needs. */
async function ask(url: URL, expected: readonly number[] | null, limit: AbortSignal): Promise<Look> {
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  const connection = await connect({ transport: "tcp", hostname, port: Number(url.port || 80) }, limit);
  const onAbort = () => connection.close();
  limit.addEventListener("abort", onAbort, { once: true });
  try {
    const request =
      `GET ${url.pathname}${url.search} HTTP/1.0\r\nHost: ${url.host}\r\nConnection: close\r\n\r\n`;
    await connection.write(new TextEncoder().encode(request));
    const status = /^HTTP\/1\.[01] (\d{3})/.exec(await readHead(connection))?.[1];
    if (status === undefined) return "the answer is not HTTP";
    const code = Number(status);
    const good = expected === null ? code >= 200 && code < 400 : expected.includes(code);
    return good ? null : `status ${code}`;
  } finally {
    limit.removeEventListener("abort", onAbort);
    if (!limit.aborted) connection.close();
  }
}

async function readHead(connection: Deno.Conn): Promise<string> {
  const head = new Uint8Array(HEAD);
  let length = 0;
  while (length < HEAD) {
    const count = await connection.read(head.subarray(length));
    if (count === null) break;
    length += count;
    if (head.subarray(0, length).includes(10)) break;
  }
  return new TextDecoder("latin1").decode(head.subarray(0, length));
}

/** Deno adds the number of the error to its text, and the call; the words suffice, as the probe's label tells the rest. */
function plain(message: string): string {
  return message.replace(/ \(os error \d+\).*$/s, "");
}
