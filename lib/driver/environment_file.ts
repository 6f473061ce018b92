/** The variables of a file, or why it has none: the first line that says nothing. */
export interface EnvironmentOf {
  readonly variables: Readonly<Record<string, string>>;
  readonly fault: string | null;
}

/** Reads the variables of a file, as `EnvironmentFile` of lib/define has them: that of environment files of systemd.exec(5). */
export function parseEnvironment(text: string): EnvironmentOf {
  const variables: Record<string, string> = {};
  for (const [index, line] of text.split("\n").entries()) {
    const said = line.trim();
    if (said === "" || said.startsWith("#") || said.startsWith(";")) continue;
    const fail = (why: string) => ({ variables: {}, fault: `line ${index + 1} ${why}` });
    const match = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(said);
    if (match === null) return fail("has no NAME=value");
    const value = valueOf(match[2]!);
    if (value === null) {
      return fail(`has a value of ${match[1]} whose quotes do not end, or are followed by more`);
    }
    if (value.includes("\0")) return fail(`has a value of ${match[1]} with a NUL character`);
    variables[match[1]!] = value;
  }
  return { variables, fault: null };
}

/** What is written behind the `=`; null for quotes that are not closed at its end. */
function valueOf(text: string): string | null {
  const quote = text[0];
  if (quote === "'") return /^'([^']*)'$/.exec(text)?.[1] ?? null;
  if (quote !== '"') return text;
  const inner = /^"((?:[^"\\]|\\.)*)"$/s.exec(text)?.[1];
  return inner?.replace(/\\(["\\$`n])/g, (_, escaped) => escaped === "n" ? "\n" : escaped) ?? null;
}
