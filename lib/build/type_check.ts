import type { UnitsConfig } from "./units_config.ts";
import { errorText, runDeno } from "./run_deno.ts";

/** What TypeScript's codes mean when they come from a unit, in words of services. */
const meanings: Readonly<Record<string, string>> = {
  TS2304: "a name is used that is neither defined nor imported: import the service from its unit file",
  TS2307: "a module that is imported cannot be found: correct its path",
  TS2305: "a module does not export what is imported from it: correct the name",
  TS2339: "a value has no such field: correct the name, or declare the service in deps",
  TS2353: "a setting does not exist, or stands in the wrong place",
  TS2448: "a service is used above its definition: move the definition up, or break the cycle",
  TS2532: "an optional dependency may be missing: handle undefined",
  TS2552: "a name is misspelt",
  TS2561: "a setting is misspelt",
  TS7022: "services depend on each other, or on themselves: take one of these dependencies away",
  TS18004:
    "a service is named that is neither defined nor imported: import it from its unit file, or correct the name",
  TS18048: "an optional dependency may be missing: handle undefined",
};

/**
 * Checks the types of modules and of all that they import.
 *
 * @param files Absolute paths.
 * @returns What TypeScript has to say, with its known codes put into words; null if nothing.
 */
export async function checkTypes(files: readonly string[], config: UnitsConfig): Promise<string | null> {
  const result = await runDeno(["check", "--quiet", ...config.args, ...files], { timeout: 300_000 });
  if (result.ok) return null;
  if (result.timedOut) return `cannot check types: ${result.ending}`;
  const text = errorText(result).replace(/\n*(error: )?Type checking failed\.\s*$/, "");
  const notes = explain(text);
  return notes.length === 0 ? text : `${text}\n\n${notes.join("\n")}`;
}

/** One line for each known code in the type checker's output. */
export function explain(text: string): readonly string[] {
  const cycle = [...text.matchAll(/TS7022 \[ERROR\]: '([^']+)'/g)].map(([, name]) => name!);
  const codes = new Set([...text.matchAll(/\b(TS\d+) \[ERROR\]/g)].map(([, code]) => code!));
  // What follows from a cycle would be explained as something of its own.
  if (codes.has("TS7022")) codes.delete("TS2448");
  return [...codes].filter((code) => code in meanings).map((code) => {
    const who = code === "TS7022" ? ` (${[...new Set(cycle)].join(", ")})` : "";
    return `${code}${who}: ${meanings[code]}`;
  });
}

/** Whether the type checker has already complained about a place, `path:line`. */
export function complainsAbout(text: string | null, place: string | null): boolean {
  if (text === null || place === null) return false;
  const [path, line] = [place.slice(0, place.lastIndexOf(":")), place.slice(place.lastIndexOf(":"))];
  return text.includes(`${encodeURI(path)}${line}:`);
}
