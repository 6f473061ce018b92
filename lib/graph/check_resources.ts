import type { Resources } from "../define/resources.ts";
import type { Node } from "./graph.ts";
import type { Report } from "./report.ts";

/** The least of each, and whether it is a whole number. */
const RULES: { readonly [Name in keyof Resources]-?: readonly [least: number, whole: boolean] } = {
  memoryMax: [4096, true],
  pidsMax: [1, true],
  cpuMax: [0.01, false],
};

/** Limits of resources that no kernel can set. */
export function checkResources(node: Node, report: Report): void {
  for (const [name, value] of Object.entries(node.definition.resources ?? {})) {
    const rule = Object.entries(RULES).find(([known]) => known === name)?.[1];
    if (rule === undefined) {
      const cause = `cannot limit ${name} of ${node.name}: there is no such resource`;
      report(node, `resources.${name}`, cause, `name one of ${Object.keys(RULES).join(", ")}`);
      continue;
    }
    const [least, whole] = rule;
    if (value === undefined || value >= least && (whole ? Number.isSafeInteger(value) : value <= 10_000)) {
      continue;
    }
    const cause = `cannot limit ${name} of ${node.name} to ${value}`;
    report(node, `resources.${name}`, cause, `give a ${whole ? "whole " : ""}number from ${least} on`);
  }
  if (node.definition.resources === undefined || node.definition.stop.scope !== "group") return;
  const cause = `cannot limit the resources of ${node.name}: with stop.scope "group" it has no cgroup`;
  report(node, "resources", cause, "leave out one of the two");
}
