import { assertEquals, assertThrows } from "@std/assert";
import { after, optional } from "../define/dependency.ts";
import { json } from "../define/json.ts";
import { defineService } from "../define/service.ts";
import { graphOf, plain } from "../../tests/fixtures/graph_of.ts";
import type { Graph } from "./graph.ts";
import { restCommand, restUndo } from "./rest_command.ts";

const nodeNamed = (graph: Graph, name: string) => graph.nodes[graph.ids.get(name)!]!;

Deno.test("restCommand() and restUndo() name unknown outputs after the service, whatever `run` calls it", () => {
  const loop = defineService({
    kind: "oneshot",
    run: () => ({ argv: ["/l"] }),
    output: json<{ device: string }>(),
  });
  const order = plain();
  const ordered = defineService({
    kind: "oneshot",
    deps: { disk: loop, order: after(order) },
    run: (outputs) => ({ argv: ["/up", outputs.disk.device, Object.keys(outputs).join()] }),
    undo: ({ disk }, own) => ({ argv: ["/down", disk.device, own.id], cwd: "/" }),
    output: json<{ id: string }>(),
  });
  const graph = graphOf({ loop, order, ordered });
  const node = nodeNamed(graph, "ordered");
  assertEquals(restCommand(graph, node), { argv: ["/up", "<loop.device>", "disk"] });
  assertEquals(restUndo(graph, node), { argv: ["/down", "<loop.device>", "<ordered.id>"], cwd: "/" });
  assertEquals(restUndo(graph, nodeNamed(graph, "loop")), null);
});

Deno.test("restCommand() can leave optional outputs out", () => {
  const cache = plain();
  const top = defineService({
    kind: "oneshot",
    deps: { cache: optional(cache) },
    run: ({ cache }) => ({ argv: ["/top", cache === undefined ? "without" : "with"] }),
  });
  const graph = graphOf({ cache, top });
  const node = nodeNamed(graph, "top");
  assertEquals(restCommand(graph, node), { argv: ["/top", "with"] });
  assertEquals(restCommand(graph, node, "absent"), { argv: ["/top", "without"] });
});

Deno.test("restCommand() throws what `run` throws, and tells what is wrong with a command", () => {
  const throwing = defineService({
    kind: "oneshot",
    run: (): { argv: [string] } => {
      throw new Error("no such luck");
    },
  });
  const wrong = defineService({ kind: "oneshot", run: () => ({ argv: ["/a"], cwd: "srv" }) });
  const graph = graphOf({ throwing, wrong });
  assertThrows(() => restCommand(graph, nodeNamed(graph, "throwing")), Error, "no such luck");
  assertThrows(
    () => restCommand(graph, nodeNamed(graph, "wrong")),
    Error,
    "run returned no command: cwd srv",
  );
});
