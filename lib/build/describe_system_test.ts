import { assertEquals } from "@std/assert";
import { defineBundle, defineService, defineSystem, type Log, minutes, spawned } from "denit";
import { resolve } from "../graph/mod.ts";
import { describeSystem } from "./describe_system.ts";

const info = { generation: "0123456789ab", version: "1.2.3", origins: {} };

const printing = (log?: Log) =>
  defineService({
    run: () => ({ argv: ["/bin/web"] }),
    ready: spawned(),
    ...log === undefined ? {} : { log },
  });

Deno.test("describeSystem() says where each service prints, with every default filled in", () => {
  const archive = printing({ to: "none" });
  const services = {
    archive,
    kept: printing(),
    old: printing({ stamp: "tai64n", keep: 9, maxAge: minutes(60), rateLimit: 1000 }),
    piped: printing({ to: archive }),
    shown: printing({ to: "console", lineLimit: 200 }),
  };
  const boot = defineBundle(Object.values(services));
  const { graph } = resolve({ ...services, default: defineSystem({ boot }) });
  const { services: described } = describeSystem(graph!, info);
  const file = {
    to: "file",
    stamp: "iso",
    maxSize: 1024 * 1024,
    keep: 3,
    maxAge: null,
    sync: "never",
    lineLimit: 16 * 1024,
    rateLimit: null,
  } as const;
  assertEquals(Object.fromEntries(described.map(({ name, log }) => [name, log])), {
    archive: { to: "none" },
    kept: file,
    old: { ...file, stamp: "tai64n", keep: 9, maxAge: 3_600_000, rateLimit: 1000 },
    piped: { to: "service", service: "archive" },
    shown: { to: "console", lineLimit: 200, rateLimit: null },
  });
  assertEquals(JSON.parse(JSON.stringify(described)), described, "it is plain data");
});

Deno.test("describeSystem() says who may look by initctl", () => {
  const web = printing();
  const boot = defineBundle([web]);
  const read = (control?: { read?: "owner" | "everybody" }) => {
    const { graph } = resolve({ web, default: defineSystem({ boot, ...control && { control } }) });
    return describeSystem(graph!, info).control;
  };
  assertEquals(read(), { read: "owner" });
  assertEquals(read({}), { read: "owner" });
  assertEquals(read({ read: "owner" }), { read: "owner" });
  assertEquals(read({ read: "everybody" }), { read: "everybody" });
});
