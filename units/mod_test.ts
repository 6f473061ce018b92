import { assert, assertEquals } from "@std/assert";
import { check } from "../lib/check/mod.ts";
import { resolve } from "../lib/graph/mod.ts";
import * as units from "./mod.ts";

const { graph, diagnostics } = resolve(units);

function node(name: string) {
  assert(graph !== null);
  const found = graph.nodes.find((one) => one.name === name);
  assert(found !== undefined, `there is no ${name}`);
  return found;
}

Deno.test("units have nothing wrong with them; so the worst case of their boot fits the watchdog's deadline", () => {
  assertEquals(diagnostics, []);
  assert(graph !== null && graph.watchdog !== null);
  assertEquals(check(graph), []);
});

Deno.test("units form the tree of FortrOS", () => {
  assert(graph !== null);
  const needs = Object.fromEntries(graph.nodes.map(({ name, kind, dependencies }) => {
    return [name, [kind, dependencies.map(({ id }) => graph.nodes[id]?.name).sort()]];
  }));
  assertEquals(needs, {
    "machine-name": ["oneshot", []],
    "modules": ["oneshot", []],
    "lo": ["oneshot", []],
    "persist-mount": ["oneshot", ["modules"]],
    "seed": ["oneshot", ["persist-mount"]],
    "wireguard": ["oneshot", ["lo", "modules", "persist-mount"]],
    "fortros-maintainer": ["longrun", ["persist-mount", "wireguard"]],
    "fortros-key-service": ["longrun", ["persist-mount"]],
    "fortros-reconciler": ["longrun", ["fortros-key-service", "fortros-maintainer"]],
    "boot-watchdog": ["oneshot", ["fortros-maintainer"]],
  });
  for (const name of ["fortros-maintainer", "fortros-key-service", "fortros-reconciler"]) {
    assertEquals(node(name).definition.ready?.fd, 3);
  }
});

Deno.test("units refuse an output of the wrong shape, before a dependent could start with it", () => {
  for (const name of ["fortros-maintainer", "fortros-key-service", "fortros-reconciler"]) {
    const ready = node(name).definition.ready;
    for (const wrong of ["", "{}", '{"ipc":1}', "null"]) {
      const bytes = new TextEncoder().encode(`${wrong}\n`);
      assertEquals(ready?.observe(null, { type: "bytes", bytes }, 0)[1].type, "failed");
    }
  }
});

Deno.test("units pass outputs on to the commands of their dependents", () => {
  const outputs = { persistMount: { path: "/p" }, wireguard: { iface: "wg7", address: "10.0.0.7" } };
  const command = node("fortros-maintainer").definition.run(outputs);
  assert("argv" in command);
  assert(command.argv.join(" ").includes("--iface wg7 --address 10.0.0.7 --persist /p"));
});

Deno.test("units that talk to the machine do so in a process of their own, and can be undone", () => {
  for (const name of ["persist-mount", "wireguard"]) {
    const { body, undo } = node(name).definition;
    assert(body?.undo !== null && body !== null && undo !== null);
  }
});
