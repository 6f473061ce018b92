/** What became of the tests that a JUnit report of `deno test` tells of. Steps count with their test. */
export interface Report {
  readonly passed: number;
  readonly failed: readonly string[];
  readonly ignored: readonly string[];
}

/** Reads a report as `deno test --junit-path` writes it. */
export function readJunit(xml: string): Report {
  let passed = 0;
  const failed: string[] = [];
  const ignored: string[] = [];
  const suites = xml.matchAll(/<testsuite name="([^"]*)"[^>]*?(?:\/>|>([\s\S]*?)<\/testsuite>)/g);
  for (const [, file = "", body = ""] of suites) {
    const cases = [...body.matchAll(/<testcase name="([^"]*)"[^>]*?(?:\/>|>([\s\S]*?)<\/testcase>)/g)];
    const names = new Set(cases.map(([, name = ""]) => name));
    for (const [, name = "", outcome = ""] of cases) {
      if (isStep(name, names)) continue;
      const title = `${unescape(file)}: ${unescape(name)}`;
      if (/<(failure|error)[\s/>]/.test(outcome)) failed.push(title);
      else if (/<skipped[\s/>]/.test(outcome)) ignored.push(title);
      else passed++;
    }
  }
  return { passed, failed, ignored };
}

/** Deno reports the step `b` of test `a` as a test `a > b`; a failed step fails its test too. */
function isStep(name: string, names: ReadonlySet<string>): boolean {
  const parts = name.split(" &gt; ");
  return parts.some((_part, index) => index > 0 && names.has(parts.slice(0, index).join(" &gt; ")));
}

function unescape(text: string): string {
  const entities: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (whole, name) => entities[name] ?? whole);
}
