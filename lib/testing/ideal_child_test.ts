import { assertEquals } from "@std/assert";
import { defineBundle, defineService, defineSystem, json, logLine, pidFile, sdNotify, spawned } from "denit";
import { scenario } from "denit/testing";

Deno.test("idealChild() says READY=1, with its output, where its service is to be told so by sd_notify", async () => {
  const web = defineService({
    run: () => ({ argv: ["/usr/bin/web"] }),
    ready: sdNotify({ parse: json<{ port: number }>() }),
  });
  const user = defineService({
    deps: { web },
    run: ({ web }) => ({ argv: ["/usr/bin/user", String(web.port)] }),
    ready: spawned(),
  });
  const units = { web, user, default: defineSystem({ boot: defineBundle([user]) }) };
  const boot = await scenario(units, { outputs: { web: { port: 80 } } });
  assertEquals(boot.started, ["web", "user"]);
});

Deno.test("idealChild() prints the example where its service is seen to be ready by what it prints", async () => {
  const web = defineService({
    run: () => ({ argv: ["/usr/bin/web"] }),
    ready: logLine(/port (\d+)/, { example: "on port 80", output: ([, port]) => ({ port: Number(port) }) }),
  });
  const user = defineService({
    deps: { web },
    run: ({ web }) => ({ argv: ["/usr/bin/user", String(web.port + 1)] }),
    ready: spawned(),
  });
  const units = { web, user, default: defineSystem({ boot: defineBundle([user]) }) };
  const boot = await scenario(units);
  assertEquals(boot.started, ["web", "user"]);
});

Deno.test("idealChild() leaves a daemon behind where its service is followed by a pid file", async () => {
  const web = defineService({ run: () => ({ argv: ["/usr/bin/web"] }), ready: pidFile("/run/web.pid") });
  const user = defineService({ deps: { web }, run: () => ({ argv: ["/usr/bin/user"] }), ready: spawned() });
  const units = { web, user, default: defineSystem({ boot: defineBundle([user]) }) };
  const boot = await scenario(units);
  assertEquals(boot.started, ["web", "user"]);
});
