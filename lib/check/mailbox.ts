import type { Node } from "../graph/graph.ts";
import type { Report } from "./report.ts";

/** What a service says of itself has to fit to how it is told to say it. */
export function checkMailbox(node: Node, report: Report): void {
  const { name, definition } = node;
  const { reload } = definition.hooks.verbs;
  if (definition.ready?.mailbox?.reloads !== true || typeof reload === "string") return;
  const how = reload === undefined
    ? "nothing tells it to"
    : "a command tells it to, whose end is the outcome";
  report(
    node,
    "ready",
    `cannot wait for ${name} to have read its configuration: ${how}`,
    `give it reload: "SIGHUP", or take reloads out of its sdNotify`,
  );
}
