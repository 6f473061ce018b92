import { assertEquals, assertThrows } from "@std/assert";
import { defineService, definition } from "../define/service.ts";
import { json } from "../define/json.ts";
import { graphOf } from "../../tests/fixtures/graph_of.ts";
import { nodeOf } from "../graph/graph.ts";
import { restCommand } from "../graph/rest_command.ts";
import { hostname, kernelModules, loopback, randomSeed, savedClock } from "./kernel.ts";
import { mount } from "./mount.ts";

Deno.test("hostname() lowers to a oneshot that init does itself", () => {
  const { kind, inInit, run, undo, output } = hostname("fortros-7")[definition];
  assertEquals([kind, inInit, undo, output], ["oneshot", true, null, null]);
  assertEquals(run({}), { kernel: "hostname", name: "fortros-7" });
});

Deno.test("hostname() takes the name from the output of a dependency", () => {
  const identity = defineService({
    kind: "oneshot",
    run: () => ({ argv: ["/usr/bin/identity"] }),
    output: json<{ name: string }>(),
  });
  const name = hostname({
    description: "its name",
    deps: { identity },
    name: ({ identity }) => identity.name,
  });
  assertEquals(name[definition].description, "its name");
  assertEquals(name[definition].run({ identity: { name: "x" } }), { kernel: "hostname", name: "x" });
});

Deno.test("hostname() refuses what no machine can be called", () => {
  assertThrows(() => hostname(""), RangeError, "the name is empty");
  assertThrows(() => hostname("ä".repeat(33)), RangeError, "at most 64 bytes");
  hostname("a".repeat(64));
});

Deno.test("loopback() lowers to its task", () => {
  const { run, undo } = loopback()[definition];
  assertEquals([run({}), undo], [{ kernel: "loopback" }, null]);
});

Deno.test("kernelModules() takes names, alone or with settings", () => {
  const names = ["dm_crypt", "wireguard"];
  for (const service of [kernelModules(names), kernelModules({ names })]) {
    const { run, undo } = service[definition];
    assertEquals([run({}), undo], [{ kernel: "modules", names }, null]);
  }
});

Deno.test("kernelModules() gives drivers the time that they are said to need", () => {
  assertEquals(kernelModules(["loop"])[definition].timeout, 10_000);
  assertEquals(kernelModules({ names: ["loop"], timeout: 60_000 })[definition].timeout, 60_000);
});

Deno.test("kernelModules() refuses paths and files", () => {
  for (const name of ["", "../loop", "drivers/loop", "loop.ko", "loop max_loop=8"]) {
    assertThrows(() => kernelModules([name]), RangeError, "it is not a name");
  }
});

Deno.test("randomSeed() loads at the start and saves at the end, in a file that a dependency tells", () => {
  const persist = mount({ device: "LABEL=persist", path: "/persist" });
  const { run, undo } =
    randomSeed({ deps: { persist }, file: ({ persist }) => `${persist.path}/seed` })[definition];
  const outputs = { persist: { path: "/persist" } };
  assertEquals(run(outputs), { kernel: "load-seed", file: "/persist/seed" });
  assertEquals(undo!(outputs, { bits: 256 }), { kernel: "save-seed", file: "/persist/seed" });
});

Deno.test("savedClock() sets the clock at the start and keeps it at the end", () => {
  const { run, undo } = savedClock({ file: "/persist/clock" })[definition];
  assertEquals(run({}), { kernel: "set-clock", notBeforeFile: "/persist/clock" });
  assertEquals(undo!({}, { movedBy: 0 }), { kernel: "keep-clock", file: "/persist/clock" });
});

Deno.test("restCommand() shows what init does itself, with placeholders", () => {
  const persist = mount({ device: "LABEL=persist", path: "/persist" });
  const seed = randomSeed({ deps: { persist }, file: ({ persist }) => `${persist.path}/seed` });
  const graph = graphOf({ persist, seed });
  const task = restCommand(graph, nodeOf(graph, graph.ids.get("seed")!));
  assertEquals(task, { kernel: "load-seed", file: "<persist.path>/seed" });
});
