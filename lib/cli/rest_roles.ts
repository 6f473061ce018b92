/** What the binary says of itself at rest, on any machine, without root. */
import { buildInfo } from "../boot/build_info.ts";
import { describeItself } from "../build/describe_system.ts";
import { dryRun } from "../driver/dry_run.ts";
import { HANDOVER_VERSION } from "../boot/switch_init.ts";
import { check } from "../check/mod.ts";
import {
  diffSystems,
  type Graph,
  type Portrait,
  renderDiagnostic,
  resolve,
  type SystemDiff,
} from "../graph/mod.ts";
import { EXIT_CODES } from "./exit_codes.ts";
import type { Format } from "./formats.ts";
import { renderBoot } from "./render_boot.ts";

/** Boots on a virtual kernel, and prints in which order. */
export async function dryrunRole(graph: Graph, format: Format): Promise<number> {
  const run = await dryRun(graph);
  console.log(renderBoot(graph, run, format));
  return run.faults.length === 0 ? EXIT_CODES.yes : EXIT_CODES.no;
}

/** Prints every diagnostic. */
export function checkRole(units: Readonly<Record<string, unknown>>): number {
  const { graph, diagnostics } = resolve(units, buildInfo().origins);
  const found = graph === null ? diagnostics : check(graph);
  for (const diagnostic of found) console.error(renderDiagnostic(diagnostic));
  if (graph === null || found.length > 0) return EXIT_CODES.no;
  console.log(`${graph.nodes.length} services: nothing wrong`);
  return EXIT_CODES.yes;
}

/** Prints the manifest's part that the binary itself can know. */
export function manifestRole(graph: Graph): number {
  console.log(JSON.stringify(describeItself(graph), null, 2));
  return EXIT_CODES.yes;
}

/** What `init compare` prints: what becomes of a running system when this binary takes it over. */
export interface Comparison extends SystemDiff {
  readonly generation: string;
  /** The version of what one init leaves to the next. */
  readonly handover: number;
}

/** Reads how the services of a running init are described, one JSON array, and prints a {@linkcode Comparison}. */
export async function compareRole(graph: Graph): Promise<number> {
  const running: readonly Portrait[] = await new Response(Deno.stdin.readable).json();
  const { generation } = buildInfo();
  const comparison: Comparison = { generation, handover: HANDOVER_VERSION, ...diffSystems(running, graph) };
  console.log(JSON.stringify(comparison));
  return EXIT_CODES.yes;
}
