import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { after, type Deps, optional } from "../define/dependency.ts";
import type { Directories } from "../define/own_files.ts";
import type { Claims } from "../define/policy.ts";
import type { Readiness } from "../define/readiness.ts";
import { defineService, type Service } from "../define/service.ts";
import { mount } from "../kinds/mount.ts";
import { notificationFd } from "../readiness/notification_fd.ts";
import { httpProbe, tcpProbe, unixProbe } from "../readiness/probe.ts";
import { spawned } from "../readiness/spawned.ts";
import { checkClaims } from "./claims.ts";
import type { Diagnostic } from "../graph/diagnostic.ts";
import { graphOf } from "../../tests/fixtures/graph_of.ts";
import { normalPath } from "../graph/path.ts";
import { reportTo } from "./report.ts";

function claiming(claims: Claims, ready: Readiness = spawned(), deps: Deps = {}): Service {
  return defineService({ deps, run: () => ({ argv: ["/a"] }), ready, claims });
}

function diagnose(units: Record<string, Service>): readonly Diagnostic[] {
  const graph = graphOf(units);
  const found: Diagnostic[] = [];
  checkClaims(graph, reportTo(found, graph));
  return found;
}

function collide(a: Service, b: Service, part: string): void {
  const found = diagnose({ a, b });
  assertEquals(found.length, 1, part);
  assertEquals(found[0]!.service, "b");
  assertStringIncludes(found[0]!.cause, part);
  assertMatch(found[0]!.cause, /a has it already.*\(.*claims_test\.ts:\d+\)$/);
}

Deno.test("checkClaims() refuses two claims of one port, by setting or by probe", () => {
  const claimed = claiming({ ports: [80] });
  const probed = (host?: string) => claiming({}, tcpProbe({ port: 80, host }));
  collide(claimed, claiming({ ports: ["80/tcp"] }), "cannot give port 80/tcp to b");
  collide(claimed, probed(), "cannot give port 80/tcp on 127.0.0.1 to b");
  collide(probed(), claimed, "cannot give port 80/tcp to b");
  collide(probed("10.0.0.1"), claimed, "cannot give port 80/tcp to b");
  collide(
    probed("localhost"),
    claiming({}, httpProbe({ url: "http://127.0.0.1/" })),
    "port 80/tcp on 127.0.0.1",
  );
  collide(claiming({ ports: ["53/udp"] }), claiming({ ports: ["53/udp"] }), "port 53/udp");
});

Deno.test("checkClaims() refuses two runtime directories in one place, and lets others be shared", () => {
  const having = (directories: Directories, deps: Deps = {}) =>
    defineService({ deps, run: () => ({ argv: ["/a"], directories }), ready: spawned() });
  collide(
    having({ runtime: "/run/a" }),
    having({ runtime: { path: "/run//a" } }),
    "runtime directory /run/a to b",
  );
  collide(
    having({ runtime: "/run/a" }),
    having({ runtime: "/run/a/b" }),
    "to b: a has it already, as /run/a",
  );
  const shared = () => having({ state: "/var/lib/a", cache: "/var/cache/a", logs: "/var/log/a" });
  assertEquals(diagnose({ a: shared(), b: shared() }), []);
});

Deno.test("checkClaims() finds directories, environment files and secrets that may not be mounted yet", () => {
  const persist = mount({ device: "/dev/vda", path: "/persist" });
  const run = () => ({
    argv: ["/a"] as const,
    directories: { state: "/persist/a" },
    envFiles: ["/persist/env"],
    secrets: { key: "/persist/key" },
  });
  const early = defineService({ run, ready: spawned() });
  assertEquals(
    diagnose({ persist, early }).map(({ setting, cause }) => `${setting}: ${cause}`),
    [
      "directories.state: state directory /persist/a",
      "envFiles: environment file /persist/env",
      "secrets.key: secret /persist/key",
    ]
      .map((what) => what.replace(": ", ": cannot place ")).map((what) =>
        `run.${what} of early: it lies below /persist, which persist may mount later`
      ),
  );
  assertEquals(diagnose({ persist, later: defineService({ deps: { persist }, run, ready: spawned() }) }), []);
});

Deno.test("checkClaims() lets tcp and udp, other hosts and a service's own probe have the same number", () => {
  assertEquals(diagnose({ a: claiming({ ports: [53] }), b: claiming({ ports: ["53/udp"] }) }), []);
  const [a, b] = [tcpProbe({ port: 80 }), tcpProbe({ port: 80, host: "127.0.0.2" })];
  assertEquals(diagnose({ a: claiming({}, a), b: claiming({}, b) }), []);
  assertEquals(diagnose({ a: claiming({ ports: [80, 80] }, a) }), []);
});

Deno.test("checkClaims() lets every service have a notification fd 3: each process has its own table", () => {
  assertEquals(diagnose({ a: claiming({}, notificationFd(3)), b: claiming({}, notificationFd(3)) }), []);
});

Deno.test("checkClaims() refuses a port that is none", () => {
  for (const port of [0, 65536, 1.5, "53/sctp", "x/udp"]) {
    // deno-lint-ignore no-explicit-any -- the types refuse some of these
    const found = diagnose({ a: claiming({ ports: [port as any] }) });
    assertEquals(found.map(({ setting }) => setting), ["claims.ports"], String(port));
  }
});

Deno.test("checkClaims() refuses two claims of one path, however it is written", () => {
  for (const key of ["sockets", "pidFiles", "mountPoints", "stateDirectories"] as const) {
    collide(claiming({ [key]: ["/a//b/../c/"] }), claiming({ [key]: ["/a/c"] }), "/a/c to b");
  }
  collide(
    claiming({ sockets: ["/run//a.sock"] }),
    claiming({}, unixProbe({ path: "/run/a.sock" })),
    "socket /run/a.sock",
  );
});

Deno.test("checkClaims() refuses a relative path", () => {
  const [found] = diagnose({ a: claiming({ pidFiles: ["run/a.pid"] }) });
  assertStringIncludes(found!.cause, "cannot give pid file run/a.pid to a: it is not an absolute path");
});

Deno.test("checkClaims() refuses a state directory inside another's", () => {
  collide(
    claiming({ stateDirectories: ["/var/db"] }),
    claiming({ stateDirectories: ["/var/db/b"] }),
    "as /var/db",
  );
  assertEquals(diagnose({ a: claiming({ stateDirectories: ["/var/db", "/var/db/own"] }) }), []);
  assertEquals(
    diagnose({
      a: claiming({ stateDirectories: ["/var/db"] }),
      b: claiming({ stateDirectories: ["/var/db2"] }),
    }),
    [],
  );
});

Deno.test("checkClaims() wants what lies below a mount point to depend on the mount", () => {
  const persist = mount({ device: "a", path: "/persist" });
  const state = { stateDirectories: ["/persist/db"] };
  const loose: readonly Deps[] = [{}, { persist: after(persist) }];
  for (const deps of loose) {
    const [found, ...none] = diagnose({ persist, db: claiming(state, spawned(), deps) });
    assertEquals(none, []);
    assertStringIncludes(found!.cause, "it lies below /persist, which persist may mount later");
    assertEquals(found!.cure, "add persist to the deps of db");
  }
  const middle = claiming({}, spawned(), { persist });
  const orders: readonly Deps[] = [{ persist }, { persist: optional(persist) }, { middle }];
  for (const deps of orders) {
    assertEquals(diagnose({ persist, middle, db: claiming(state, spawned(), deps) }), []);
  }
});

Deno.test("checkClaims() wants nested mount points in order, the inner after the outer", () => {
  const persist = mount({ device: "a", path: "/persist" });
  const [found] = diagnose({ persist, data: mount({ device: "b", path: "/persist/data" }) });
  assertStringIncludes(found!.cause, "cannot place mount point /persist/data of data");
  assertEquals(
    diagnose({ persist, data: mount({ deps: { persist }, device: "b", path: "/persist/data" }) }),
    [],
  );
});

Deno.test("checkClaims() finds a collision exactly where a naive comparison of all pairs finds one", () => {
  const path = fc.array(fc.constantFrom("a", "b", "..", ""), { minLength: 1, maxLength: 4 }).map((list) =>
    `/${list.join("/")}`
  );
  fc.assert(fc.property(fc.array(path, { maxLength: 6 }), (paths) => {
    const units = Object.fromEntries(
      paths.map((path, index) => [`s${index}`, claiming({ sockets: [path] })]),
    );
    const naive = paths.some((one, i) =>
      paths.some((two, j) => i < j && normalPath(one) === normalPath(two))
    );
    assertEquals(diagnose(units).length > 0, naive);
  }));
});

Deno.test("checkClaims() names what instances of one function would share by mistake", () => {
  // Instances are calls; many at once are an object, of which a module exports the parts by their names.
  const worker = (queue: string, port: number) =>
    defineService({
      run: () => ({ argv: ["/usr/bin/worker", queue], directories: { runtime: `/run/worker-${queue}` } }),
      ready: tcpProbe({ port }),
    });
  const { mail, image } = { mail: worker("mail", 7001), image: worker("image", 7002) };
  assertEquals(diagnose({ mail, image }), []);
  assertEquals(
    diagnose({ mail, image, third: worker("mail", 7001) }).map(({ service, setting, cause }) =>
      `${service}: ${setting}: ${cause.replace(/ \(.*\)$/, "")}`
    ),
    [
      "third: ready: cannot give port 7001/tcp on 127.0.0.1 to third: mail has it already",
      "third: run.directories.runtime: cannot give runtime directory /run/worker-mail to third: mail has it already",
    ],
  );
});
