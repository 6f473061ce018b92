import { assertEquals, assertStrictEquals } from "@std/assert";
import { notificationFd } from "../readiness/notification_fd.ts";
import { json, lines } from "./json.ts";
import { defineService, definition, isService } from "./service.ts";
import { seconds } from "./time.ts";

Deno.test("defineService() lowers a longrun", () => {
  const ready = notificationFd(3);
  const web = defineService({
    description: "web",
    run: () => ({ argv: ["/usr/bin/web"] }),
    ready,
    stop: { timeout: seconds(3) },
  });
  const { kind, description, deps, undo, output, timeout, stop, restart, claims } = web[definition];
  assertEquals([web.kind, kind, description], ["longrun", "longrun", "web"]);
  assertStrictEquals(web[definition].ready, ready);
  assertEquals({ deps, undo, output, timeout }, { deps: {}, undo: null, output: null, timeout: undefined });
  assertEquals({ stop, restart, claims }, { stop: { timeout: 3000 }, restart: {}, claims: {} });
  assertEquals(web[definition].run({}), { argv: ["/usr/bin/web"] });
});

Deno.test("defineService() lowers a oneshot", () => {
  const base = defineService({
    kind: "oneshot",
    run: () => ({ argv: ["/a"] }),
    output: json<{ path: string }>(),
  });
  const output = lines();
  const top = defineService({
    kind: "oneshot",
    deps: { base },
    run: ({ base }) => ({ argv: ["/b", base.path] }),
    undo: ({ base }, names) => ({ argv: ["/c", base.path, ...names] }),
    output,
    timeout: seconds(5),
  });
  const lowered = top[definition];
  assertEquals([top.kind, lowered.ready, lowered.timeout, lowered.body], ["oneshot", null, 5000, null]);
  assertStrictEquals(lowered.output, output);
  assertEquals(lowered.deps, { base });
  assertEquals(lowered.run({ base: { path: "/p" } }), { argv: ["/b", "/p"] });
  assertEquals(lowered.undo!({ base: { path: "/p" } }, ["x"]), { argv: ["/c", "/p", "x"] });
});

Deno.test("isService() tells a service from whatever else a module exports", () => {
  const service = defineService({ kind: "oneshot", run: () => ({ argv: ["/a"] }) });
  const others = [null, undefined, "service", { kind: "oneshot" }, () => service, [service]];
  assertEquals([service, ...others].map(isService), [true, ...others.map(() => false)]);
});
