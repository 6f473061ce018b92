import { dirname, join } from "@std/path";
import { importCycleFound, importCycles, renderDiagnostic } from "../graph/mod.ts";
import { evaluateUnits, type Evaluation } from "./evaluation.ts";
import { moduleGraph } from "./module_graph.ts";
import type { Progress } from "./progress.ts";
import { denitVersion, projectRoot } from "./project.ts";
import { checkTypes, complainAbout } from "./type_check.ts";
import type { UnitsConfig } from "./units_config.ts";

/** Stands for the id of a generation that is not known yet. */
const noGeneration = "000000000000";

/** What {@linkcode checkUnits} found. */
export interface CheckResult {
  /** Everything that is wrong, each as text to print; empty if nothing is. */
  readonly problems: readonly string[];
  readonly evaluation: Evaluation;
  /** The local modules that the units consist of, absolute paths. */
  readonly modules: readonly string[];
}

/** Settings of {@linkcode checkUnits}. */
export interface CheckOptions {
  /** Absolute path of the units module. */
  readonly units: string;
  readonly progress: Progress;
  /** Longest time that evaluating the units may take, in ms. Default: 10 s. */
  readonly evaluationTimeout?: number;
}

/**
 * Checks a units module: cycles of imports, types, then its graph. All of it
 * is done even where the first part finds something, unless that would only
 * say the same again.
 *
 * @throws {BuildFailure} If the check itself cannot be carried out.
 */
export async function checkUnits(config: UnitsConfig, options: CheckOptions): Promise<CheckResult> {
  const { units, progress, evaluationTimeout: timeout = 10_000 } = options;
  const { order: modules, info } = await moduleGraph(units, config);
  const cycles = importCycles(info, dirname(units));
  const version = await denitVersion();
  const entry = join(projectRoot, "init.ts");
  const [types, evaluation] = await Promise.all([
    progress.step("checking types", () => checkTypes([entry, units], config)),
    progress.step(
      "checking the graph",
      () => evaluateUnits(config, { modules, generation: noGeneration, version, timeout }),
    ),
  ]);
  const problems = [...cycles.map((cycle) => renderDiagnostic(importCycleFound(cycle))), ...types];
  for (const diagnostic of evaluation.diagnostics) {
    // A cycle of imports, or what the type checker has found, is also what stops the evaluation.
    if (!evaluation.finished && (cycles.length > 0 || complainAbout(types, diagnostic.origin))) continue;
    problems.push(renderDiagnostic(diagnostic));
  }
  return { problems, evaluation, modules };
}
