import { fromFileUrl, join, toFileUrl } from "@std/path";
import type { Diagnostic } from "../graph/mod.ts";
import type { Processes } from "./commands_at_rest.ts";
import type { SystemDescription } from "./describe_system.ts";
import type { EvaluationReport, EvaluationRequest } from "./evaluate_units.ts";
import { projectRoot } from "./project.ts";
import { errorText, runDeno, type RunResult } from "./run_deno.ts";
import { stuckLine } from "./stuck_line.ts";
import type { UnitsConfig } from "./units_config.ts";

/** What came of evaluating a units module. */
export interface Evaluation {
  readonly diagnostics: readonly Diagnostic[];
  /** Where each service is defined, `path:line` with absolute paths. */
  readonly origins: Readonly<Record<string, string>>;
  /** Null where there are diagnostics. */
  readonly description: SystemDescription | null;
  /** Null likewise. */
  readonly processes: Processes | null;
  /** Whether the module was evaluated to its end. */
  readonly finished: boolean;
}

/** Settings of {@linkcode evaluateUnits}. */
export interface EvaluationOptions {
  /** The modules to evaluate, dependencies first, the units module last: see `localModules`. */
  readonly modules: readonly string[];
  readonly generation: string;
  readonly version: string;
  /** Longest time that it may take, in ms. */
  readonly timeout: number;
}

/**
 * Evaluates a units module in a child process that may read files and do
 * nothing else, then resolves and checks its graph there. Whatever happens to
 * the child becomes a diagnostic.
 */
export async function evaluateUnits(config: UnitsConfig, options: EvaluationOptions): Promise<Evaluation> {
  const request: EvaluationRequest = {
    mark: `denit-${crypto.randomUUID()} `,
    // Those of Denit itself are evaluated by being imported; announcing them would only blame them.
    modules: options.modules.filter((path) => !path.startsWith(join(projectRoot, "lib/"))).map((path) =>
      toFileUrl(path).href
    ),
    generation: options.generation,
    version: options.version,
  };
  const child = join(projectRoot, "lib/build/evaluate_units.ts");
  const args = ["run", ...config.args, "--no-prompt", "--allow-read", child, JSON.stringify(request)];
  const result = await runDeno(args, { timeout: options.timeout });
  const reports: EvaluationReport[] = [];
  for (const line of result.stdout.split("\n")) {
    if (line.startsWith(request.mark)) reports.push(JSON.parse(line.slice(request.mark.length)));
  }
  const last = reports.at(-1);
  if (last?.type === "done") return { ...last, finished: true };
  const diagnostic = last?.type === "threw"
    ? threw(last)
    : await ended(result, last, config, request, options.timeout);
  return { diagnostics: [diagnostic], origins: {}, description: null, processes: null, finished: false };
}

function threw({ module, at, message }: EvaluationReport & { type: "threw" }): Diagnostic {
  const path = fromFileUrl(module);
  const refused = /^NotCapable: (.*?),/.exec(message)?.[1];
  if (refused !== undefined) {
    const cause = `cannot evaluate ${path}: it acts while it is imported, and that is refused: ${refused}`;
    const cure =
      "units are data: move the act into run, or into a script({ run }), which the running system calls";
    return { service: null, origin: at ?? path, setting: "import", cause, cure };
  }
  const cause = `cannot evaluate ${path}: ${message}`;
  return { service: null, origin: at ?? path, setting: "import", cause, cure: cureOf(message) };
}

function cureOf(message: string): string {
  if (/before initialization/.test(message)) {
    return "it is used before it is defined: move its definition up, or break the cycle of imports";
  }
  if (/is not defined/.test(message)) return "import it, or correct its name";
  return "a units module must only define services; correct what throws while it is imported";
}

async function ended(
  result: RunResult,
  last: EvaluationReport | undefined,
  config: UnitsConfig,
  request: EvaluationRequest,
  timeout: number,
): Promise<Diagnostic> {
  const path = last?.type === "evaluating" ? fromFileUrl(last.module) : null;
  const about = { service: null, setting: "import" };
  if (path === null) {
    const cause = `cannot evaluate the units: ${errorText(result)}`;
    return {
      ...about,
      origin: null,
      cause,
      cure: "look whether `deno run` works, and whether the package registry can be reached",
    };
  }
  if (result.timedOut) {
    const line = await stuckLine(config, request, path);
    const cause = `cannot evaluate ${path}: its import did not end within ${timeout / 1000} s`;
    const cure = "a units module must only define services; take the loop, or the await, out of it";
    return { ...about, origin: line ?? path, cause, cure };
  }
  if (result.stderr.includes("Top-level await promise never resolved")) {
    const cause = `cannot evaluate ${path}: an await at its top level never ends`;
    const cure = "a units module must only define services; take the await out of it";
    return { ...about, origin: await awaitLine(config, path) ?? path, cause, cure };
  }
  const cause = `cannot evaluate ${path}: it ended the process that imported it (${result.ending})`;
  return {
    ...about,
    origin: path,
    cause,
    cure: "a units module must only define services; take the exit, or the endless allocation, out of it",
  };
}

/** Where a module's own top-level await hangs: run as the main module, Deno says so itself. */
async function awaitLine(config: UnitsConfig, path: string): Promise<string | null> {
  const { stderr } = await runDeno(["run", ...config.args, "--no-prompt", path], { timeout: 5000 });
  for (const [, url, line] of stderr.matchAll(/(file:\/\/[^\s()]+?):(\d+):\d+/g)) {
    if (fromFileUrl(url!) === path) return `${path}:${line}`;
  }
  return null;
}
