import { delay } from "@std/async/delay";
import { dirname, join, relative, resolve } from "@std/path";
import { BuildFailure } from "./failure.ts";
import { projectRoot } from "./project.ts";
import { errorText, runDeno, type RunResult } from "./run_deno.ts";
import type { UnitsConfig } from "./units_config.ts";

/** What to bundle. */
export interface BundleOptions {
  /** Absolute path of the entry. */
  readonly entry: string;
  /** Absolute path of the units module: modules beside it are named relative to its folder. */
  readonly units: string;
  /** Every local module that the entry imports, absolute paths: see `localModules`. */
  readonly modules: readonly string[];
}

/**
 * Bundles a program into one module, the same bytes wherever the checkout, the
 * units and the package cache are.
 *
 * @throws {BuildFailure} If `deno bundle` fails, for example because it cannot fetch a package.
 */
export async function bundle(config: UnitsConfig, { entry, units, modules }: BundleOptions): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "denit-" });
  try {
    const output = join(folder, "init.js");
    const result = await runBundler(["bundle", "--quiet", ...config.args, "--output", output, entry]);
    if (!result.ok) {
      throw new BuildFailure(
        `cannot bundle ${entry}: ${errorText(result)}`,
        "deno bundle fetches esbuild, and packages, from the package registry: look whether it can be reached",
      );
    }
    const info = await runDeno(["info", "--json", "--no-config"], { timeout: 60_000 });
    const packages: string = JSON.parse(info.stdout).npmCache;
    return placeless(await Deno.readTextFile(output), { units, modules: new Set(modules), packages });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/**
 * Runs `deno bundle`. Where two of them fetch esbuild into an empty cache at
 * the same time, one may find it half written and panic with ETXTBSY; a moment
 * later all is well.
 */
async function runBundler(args: readonly string[]): Promise<RunResult> {
  for (let attempt = 1;; attempt++) {
    const result = await runDeno(args, { timeout: 300_000 });
    if (result.ok || attempt === 5 || !result.stderr.includes("Text file busy")) return result;
    await delay(500 * attempt);
  }
}

/** What the paths in a bundle can be. */
interface Places {
  readonly units: string;
  readonly modules: ReadonlySet<string>;
  /** The folder of the package cache. */
  readonly packages: string;
}

/**
 * Takes the places of things out of a bundle. esbuild names each module by its
 * path from the working directory, in a comment above it and in the wrapper of
 * a CommonJS module; only where that path is one of a module it is rewritten.
 */
function placeless(text: string, places: Places): string {
  return text.replace(
    /^(\/\/ |\s*(?:async )?")([^"\n]+)("\(.*)?$/gm,
    (line, before: string, path: string, after = "") => {
      const name = portableName(resolve(projectRoot, path), places);
      return name === null ? line : `${before}${name}${after}`;
    },
  );
}

/** A module's path without the folders that differ between machines; null if it is no known module. */
function portableName(path: string, { units, modules, packages }: Places): string | null {
  if (path.startsWith(`${packages}/`)) {
    // Between the cache folder and the package stands the registry's name.
    return path.slice(packages.length).replace(/^.*?\/((?:@[^/]+\/)?[^/]+\/\d+\.\d+\.\d+[^/]*\/)/, "npm/$1");
  }
  return modules.has(path) ? sourceName(path, units) : null;
}

/** A local module's path from the checkout or, outside of it, from the units' folder. */
export function sourceName(path: string, units: string): string {
  if (path.startsWith(`${projectRoot}/`)) return relative(projectRoot, path);
  return `units/${relative(dirname(units), path)}`;
}
