/**
 * The child that evaluates a units module, so that what that module does while
 * it is imported is done to a process that may do nothing but read. It is
 * started by `evaluation.ts`, and reports there on its standard output.
 *
 * @module
 */
import { definition, isService } from "../define/service.ts";
import { check } from "../check/mod.ts";
import { type Diagnostic, originOf, resolve, serviceName } from "../graph/mod.ts";
import { type Processes, processesAtRest } from "./commands_at_rest.ts";
import { describeSystem, type SystemDescription } from "./describe_system.ts";

/** What the child is told, as its only argument. */
export interface EvaluationRequest {
  /** Stands before each report, so that what a unit prints is not taken for one. */
  readonly mark: string;
  /** File URLs of the modules to evaluate, in order; the units module is the last. */
  readonly modules: readonly string[];
  readonly generation: string;
  readonly version: string;
}

/** What it reports, one line of JSON each. */
export type EvaluationReport =
  /** The module that it evaluates now: the last one said is where it got stuck. */
  | { readonly type: "evaluating"; readonly module: string }
  | { readonly type: "threw"; readonly module: string; readonly at: string | null; readonly message: string }
  | {
    readonly type: "done";
    readonly diagnostics: readonly Diagnostic[];
    /** `path:line` by service, with absolute paths. */
    readonly origins: Readonly<Record<string, string>>;
    /** Null where there are diagnostics. */
    readonly description: SystemDescription | null;
    /** Null likewise. */
    readonly processes: Processes | null;
  };

const denit = new URL("../", import.meta.url).href;

if (import.meta.main) {
  const request: EvaluationRequest = JSON.parse(Deno.args[0]!);
  const report = (report: EvaluationReport) => {
    const line = new TextEncoder().encode(`\n${request.mark}${JSON.stringify(report)}\n`);
    for (let sent = 0; sent < line.length;) sent += Deno.stdout.writeSync(line.subarray(sent));
  };
  Error.stackTraceLimit = 50;
  const { exit } = Deno;
  // So that a unit that would end this process is known by the line.
  Deno.exit = () => {
    throw new Error("it calls Deno.exit");
  };
  report(await evaluate(request, (module) => report({ type: "evaluating", module })));
  // A timer or a socket that a unit has left behind must not keep this process.
  exit(0);
}

async function evaluate(
  { modules, generation, version }: EvaluationRequest,
  announce: (module: string) => void,
): Promise<EvaluationReport> {
  let units: Record<string, unknown> = {};
  for (const module of modules) {
    announce(module);
    try {
      units = await import(module);
    } catch (error) {
      return { type: "threw", module, at: placeOf(error), message: messageOf(error) };
    }
  }
  const origins: Record<string, string> = {};
  for (const [identifier, value] of Object.entries(units)) {
    const origin = isService(value) ? originOf(value[definition]) : null;
    if (origin !== null) origins[serviceName(identifier)] = origin;
  }
  const { graph, diagnostics } = resolve(units);
  if (graph === null) return { type: "done", diagnostics, origins, description: null, processes: null };
  const found = check(graph);
  const sound = found.length === 0;
  const description = sound ? describeSystem(graph, { generation, version, origins }) : null;
  const processes = sound ? processesAtRest(graph) : null;
  return { type: "done", diagnostics: found, origins, description, processes };
}

/** The innermost place in the stack that is not Denit's own, `path:line`. */
function placeOf(error: unknown): string | null {
  const stack = error instanceof Error ? `${error.stack}` : "";
  for (const [, url, line] of stack.matchAll(/(file:\/\/[^\s()"]+?):(\d+):\d+/g)) {
    if (!url!.startsWith(denit)) return `${decodeURI(new URL(url!).pathname)}:${line}`;
  }
  return null;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : `it threw ${Deno.inspect(error)}`;
}
