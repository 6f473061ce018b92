/** A dry run in the formats that people and programs read. */
import { readyLabel } from "../define/service.ts";
import type { DryRun } from "../driver/dry_run.ts";
import {
  type Bound,
  closure,
  type Graph,
  longest,
  type Node,
  nodeOf,
  renderPath,
  type ServiceId,
  shutdownBound,
  startBounds,
} from "../graph/mod.ts";
import type { Format } from "./formats.ts";

/** A dry run as text for people, JSON, or a drawing. */
export function renderBoot(graph: Graph, run: DryRun, format: Format): string {
  switch (format) {
    case "text":
      return renderText(graph, run);
    case "json":
      return renderJson(graph, run);
    case "dot":
      return renderDot(graph, run);
    case "mermaid":
      return renderMermaid(graph, run);
  }
}

function renderText(graph: Graph, run: DryRun): string {
  const bounds = startBounds(graph, closure(graph, graph.boot));
  const width = Math.max(...graph.nodes.map(({ name }) => name.length), 4);
  const lines: string[] = [];
  run.waves.forEach((wave, index) => {
    lines.push(`wave ${index + 1}`);
    for (const id of wave) lines.push(`  ${renderService(graph, nodeOf(graph, id), bounds.get(id)!, width)}`);
  });
  const chains = [...run.order].filter((id) =>
    !nodeOf(graph, id).dependents.some((edge) => bounds.has(edge.id))
  );
  lines.push("", "order");
  for (const id of chains) lines.push(...renderChains(graph, id).map((chain) => `  ${chain}`));
  const worst = longest(bounds.values());
  if (worst !== null) {
    lines.push("", `longest boot: ${time(worst.total)}: ${renderPath(graph, bounds, worst.path)}`);
  }
  lines.push(`longest shutdown: ${time(shutdownBound(graph))}`);
  const { watchdog } = graph;
  if (watchdog !== null) {
    const success = watchdog.success.map((id) => nodeOf(graph, id).name).join(", ");
    lines.push(`boot watchdog: ${success} within ${time(watchdog.deadline)}, or else ${watchdog.onFailure}`);
  }
  for (const { id, why } of run.faults) lines.push(`does not come up: ${nodeOf(graph, id).name}: ${why}`);
  return lines.join("\n");
}

function renderService(graph: Graph, node: Node, bound: Bound, width: number): string {
  const { name, kind, definition, dependencies } = node;
  const waits = dependencies.map((edge) => {
    const other = nodeOf(graph, edge.id).name;
    return edge.kind === "need" ? other : `${other} (${edge.kind})`;
  });
  const ready = readyLabel(definition);
  const after = waits.length === 0 ? "" : `, after ${waits.join(", ")}`;
  return `${name.padEnd(width)}  ${kind}, ready by ${ready} within ${time(bound.own)}${after}`;
}

/** At most so many chains are spelled out: a dense graph has more of them than anyone reads. */
const MOST_CHAINS = 40;

/** Every path that leads to a service, first dependency first; what a longer path says as well is left out. */
function renderChains(graph: Graph, last: ServiceId): string[] {
  const chains: string[] = [];
  const stack: ServiceId[][] = [[last]];
  for (let path = stack.pop(); path !== undefined; path = stack.pop()) {
    const dependencies = directDependencies(graph, path[0]!);
    if (dependencies.length === 0) chains.push(path.map((id) => nodeOf(graph, id).name).join(" -> "));
    if (chains.length === MOST_CHAINS) return [...chains, "..."];
    for (const id of dependencies.reverse()) stack.push([id, ...path]);
  }
  return chains;
}

/** The dependencies of a service that are not also those of another dependency. */
function directDependencies(graph: Graph, id: ServiceId): ServiceId[] {
  const ids = nodeOf(graph, id).dependencies.map((edge) => edge.id);
  if (ids.length < 2) return ids;
  return ids.filter((one) => !ids.some((other) => other !== one && closure(graph, [other]).has(one)));
}

function renderJson(graph: Graph, run: DryRun): string {
  const bounds = startBounds(graph, closure(graph, graph.boot));
  const waveOf = new Map(run.waves.flatMap((wave, index) => wave.map((id) => [id, index + 1] as const)));
  const name = (id: ServiceId) => nodeOf(graph, id).name;
  const services = run.order.map((id) => {
    const { kind, definition, dependencies, policy } = nodeOf(graph, id);
    return {
      name: name(id),
      kind,
      description: definition.description,
      wave: waveOf.get(id),
      after: dependencies.map((edge) => ({ name: name(edge.id), kind: edge.kind })),
      ready: readyLabel(definition),
      startTimeoutMs: policy.startTimeout,
      stopTimeoutMs: policy.stopTimeout,
      worstCaseMs: bounds.get(id)?.total,
    };
  });
  return JSON.stringify(
    {
      services,
      waves: run.waves.map((wave) => wave.map(name)),
      stopOrder: run.stopOrder.map(name),
      worstCaseBootMs: longest(bounds.values())?.total ?? 0,
      worstCaseShutdownMs: shutdownBound(graph),
      faults: run.faults.map(({ id, why }) => ({ name: name(id), why })),
    },
    null,
    2,
  );
}

const DOT_STYLE = { need: "solid", optional: "dashed", milestone: "bold", after: "dotted" } as const;

function renderDot(graph: Graph, run: DryRun): string {
  const lines = ["digraph boot {", "  rankdir=LR;", "  node [shape=box];"];
  for (const id of run.order) {
    const { name, kind } = nodeOf(graph, id);
    lines.push(
      `  ${JSON.stringify(name)} [label=${JSON.stringify(`${name}\\n${kind}`).replace("\\\\n", "\\n")}];`,
    );
  }
  for (const [from, to, kind] of edges(graph, run)) {
    lines.push(`  ${JSON.stringify(from)} -> ${JSON.stringify(to)} [style=${DOT_STYLE[kind]}];`);
  }
  return [...lines, "}"].join("\n");
}

const ARROW = { need: "-->", optional: "-.->", milestone: "==>", after: "-..->" } as const;

function renderMermaid(graph: Graph, run: DryRun): string {
  const lines = ["flowchart LR"];
  for (const id of run.order) {
    const { name, kind } = nodeOf(graph, id);
    // A oneshot is drawn as a pill, a longrun as a box.
    lines.push(kind === "oneshot" ? `  ${name}([${name}])` : `  ${name}[${name}]`);
  }
  for (const [from, to, kind] of edges(graph, run)) lines.push(`  ${from} ${ARROW[kind]} ${to}`);
  return lines.join("\n");
}

function edges(graph: Graph, run: DryRun): [from: string, to: string, kind: keyof typeof ARROW][] {
  const shown = new Set(run.order);
  return run.order.flatMap((id) =>
    nodeOf(graph, id).dependencies
      .filter((edge) => shown.has(edge.id))
      .map((
        edge,
      ): [string, string, keyof typeof ARROW] => [
        nodeOf(graph, edge.id).name,
        nodeOf(graph, id).name,
        edge.kind,
      ])
  );
}

function time(millis: number): string {
  return `${Math.round(millis) / 1000} s`;
}
