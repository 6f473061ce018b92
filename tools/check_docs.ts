/**
 * Checks the documentation of what a unit author sees: every exported symbol
 * has a summary, and every function an example in TypeScript. That the
 * examples work is for `deno test --doc` to show.
 *
 * Run by `deno task ok`; on its own: `deno run -A tools/check_docs.ts`.
 *
 * @module
 */
import { join } from "@std/path";
import { pathOf, root, sources } from "./tree.ts";

/** The modules that users import. */
const surface = ["lib/define/mod.ts", "lib/testing/mod.ts"];

/** The part of `deno doc --json`, version 2, that is read here. */
interface Documentation {
  readonly version: number;
  readonly nodes: Readonly<
    Record<string, { readonly module_doc?: JsDoc; readonly symbols: readonly DocSymbol[] }>
  >;
}

interface DocSymbol {
  readonly name: string;
  readonly declarations: readonly {
    readonly kind: string;
    readonly jsDoc?: JsDoc;
    readonly location: { readonly filename: string; readonly line: number };
  }[];
}

interface JsDoc {
  readonly doc?: string;
  readonly tags?: readonly { readonly kind: string; readonly doc?: string }[];
}

/** What is missing from the documentation of a module, as sentences that begin with the place. */
export function faultsIn(documentation: Documentation): string[] {
  if (documentation.version !== 2) {
    throw new Error(
      `cannot read version ${documentation.version} of deno doc's output: adapt tools/check_docs.ts`,
    );
  }
  const faults: string[] = [];
  for (const [url, { module_doc, symbols }] of Object.entries(documentation.nodes)) {
    if (!hasExample(module_doc)) faults.push(`${pathOf(url) ?? url}: the module has no example`);
    for (const { name, declarations } of symbols) {
      const [first] = declarations;
      if (first === undefined) continue;
      const place = `${pathOf(first.location.filename) ?? first.location.filename}:${
        first.location.line + 1
      }`;
      if (!declarations.some(({ jsDoc }) => (jsDoc?.doc ?? "").trim() !== "")) {
        faults.push(`${place}: ${name} has no summary: say what it is, its units and its errors`);
      }
      const callable = declarations.filter(({ kind }) => kind === "function");
      if (callable.length > 0 && !callable.some(({ jsDoc }) => hasExample(jsDoc))) {
        faults.push(
          `${place}: ${name} has no example: add @example with a \`\`\`ts block that runs as it stands`,
        );
      }
    }
  }
  return faults;
}

function hasExample(jsDoc: JsDoc | undefined): boolean {
  return (jsDoc?.tags ?? []).some(({ kind, doc = "" }) => kind === "example" && /^```ts$/m.test(doc));
}

/** Reads the documentation of a module by `deno doc`. */
export async function documentationOf(path: string): Promise<Documentation> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", join(root, path)],
    cwd: root,
    stdin: "null",
  }).output();
  if (code !== 0) {
    throw new Error(`cannot read the documentation of ${path}: ${new TextDecoder().decode(stderr)}`);
  }
  return JSON.parse(new TextDecoder().decode(stdout));
}

if (import.meta.main) {
  const existing = surface.filter((path) => sources().includes(path));
  const faults = (await Promise.all(existing.map(documentationOf))).flatMap(faultsIn);
  for (const fault of faults) console.error(fault);
  console.log(`${existing.join(", ")}: ${faults.length === 0 ? "documented" : `${faults.length} faults`}`);
  Deno.exit(faults.length === 0 ? 0 : 1);
}
