import { assertEquals } from "@std/assert";
import { defineService, minutes, sdNotify, seconds, type Service } from "denit";
import { graphOf } from "../../tests/fixtures/graph_of.ts";
import { startBounds, stopBounds } from "../graph/bounds.ts";
import { check } from "./check.ts";

const run = () => ({ argv: ["/usr/bin/web"] as const });

const causes = (web: Service) => check(graphOf({ web })).map(({ setting, cause }) => `${setting}: ${cause}`);

Deno.test("check() refuses a service that tells when it has read its configuration, and that no signal tells to", () => {
  const ready = sdNotify({ reloads: true });
  const cause = "ready: cannot wait for web to have read its configuration: ";
  assertEquals(causes(defineService({ run, ready })), [`${cause}nothing tells it to`]);
  assertEquals(causes(defineService({ run, ready, reload: run })), [
    `${cause}a command tells it to, whose end is the outcome`,
  ]);
  assertEquals(causes(defineService({ run, ready, reload: "SIGHUP" })), []);
  assertEquals(causes(defineService({ run, ready: sdNotify() })), []);
});

Deno.test("startBounds() and stopBounds() count more time that a unit lets a service ask for, and not the default", () => {
  const own = (web: Service) => {
    const graph = graphOf({ web });
    const all = new Set([0]);
    return [
      startBounds(graph, all).get(0)?.own,
      stopBounds(graph, all).get(0)?.own,
      graph.nodes[0]?.policy.extend,
    ];
  };
  const timeout = seconds(30);
  assertEquals(own(defineService({ run, ready: sdNotify({ timeout }) })), [30_000, 15_000, minutes(10)]);
  const extend = seconds(20);
  assertEquals(own(defineService({ run, ready: sdNotify({ timeout, extend }) })), [50_000, 35_000, 20_000]);
});
