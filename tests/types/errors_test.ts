// Type-checks every snippet of errors.md, and the files in good/, in one run of
// `deno check`, as each run costs a second whatever it checks.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";

/** An error that a snippet expects, or that the type checker reported. */
interface TypeFault {
  readonly line: number;
  readonly code: string;
  readonly message: string;
}

const here = fromFileUrl(new URL(".", import.meta.url));
const config = fromFileUrl(new URL("../../deno.json", import.meta.url));

/** Longer than this is a wall of text; the longest is a misspelt key in a function with a body in braces. */
const LONGEST_MESSAGE = 900;

/** The snippets of a page by the file names that they are to have. */
function snippetsOf(page: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const [, title, body] of page.matchAll(/^### (\w+)\n\n```ts ignore\n(.*?)^```$/gms)) {
    const parts = body!.split(/^\/\/ FILE (\S+)\n/m);
    if (parts.length === 1) files.set(`${title}.ts`, body!);
    for (let part = 1; part < parts.length; part += 2) files.set(parts[part]!, parts[part + 1]!);
  }
  return files;
}

/** What a snippet says about itself: `// ERROR TS2353: part of the message`, before the line it is about. */
function expectedOf(snippet: string): readonly TypeFault[] {
  const found: TypeFault[] = [];
  const waiting: Omit<TypeFault, "line">[] = [];
  snippet.split("\n").forEach((text, index) => {
    const expected = text.match(/^\s*\/\/ ERROR (TS\d+): (.+)$/);
    if (expected !== null) waiting.push({ code: expected[1]!, message: expected[2]! });
    else for (const fault of waiting.splice(0)) found.push({ line: index + 1, ...fault });
  });
  return found;
}

/** The errors in the output of `deno check`, by the path of the file that they are in. */
function reportedIn(output: string): ReadonlyMap<string, readonly TypeFault[]> {
  const found = new Map<string, TypeFault[]>();
  // What belongs to another error, such as TS6236 to TS2554, is indented behind its code.
  const pattern = /^(TS\d+) \[ERROR\]: (?! )(.*?)\n {4}at file:\/\/(\S+?):(\d+):\d+$/gms;
  for (const [, code, text, path, line] of output.matchAll(pattern)) {
    const faults = found.get(path!) ?? [];
    found.set(path!, faults);
    // The last two lines of the text are the source line and the squiggle below it.
    const message = text!.split("\n").slice(0, -2).join("\n");
    faults.push({ line: Number(line), code: code!, message });
  }
  return found;
}

/** What `deno check` says, all files in one run. */
async function typeCheck(paths: readonly string[]): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "--config", config, ...paths],
    env: { NO_COLOR: "1" },
  }).output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

const files = snippetsOf(await Deno.readTextFile(`${here}/errors.md`));
const good = [...Deno.readDirSync(`${here}/good`)].map((entry) => `${here}good/${entry.name}`);
const folder = await Deno.makeTempDir({ prefix: "denit-types-" });
let output: string;
try {
  const written = [...files].map(async ([name, snippet]) => {
    await Deno.writeTextFile(`${folder}/${name}`, snippet);
    return `${folder}/${name}`;
  });
  output = await typeCheck([...await Promise.all(written), ...good]);
} finally {
  await Deno.remove(folder, { recursive: true });
}
const reported = reportedIn(output);

Deno.test("deno check finds as many errors as it says it has found", () => {
  const total = Number(output.match(/^Found (\d+) errors\.$/m)?.[1]);
  assertEquals([...reported.values()].flat().length, total, output);
  assert(files.size >= 35, `only ${files.size} snippets were found`);
});

for (const [name, snippet] of files) {
  Deno.test(`errors.md: ${name} has exactly its errors`, () => {
    const expected = expectedOf(snippet);
    const actual = reported.get(`${folder}/${name}`) ?? [];
    assert(expected.length > 0, "the snippet expects nothing");
    const short = (faults: readonly TypeFault[]) => faults.map(({ line, code }) => `${line} ${code}`).sort();
    assertEquals(short(actual), short(expected), output);
    for (const { line, code, message } of expected) {
      const fault = actual.find((candidate) => candidate.line === line && candidate.code === code);
      assertStringIncludes(fault?.message ?? "", message);
      assert((fault?.message ?? "").length < LONGEST_MESSAGE, `a wall of text:\n${fault?.message}`);
    }
  });
}

for (const path of good) {
  Deno.test(`good/${path.split("/").at(-1)} has no type errors`, () =>
    assertEquals(reported.get(path) ?? [], []));
}
