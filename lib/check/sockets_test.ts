import { assertEquals } from "@std/assert";
import {
  defineBundle,
  defineService,
  defineSystem,
  httpProbe,
  notificationFd,
  type Readiness,
  type Service,
  type Sockets,
  spawned,
  tcpProbe,
  unixProbe,
} from "../define/mod.ts";
import { check } from "./check.ts";
import { resolve } from "../graph/resolve.ts";

const run = () => ({ argv: ["/bin/web"] }) as const;

function diagnose(units: Record<string, Service>): string[] {
  const { graph } = resolve({
    ...units,
    default: defineSystem({ boot: defineBundle(Object.values(units)) }),
  });
  return check(graph!).map(({ setting, cause }) => `${setting}: ${cause}`);
}

const faults = (sockets: Sockets, ready: Readiness<null> = spawned(), more = {}) =>
  diagnose({ web: defineService({ run, ready, sockets, ...more }) });

Deno.test("checkSockets() has nothing against sockets that can be opened", () => {
  const sockets = {
    http: { type: "tcp", port: 80 },
    more: { type: "tcp", port: 81, host: "127.0.0.1", backlog: 1 },
    six: { type: "udp", port: 80, host: "fe80::1" },
    stream: { type: "unix", path: "/run/a", mode: 0o660, group: "www-data" },
    fifo: { type: "fifo", path: "/run/b" },
  } as const;
  assertEquals(faults(sockets, notificationFd(8)), []);
  assertEquals(faults(sockets, spawned(), { start: "on-connection" }), []);
});

Deno.test("checkSockets() finds one address for two sockets of a service, unless they share it on purpose", () => {
  const { one, two } = {
    one: { type: "tcp", port: 80 },
    two: { type: "tcp", port: 80, host: "::" },
  } as const;
  assertEquals(faults({ one, two }), [
    "sockets.two.type: cannot open socket two of web: tcp [::]:80 is one already",
  ]);
  assertEquals(faults({ one: { ...one, reusePort: true }, two: { ...two, reusePort: true } }), []);
});

Deno.test("checkSockets() finds sockets that none can open", () => {
  assertEquals(
    faults({
      "a:b": { type: "tcp", port: 80 },
      port: { type: "udp", port: 0 },
      host: { type: "tcp", port: 1, host: "localhost" },
      octet: { type: "tcp", port: 1, host: "127.0.0.256" },
      backlog: { type: "tcp", port: 2, backlog: 0 },
      relative: { type: "fifo", path: "run/a" },
      long: { type: "unix", path: `/${"x".repeat(107)}` },
      mode: { type: "unix", path: "/run/c", mode: 0o1777 },
    }),
    [
      'sockets: cannot call a socket of web "a:b"',
      "sockets.port.port: cannot open socket port of web: 0 is no port",
      "sockets.host.host: cannot open socket host of web: localhost is no address in numbers",
      "sockets.octet.host: cannot open socket octet of web: 127.0.0.256 is no address in numbers",
      "sockets.backlog.backlog: cannot open socket backlog of web: 0 cannot wait",
      "sockets.relative.path: cannot open socket relative of web: run/a is not an absolute path",
      "sockets.long.path: cannot open socket long of web: its path has 108 bytes",
      "sockets.mode.mode: cannot open socket mode of web: 0o1777 are no permissions",
    ],
  );
  assertEquals(faults({}, spawned(), { start: "on-connection" }), [
    "start: cannot start web on a connection: it has no sockets",
  ]);
});

Deno.test("checkSockets() refuses readiness that sockets make meaningless", () => {
  const sockets = { http: { type: "tcp", port: 80 }, local: { type: "unix", path: "/run/a" } } as const;
  assertEquals(faults(sockets, notificationFd(4)), [
    "ready: cannot give descriptor 4 to web for its notification: there is one of its sockets",
  ]);
  const cause = "ready: cannot see by a connection that web is ready: init itself holds that socket open";
  for (const ready of [tcpProbe({ port: 80 }), unixProbe({ path: "/run/a" })] as Readiness[]) {
    assertEquals(diagnose({ web: defineService({ run, ready, sockets }) }), [cause]);
  }
  // What answers a request is the service itself.
  assertEquals(
    diagnose({ web: defineService({ run, ready: httpProbe({ url: "http://127.0.0.1/" }), sockets }) }),
    [],
  );
});

Deno.test("check() gives an address, and a path, to one service only", () => {
  const at = (sockets: Sockets) => defineService({ run, ready: spawned(), sockets });
  assertEquals(
    diagnose({
      a: at({
        a: { type: "tcp", port: 80 },
        b: { type: "unix", path: "/run/x" },
        c: { type: "udp", port: 80 },
      }),
      b: at({ a: { type: "tcp", port: 80, host: "127.0.0.1" }, b: { type: "fifo", path: "/run/./x" } }),
      c: at({ a: { type: "tcp", port: 81, host: "127.0.0.1" } }),
      d: at({ a: { type: "tcp", port: 81, host: "127.0.0.2" } }),
    }).map((fault) => fault.replace(/ \(.*/, "")),
    [
      "sockets.a: cannot give port 80/tcp on 127.0.0.1 to b: a has it already",
      "sockets.b: cannot give socket /run/x to b: a has it already",
    ],
  );
});
