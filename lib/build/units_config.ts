import { dirname, join, resolve } from "@std/path";
import { BuildFailure } from "./failure.ts";
import { ownUnits, projectRoot, reasonOf } from "./project.ts";

/** How a child of Deno is told where `#units` and `denit` lead. */
export interface UnitsConfig extends AsyncDisposable {
  /** The arguments that every subcommand takes: config and lock file. */
  readonly args: readonly string[];
}

/** Loose, as it comes from a file of the user's. */
type Imports = Record<string, unknown>;

/**
 * The configuration for a units module.
 *
 * For the units of this checkout it is `deno.json` itself, with its lock file
 * frozen. For a module elsewhere it is a copy in a temporary folder, in which
 * every path is absolute and `#units` leads to that module. The `imports` of
 * the `deno.json` nearest to that module are added, so that its own bare
 * specifiers work; Denit's win. The rest of that file does not count: one set
 * of compiler options holds for all units. The lock file is copied too, and
 * may grow by what that module imports, so that it should name exact versions.
 *
 * @param file The absolute path of the units module.
 * @throws {BuildFailure} If a configuration cannot be read or written.
 */
export async function unitsConfig(file: string): Promise<UnitsConfig> {
  const own = join(projectRoot, "deno.json");
  const lock = join(projectRoot, "deno.lock");
  const locked = await isFile(lock);
  if (file === ownUnits) {
    return {
      args: ["--config", own, ...(locked ? ["--lock", lock, "--frozen"] : [])],
      [Symbol.asyncDispose]: async () => {},
    };
  }
  const config = JSON.parse(await Deno.readTextFile(own));
  const imports = {
    ...(await foreignImports(dirname(file))),
    ...absolute(config.imports, projectRoot),
    "#units": file,
  };
  const folder = await Deno.makeTempDir({ prefix: "denit-" });
  const { compilerOptions, nodeModulesDir } = config;
  await Deno.writeTextFile(
    join(folder, "deno.json"),
    JSON.stringify({ nodeModulesDir, imports, compilerOptions }, null, 2),
  );
  if (locked) await Deno.copyFile(lock, join(folder, "deno.lock"));
  return {
    args: ["--config", join(folder, "deno.json")],
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** The `imports` of the nearest `deno.json` in a folder or above it. */
async function foreignImports(folder: string): Promise<Imports> {
  for (let at = folder;; at = dirname(at)) {
    for (const name of ["deno.json", "deno.jsonc"]) {
      const path = join(at, name);
      if (!await isFile(path)) continue;
      if (at === projectRoot) return {};
      try {
        const { imports } = JSON.parse(await Deno.readTextFile(path));
        return absolute(imports ?? {}, at);
      } catch (error) {
        const cure = "write it as plain JSON, without comments, or move the units to a folder of their own";
        throw new BuildFailure(`cannot read the imports in ${path}: ${reasonOf(error)}`, cure);
      }
    }
    if (dirname(at) === at) return {};
  }
}

function absolute(imports: Imports, folder: string): Imports {
  const path = (target: string) => resolve(folder, target) + (target.endsWith("/") ? "/" : "");
  return Object.fromEntries(
    Object.entries(imports).map(([key, target]) => [
      key,
      typeof target === "string" && /^\.{0,2}\//.test(target) ? path(target) : target,
    ]),
  );
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false;
  }
}
