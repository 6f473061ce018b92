import { assertEquals } from "@std/assert";
import { defineBundle, defineService, defineSystem, type Resources, spawned } from "../define/mod.ts";
import { check } from "./check.ts";
import { resolve } from "../graph/resolve.ts";

function faults(resources: Resources, scope: "all" | "group" = "all"): string[] {
  const run = () => ({ argv: ["/bin/web"] }) as const;
  const web = defineService({ run, ready: spawned(), resources, stop: { scope } });
  const { graph } = resolve({ web, default: defineSystem({ boot: defineBundle([web]) }) });
  return check(graph!).map(({ setting, cause }) => `${setting}: ${cause}`);
}

Deno.test("checkResources() has nothing against limits that a kernel can set", () => {
  assertEquals(faults({ memoryMax: "8K", memoryHigh: 4096, pidsMax: 1, cpuMax: 0.01 }), []);
  const ioMax = { "/dev/vda": { readBytes: "1M", writeOperations: 200 } } as const;
  assertEquals(faults({ cpuWeight: 1, ioWeight: 10_000, ioMax }), []);
});

Deno.test("checkResources() finds limits that none can", () => {
  assertEquals(faults({ memoryMax: 0.5, pidsMax: 0, cpuMax: NaN, ...{ diskMax: 1 } }), [
    "resources.memoryMax: cannot limit memoryMax of web to 0.5",
    "resources.pidsMax: cannot limit pidsMax of web to 0",
    "resources.cpuMax: cannot limit cpuMax of web to NaN",
    "resources.diskMax: cannot limit diskMax of web: there is no such resource",
  ]);
  assertEquals(faults({ memoryMax: "8KB" as "8K", memoryHigh: "8K" }), [
    "resources.memoryMax: cannot limit memoryMax of web to 8KB",
  ]);
  assertEquals(faults({ memoryMax: 4096, memoryHigh: "4K" }), [
    "resources.memoryHigh: cannot slow web down at 4K: memoryMax is 4096, and is there first",
  ]);
  assertEquals(
    faults({
      cpuWeight: 10_001,
      ioMax: { vda: { writeBytes: 0.5 }, "/dev/b": { ...{ speed: 1, readBytes: 1 } } },
    }),
    [
      "resources.cpuWeight: cannot limit cpuWeight of web to 10001",
      "resources.ioMax: cannot limit the pace of web on vda: it is not an absolute path",
      "resources.ioMax.writeBytes: cannot limit writeBytes of web on vda to 0.5 a second",
      "resources.ioMax.speed: cannot limit speed of web on /dev/b: there is no such pace",
    ],
  );
  assertEquals(faults({ pidsMax: 5 }, "group"), [
    'resources: cannot limit the resources of web: with stop.scope "group" it has no cgroup',
  ]);
});
