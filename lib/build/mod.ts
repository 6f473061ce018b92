/**
 * From units to an `init`: checks, bundle, runtime, `deno compile`, generation
 * and manifest. None of this is part of the binary, `describe_system.ts` aside.
 *
 * May import: lib/boot, lib/check, lib/graph, lib/define.
 *
 * @example
 * ```ts
 * import { build, stderrProgress } from "./mod.ts";
 *
 * async function main() {
 *   const result = await build({ out: "dist", progress: stderrProgress });
 *   console.log(result.ok ? result.init : result.problems.join("\n"));
 * }
 * ```
 *
 * @module
 */
export { build, type BuildOptions, type BuildResult } from "./build.ts";
export { type CheckOptions, type CheckResult, checkUnits } from "./check_units.ts";
export type { CommandAtRest, Processes } from "./commands_at_rest.ts";
export {
  describeItself,
  describeSystem,
  type LogDescription,
  type ServiceDescription,
  type SystemDescription,
} from "./describe_system.ts";
export { BuildFailure } from "./failure.ts";
export { type HostCommand, hostCommand } from "./host_command.ts";
export type { Manifest } from "./manifest.ts";
export { type Progress, silentProgress, stderrProgress } from "./progress.ts";
export { projectRoot, unitsFile, userPath } from "./project.ts";
export { type UnitsConfig, unitsConfig } from "./units_config.ts";
