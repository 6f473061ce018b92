import { fromFileUrl, relative } from "@std/path";

const root = fromFileUrl(new URL("../..", import.meta.url));

/** The path from the root of the repository of the file that a rule looks at. */
export function pathIn(context: Deno.lint.RuleContext): string {
  return relative(root, context.filename);
}
