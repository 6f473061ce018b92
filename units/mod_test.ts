import { assert, assertEquals, assertThrows } from "@std/assert";
import { check, resolve } from "../lib/graph/mod.ts";
import type { Json } from "denit";
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
    "persist-mount": ["oneshot", []],
    "wireguard": ["oneshot", ["persist-mount"]],
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
  const parse = (name: string, text: string): Json => {
    const { output } = node(name).definition;
    assert(output !== null);
    return output.parse(text);
  };
  assertEquals(parse("wireguard", '{"iface":"wg0","address":"10.77.0.2"}'), {
    iface: "wg0",
    address: "10.77.0.2",
  });
  for (const wrong of ["", "{}", '{"iface":"wg0"}', '{"iface":1,"address":"10.77.0.2"}', "null"]) {
    assertThrows(() => parse("wireguard", wrong));
  }
  assertThrows(() => parse("persist-mount", '{"path":"/persist"}'));
  const ready = node("fortros-maintainer").definition.ready;
  const line = new TextEncoder().encode("\n");
  assertEquals(ready?.observe(null, { type: "bytes", bytes: line }, 0)[1].type, "failed");
});

Deno.test("units pass outputs on to the commands of their dependents", () => {
  const outputs = { persistMount: { path: "/p" }, wireguard: { iface: "wg7", address: "10.0.0.7" } };
  const { argv } = node("fortros-maintainer").definition.run(outputs);
  assert(argv.join(" ").includes("--iface wg7 --address 10.0.0.7 --persist /p"));
  assertEquals(node("wireguard").definition.undo?.(outputs, { iface: "wg7" }).argv.at(-1), "wg7");
});
