import { type Graph, type Node, nodeOf } from "../graph/graph.ts";
import { closure } from "../graph/order.ts";
import type { Report } from "./report.ts";

/** Services that are to end a container, and never would. */
export function checkEssential(graph: Graph, report: Report): void {
  const boot = closure(graph, graph.boot);
  for (const id of graph.essential) {
    const node = nodeOf(graph, id);
    if (!boot.has(id)) {
      const cause = `cannot end a container with ${node.name}: boot does not start it`;
      report(node, "essential", cause, "add it to the boot bundle, or take it out of essential");
    }
    if (!isRestartedForEver(node)) continue;
    const cause = `cannot end a container with ${node.name}: it asks to be started again for ever`;
    const cure = "leave out restart.on and restart.giveUp, and it is not started again in a container; " +
      "or say in restart.giveUp how often it is";
    report(node, "restart", cause, cure);
  }
}

/** Whether its unit says so. Without a word of that, the default of an essential service holds. */
function isRestartedForEver({ definition, policy }: Node): boolean {
  const { on, giveUp } = definition.restart;
  if (on === undefined && giveUp === undefined) return false;
  return policy.restart.on === "always" && policy.restart.giveUp === null &&
    policy.restart.permanent.length === 0;
}
