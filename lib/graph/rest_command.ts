import { type Command, commandFault } from "../define/command.ts";
import { type Graph, type Node, nodeOf } from "./graph.ts";
import { placeholder, settled } from "./placeholder.ts";

/**
 * The command that a service would start, with placeholders for outputs that
 * are not known at rest.
 *
 * @throws {Error} If `run` throws, or returns something that is no command.
 */
export function restCommand(graph: Graph, node: Node): Command {
  const outputs: Record<string, unknown> = {};
  for (const edge of node.dependencies) {
    if (edge.kind !== "after") outputs[edge.key] = placeholder(nodeOf(graph, edge.id).name);
  }
  const command = settled(node.definition.run(outputs));
  const fault = commandFault(command);
  if (fault !== null) throw new Error(`run returned no command: ${fault}`);
  return command as Command;
}
