import { type Command, commandFault } from "../define/command.ts";
import type { Json } from "../define/json.ts";
import { type Probe, probeLabel, type ProbeReadiness } from "../define/readiness.ts";
import { type Millis, seconds } from "../define/time.ts";

/**
 * The pace of a probe. Probing begins when the process has started and ends once it is ready.
 *
 * @example
 * ```ts
 * import { defineService, seconds, tcpProbe } from "denit";
 *
 * export const slow = defineService({
 *   run: () => ({ argv: ["/usr/bin/slow"] }),
 *   ready: tcpProbe({ port: 80, interval: seconds(0.5), attemptTimeout: seconds(3), timeout: seconds(120) }),
 * });
 * ```
 */
export interface Pace {
  /**
   * Time between the end of one look and the next, above 0. Default: 0.1 s.
   *
   * @example `seconds(0.5)`
   */
  readonly interval?: Millis;
  /**
   * Longest time that one look may take. Default: 1 s.
   *
   * @example `seconds(3)`
   */
  readonly attemptTimeout?: Millis;
  /**
   * How many looks may fail; one more is a failed start. Default: any number, until `timeout`.
   *
   * @example `20`
   */
  readonly retries?: number;
  /**
   * Longest time from the start of the process until it must be ready. Default: 60 s.
   *
   * @example `minutes(3)`
   */
  readonly timeout?: Millis;
}

/**
 * Where a TCP service listens: the settings of {@linkcode tcpProbe} and the output it yields.
 *
 * @example
 * ```ts
 * import { defineService, type TcpAddress, tcpProbe } from "denit";
 *
 * const address: TcpAddress = { port: 8080 };
 * export const web = defineService({ run: () => ({ argv: ["/usr/bin/web"] }), ready: tcpProbe(address) });
 * ```
 */
export interface TcpAddress {
  /**
   * The port, 1 to 65535.
   *
   * @example `8080`
   */
  readonly port: number;
  /**
   * The host, a name or an address. Default: `127.0.0.1`.
   *
   * @example `"10.0.0.1"`
   */
  readonly host?: string;
}

/**
 * Ready when a TCP connection to the port is accepted.
 *
 * @example
 * ```ts
 * import { defineService, tcpProbe } from "denit";
 *
 * export const web = defineService({
 *   run: () => ({ argv: ["/usr/sbin/nginx", "-g", "daemon off;"] }),
 *   ready: tcpProbe({ port: 80 }),
 * });
 * export const tests = defineService({
 *   kind: "oneshot",
 *   deps: { web },
 *   run: ({ web }) => ({ argv: ["/usr/bin/curl", `http://${web.host}:${web.port}/`] }),
 * });
 * ```
 *
 * @param settings Port, host and pace.
 * @returns A readiness whose output is the address.
 * @throws {RangeError} If the port is none.
 */
export function tcpProbe(settings: TcpAddress & Pace): ProbeReadiness<Required<TcpAddress>> {
  const { port, host = "127.0.0.1" } = settings;
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new RangeError(`cannot probe TCP port ${port}: a port is a whole number from 1 to 65535`);
  }
  return probed({ type: "tcp", host, port }, { host, port }, settings);
}

/**
 * Ready when a connection to a Unix stream socket is accepted.
 *
 * @example
 * ```ts
 * import { defineService, unixProbe } from "denit";
 *
 * export const database = defineService({
 *   run: () => ({ argv: ["/usr/bin/database", "--socket", "/run/database.sock"] }),
 *   ready: unixProbe({ path: "/run/database.sock" }),
 * });
 * ```
 *
 * @param settings Path of the socket, and pace.
 * @returns A readiness whose output is the path.
 * @throws {RangeError} If the path is not absolute, or longer than the 107 bytes that unix(7) has room for.
 */
export function unixProbe(
  settings: { readonly path: string } & Pace,
): ProbeReadiness<{ readonly path: string }> {
  const { path } = settings;
  absolute(path);
  if (new TextEncoder().encode(path).length > 107) {
    throw new RangeError(
      `cannot probe ${path}: the path of a Unix socket has at most 107 bytes; take a shorter one`,
    );
  }
  return probed({ type: "unix", path }, { path }, settings);
}

/**
 * Ready when a GET request is answered with an expected status. The URL is
 * `http:`; redirects are not followed.
 *
 * @example
 * ```ts
 * import { defineService, httpProbe } from "denit";
 *
 * export const api = defineService({
 *   run: () => ({ argv: ["/usr/bin/api", "--port", "8080"] }),
 *   ready: httpProbe({ url: "http://127.0.0.1:8080/health", status: [200, 204] }),
 * });
 * ```
 *
 * @param settings URL, the statuses that mean ready (default: 200 to 399), and pace.
 * @returns A readiness whose output is the URL.
 * @throws {RangeError} If the URL is not an `http:` one.
 */
export function httpProbe(
  settings: { readonly url: string; readonly status?: readonly number[] } & Pace,
): ProbeReadiness<{ readonly url: string }> {
  const { url, status = null } = settings;
  if (!URL.canParse(url) || new URL(url).protocol !== "http:") {
    throw new RangeError(`cannot probe ${url}: it is not an http: URL`);
  }
  return probed({ type: "http", url, status }, { url }, settings);
}

/**
 * Ready when a file, of whatever type, exists.
 *
 * @example
 * ```ts
 * import { defineService, fileProbe } from "denit";
 *
 * export const udev = defineService({
 *   run: () => ({ argv: ["/usr/lib/systemd/systemd-udevd"] }),
 *   ready: fileProbe({ path: "/run/udev/control" }),
 * });
 * ```
 *
 * @param settings Path of the file, and pace. A file left over from before counts too: remove it before the start.
 * @returns A readiness whose output is the path.
 * @throws {RangeError} If the path is not absolute.
 */
export function fileProbe(
  settings: { readonly path: string } & Pace,
): ProbeReadiness<{ readonly path: string }> {
  const { path } = settings;
  absolute(path);
  return probed({ type: "file", path }, { path }, settings);
}

/**
 * Ready when a command ends with exit code 0.
 *
 * @example
 * ```ts
 * import { commandProbe, defineService, seconds } from "denit";
 *
 * export const postgres = defineService({
 *   run: () => ({ argv: ["/usr/lib/postgresql/15/bin/postgres", "-D", "/var/lib/postgresql"] }),
 *   ready: commandProbe({ command: { argv: ["/usr/bin/pg_isready"] }, interval: seconds(0.5) }),
 * });
 * ```
 *
 * @param settings The command, and pace.
 * @returns A readiness without an output.
 * @throws {RangeError} If the command is none, such as one whose argv is empty.
 */
export function commandProbe(settings: { readonly command: Command } & Pace): ProbeReadiness<null> {
  const { command } = settings;
  const fault = commandFault(command);
  if (fault !== null) throw new RangeError(`cannot probe with this command: ${fault}`);
  return probed({ type: "command", command }, null, settings);
}

function absolute(path: string): void {
  if (path.startsWith("/") && !path.includes("\0")) return;
  throw new RangeError(`cannot probe ${path}: it is not an absolute path`);
}

/** A look without an end, or without a pause before the next, would keep the supervisor from its work. */
function checkPace({ interval, attemptTimeout, retries }: Required<Omit<Pace, "timeout">>): void {
  for (const [setting, time] of [["interval", interval], ["attemptTimeout", attemptTimeout]] as const) {
    if (time > 0 && Number.isFinite(time)) continue;
    throw new RangeError(`cannot probe with ${setting} ${time} ms: give a length of time above 0`);
  }
  if (retries === Infinity || (Number.isInteger(retries) && retries >= 0)) return;
  throw new RangeError(`cannot probe with ${retries} retries: give a whole number, 0 or more`);
}

/** Looks, waits and looks again; the state is the number of looks that failed. */
function probed<O>(probe: Probe, output: Json, pace: Pace): ProbeReadiness<O> {
  const { interval = seconds(0.1), attemptTimeout = seconds(1), retries = Infinity } = pace;
  checkPace({ interval, attemptTimeout, retries });
  const label = probeLabel(probe);
  return {
    label,
    timeout: pace.timeout ?? seconds(60),
    fd: null,
    probe,
    observe: (state, seen, now) => {
      const failed = typeof state === "number" ? state : 0;
      if (seen.type === "spawned" || seen.type === "tick") {
        return [failed, { type: "probe", probe, timeout: attemptTimeout }];
      }
      if (seen.type !== "probed") return [failed, { type: "wait", until: null }];
      if (seen.ok) return [failed, { type: "ready", output }];
      if (failed + 1 > retries) {
        return [failed + 1, {
          type: "failed",
          detail: `${label}: ${seen.detail}; looked ${failed + 1} times`,
        }];
      }
      return [failed + 1, { type: "wait", until: now + interval }];
    },
  };
}
