import { join } from "@std/path";
import { order } from "../../tools/layout.ts";
import { pathOf, root, sources } from "../../tools/tree.ts";

/** A module of the repository and what it imports, as types too; paths from the root. */
export interface Module {
  readonly path: string;
  readonly imports: readonly string[];
  /** Those of them that are loaded together with it, not on demand. */
  readonly atOnce: readonly string[];
  readonly error: string | null;
}

/** The part of `deno info --json` that is read here. */
interface Info {
  readonly roots: readonly string[];
  readonly modules: readonly {
    readonly specifier: string;
    readonly error?: string;
    readonly dependencies?: readonly {
      readonly isDynamic?: boolean;
      readonly code?: { readonly specifier?: string };
      readonly type?: { readonly specifier?: string };
    }[];
  }[];
  readonly redirects?: Readonly<Record<string, string>>;
}

/** The modules that `deno info` finds from an entry point, by path. Modules of other packages are left out. */
export async function moduleGraph(entry: string): Promise<ReadonlyMap<string, Module>> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", join(root, entry)],
    cwd: root,
    stdin: "null",
  }).output();
  if (code !== 0) throw new Error(`cannot list the modules of ${entry}: ${new TextDecoder().decode(stderr)}`);
  const info: Info = JSON.parse(new TextDecoder().decode(stdout));
  const found = new Map<string, Module>();
  for (const { specifier, error = null, dependencies = [] } of info.modules) {
    const path = pathOf(specifier);
    if (path === null) continue;
    const paths = (some: typeof dependencies) => {
      const targets = some.flatMap(({ code, type }) => [code?.specifier, type?.specifier]);
      const ours = targets.map((target) => target === undefined ? null : pathOf(target));
      return [...new Set(ours.filter((target) => target !== null))];
    };
    const atOnce = paths(dependencies.filter(({ isDynamic = false }) => !isDynamic));
    found.set(path, { path, error, imports: paths(dependencies), atOnce });
  }
  return found;
}

/** Entry points of the product that exist: those of the layout, and the `mod.ts` of each folder in it. */
export function entryPoints(): string[] {
  const all = new Set(sources());
  return order.map((entry) => entry.endsWith(".ts") ? entry : `${entry}/mod.ts`).filter((path) =>
    all.has(path)
  );
}

/** The union of the module graphs of several entry points, two looked at at a time. */
export async function wholeGraph(entries: readonly string[]): Promise<ReadonlyMap<string, Module>> {
  const rest = [...entries];
  const found = new Map<string, Module>();
  const work = async () => {
    for (let entry = rest.pop(); entry !== undefined; entry = rest.pop()) {
      for (const [path, module] of await moduleGraph(entry)) found.set(path, module);
    }
  };
  await Promise.all([work(), work()]);
  return found;
}
