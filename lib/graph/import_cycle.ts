import { cyclesIn } from "./cycle.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { serviceName } from "./name.ts";

/** Files that import each other in a circle. First and last are the same. */
export interface ImportCycle {
  /** The services, by the names of their files: `["a", "b", "a"]`. */
  readonly services: readonly string[];
  /** The paths of the files, one for each service. */
  readonly files: readonly string[];
}

/** Denit's own modules; a units module may stand anywhere, even above them. */
const denit = new URL("../", import.meta.url).href;

/**
 * Finds the unit files that import each other in a circle, one cycle for each
 * group of files, from the output of `deno info --json FILE`.
 *
 * Whoever imports a service at run time does so to depend on it, so such a
 * circle is nearly always a dependency cycle, of which TypeScript says TS7022,
 * in words that help no one. Where it is none, as two files hold several
 * services each, it is refused all the same: one of the files runs before the
 * other, and finds the other's services not defined yet. `import type` and
 * `import(...)` do not count, as neither is there when the file runs.
 *
 * @example
 * ```ts
 * import { importCycles } from "../graph/mod.ts";
 *
 * const module = (name: string, other: string) => ({
 *   specifier: `file:///units/${name}.ts`,
 *   dependencies: [{ specifier: `./${other}.ts`, code: { specifier: `file:///units/${other}.ts` } }],
 * });
 * const [cycle] = importCycles({ modules: [module("a", "b"), module("b", "a")] }, "/units");
 * if (cycle?.services.join(" -> ") !== "a -> b -> a") throw new Error("not found");
 * ```
 *
 * @param info The parsed output of `deno info --json FILE`; what it lacks counts as no import.
 * @param root The folder of the units, an absolute path; files elsewhere are not looked at.
 * @returns The cycles; empty if there is none.
 */
export function importCycles(info: unknown, root: string): readonly ImportCycle[] {
  const prefix = new URL(`${root.replace(/\/+$/, "")}/`, "file:///").href;
  const imports = new Map<string, readonly (readonly [string])[]>();
  for (const module of list(property(info, "modules"))) {
    const specifier = property(module, "specifier");
    if (typeof specifier !== "string" || !specifier.startsWith(prefix)) continue;
    if (specifier.startsWith(denit) || specifier.includes("/node_modules/")) continue;
    const targets: [string][] = [];
    for (const dependency of list(property(module, "dependencies"))) {
      const target = property(property(dependency, "code"), "specifier");
      if (typeof target === "string" && property(dependency, "isDynamic") !== true) targets.push([target]);
    }
    imports.set(specifier, targets);
  }
  return cyclesIn(imports).map((cycle) => {
    const files = cycle.map((specifier) => decodeURIComponent(new URL(specifier).pathname));
    return { services: files.map(serviceOf), files };
  });
}

/**
 * An import cycle as a diagnostic, so that it can be printed among the others.
 *
 * @example
 * ```ts
 * import { importCycleFound } from "../graph/mod.ts";
 *
 * const { cause } = importCycleFound({ services: ["a", "b", "a"], files: ["/a.ts", "/b.ts", "/a.ts"] });
 * if (!cause.startsWith("cannot order a -> b -> a")) throw new Error("the walk comes first");
 * ```
 */
export function importCycleFound({ services, files }: ImportCycle): Diagnostic {
  const folder = commonFolder(files);
  const short = files.map((file) => file.slice(folder.length));
  return {
    service: services[0]!,
    origin: files[0]!,
    setting: "import",
    cause: `cannot order ${services.join(" -> ")}: each file imports the next: ${short.join(" -> ")}`,
    cure:
      "take one of these imports away; where only a type is needed, write `import type`, and import a service " +
      "from its own file, not from the module that lists them all",
  };
}

/** `/units/persist_mount.ts` is about `persist-mount`; a `mod.ts` goes by the name of its folder. */
function serviceOf(file: string): string {
  const [folder, base] = file.split("/").slice(-2);
  const stem = base!.replace(/\.[^.]*$/, "");
  return serviceName(stem === "mod" ? `${folder}/mod` : stem);
}

/** The innermost folder that all files are in, with the slash at its end. */
function commonFolder(files: readonly string[]): string {
  let folder = files[0]!;
  do folder = folder.replace(/[^/]*\/?$/, ""); while (
    folder !== "" && !files.every((file) => file.startsWith(folder))
  );
  return folder;
}

function property(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
