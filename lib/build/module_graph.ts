import { fromFileUrl, toFileUrl } from "@std/path";
import { BuildFailure } from "./failure.ts";
import { errorText, runDeno } from "./run_deno.ts";
import type { UnitsConfig } from "./units_config.ts";

/** The part of `deno info --json` that is needed here; its format is marked unstable, so nothing of it is taken for granted. */
interface Info {
  readonly modules?: readonly {
    readonly specifier: string;
    readonly local?: string;
    readonly dependencies?: readonly { readonly code?: { readonly specifier?: string } }[];
  }[];
}

/** What a module imports, at any depth. */
export interface ModuleGraph {
  /**
   * The absolute paths of all local modules, in the order in which they are
   * evaluated: dependencies first, the module itself last. Modules that cannot
   * be found are left out, as the type checker names those best.
   */
  readonly order: readonly string[];
  /** The parsed output of `deno info --json`. */
  readonly info: unknown;
}

/**
 * Reads what a module imports, without running it.
 *
 * @param file The absolute path of the module.
 * @throws {BuildFailure} If Deno cannot tell at all.
 */
export async function moduleGraph(file: string, config: UnitsConfig): Promise<ModuleGraph> {
  const result = await runDeno(["info", "--json", ...config.args, file], { timeout: 60_000 });
  if (!result.ok) {
    const cure = "look whether the package registry can be reached, and whether deno.lock is up to date";
    throw new BuildFailure(`cannot read the imports of ${file}: ${errorText(result)}`, cure);
  }
  const info: Info = JSON.parse(result.stdout);
  const known = new Map(info.modules?.map((module) => [module.specifier, module]));
  const order = new Set<string>();
  const seen = new Set<string>();
  const visit = (specifier: string) => {
    const module = known.get(specifier);
    if (module === undefined || seen.has(specifier)) return;
    seen.add(specifier);
    for (const { code } of module.dependencies ?? []) {
      if (code?.specifier !== undefined) visit(code.specifier);
    }
    if (module.local !== undefined && specifier.startsWith("file:")) order.add(fromFileUrl(specifier));
  };
  visit(toFileUrl(file).href);
  // One that cannot be parsed has no entry of its own.
  return { order: [...order.add(file)], info };
}
