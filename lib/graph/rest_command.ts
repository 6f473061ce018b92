import { type Command, commandFault } from "../define/command.ts";
import { type Graph, type Node, nodeOf } from "./graph.ts";
import { placeholder, settled } from "./placeholder.ts";

/**
 * The command that a service would start, with placeholders for outputs that
 * are not known at rest.
 *
 * @example
 * ```ts
 * import { defineBundle, defineService, defineSystem, spawned, tcpProbe } from "denit";
 * import { nodeOf, resolve, restCommand } from "../graph/mod.ts";
 *
 * const web = defineService({ run: () => ({ argv: ["/usr/bin/web"] }), ready: tcpProbe({ port: 80 }) });
 * const top = defineService({
 *   deps: { front: web },
 *   run: ({ front }) => ({ argv: ["/usr/bin/top", `${front.host}`] }),
 *   ready: spawned(),
 * });
 * const { graph } = resolve({ web, top, default: defineSystem({ boot: defineBundle([top]) }) });
 * const command = restCommand(graph!, nodeOf(graph!, graph!.ids.get("top")!));
 * if (command.argv[1] !== "<web.host>") throw new Error("a placeholder");
 * ```
 *
 * @param optional Whether optional dependencies are there. Default: `present`.
 * @throws {Error} If `run` throws, or returns something that is no command.
 */
export function restCommand(graph: Graph, node: Node, optional: "present" | "absent" = "present"): Command {
  return commandOf("run", node.definition.run(outputsAtRest(graph, node, optional)));
}

/**
 * The command that would take a service down again, likewise, or null if that takes none.
 *
 * @example
 * ```ts
 * import { defineBundle, defineSystem, mount } from "denit";
 * import { nodeOf, resolve, restUndo } from "../graph/mod.ts";
 *
 * const persist = mount({ device: "LABEL=persist", path: "/persist" });
 * const { graph } = resolve({ persist, default: defineSystem({ boot: defineBundle([persist]) }) });
 * if (restUndo(graph!, nodeOf(graph!, 0))?.argv[0] !== "/bin/umount") throw new Error("unmounts");
 * ```
 *
 * @throws {Error} If `undo` throws, or returns something that is no command.
 */
export function restUndo(graph: Graph, node: Node): Command | null {
  const { undo } = node.definition;
  if (undo === null) return null;
  return commandOf("undo", undo(outputsAtRest(graph, node, "present"), placeholder(node.name)));
}

function outputsAtRest(graph: Graph, node: Node, optional: "present" | "absent"): Record<string, unknown> {
  const outputs: Record<string, unknown> = {};
  for (const { id, kind, key } of node.dependencies) {
    if (kind === "after") continue;
    const absent = kind === "optional" && optional === "absent";
    outputs[key] = absent ? undefined : placeholder(nodeOf(graph, id).name);
  }
  return outputs;
}

function commandOf(setting: "run" | "undo", returned: unknown): Command {
  const command = settled(returned);
  const fault = commandFault(command);
  if (fault !== null) throw new Error(`${setting} returned no command: ${fault}`);
  return command as Command;
}
