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
  TS7022: "services depend on each other, or on themselves: take one of the dependencies away",
  TS18004:
    "a service is named that is neither defined nor imported: import it from its unit file, or correct the name",
  TS18048: "an optional dependency may be missing: handle undefined",
};

/**
 * Checks the types of modules and of all that they import.
 *
 * @param files Absolute paths.
 * @returns TypeScript's errors, each as text, with known codes put into words; empty if there are none.
 */
export async function checkTypes(files: readonly string[], config: UnitsConfig): Promise<readonly string[]> {
  const result = await runDeno(["check", "--quiet", ...config.args, ...files], { timeout: 300_000 });
  if (result.ok) return [];
  if (result.timedOut) {
    return [`cannot check types: ${result.ending}\n    look what keeps this machine so busy`];
  }
  return explainTypes(errorText(result));
}

/** Takes the type checker's output apart, and adds to each error what its code means in a unit. */
export function explainTypes(text: string): readonly string[] {
  const errors = text
    .replace(/\n*(error: )?Type checking failed\.\s*$/, "")
    .replace(/\n*Found \d+ errors?\.\s*$/, "")
    .split(/\n\n(?=TS\d+ \[ERROR\])/);
  const inCycle = errors.flatMap((error) => /^TS7022 \[ERROR\]: '([^']+)'/.exec(error)?.[1] ?? []);
  return errors.map((error) => {
    const code = /^(TS\d+) \[ERROR\]/.exec(error)?.[1] ?? "";
    // Inside a cycle one service always comes before the other: moving it is no cure.
    if (inCycle.length > 0 && (code === "TS2448" || code === "TS2454")) return error;
    const meaning = meanings[code];
    const who = code === "TS7022" ? ` (${inCycle.join(", ")})` : "";
    return meaning === undefined ? error : `${error}\n    ${meaning}${who}`;
  });
}

/** Whether the type checker has already complained about a place, `path:line`. */
export function complainAbout(errors: readonly string[], place: string | null): boolean {
  if (place === null) return false;
  const colon = place.lastIndexOf(":");
  const start = `${encodeURI(place.slice(0, colon))}${place.slice(colon)}:`;
  return errors.some((error) => error.includes(start));
}
