import { assert, assertEquals } from "@std/assert";
import { dirname } from "@std/path";
import { auditableLines, folderOf, isTest, order, tables } from "../../tools/layout.ts";
import { codeLines, files, read, root, sources, withoutComments } from "../../tools/tree.ts";
import { mayImport } from "./may_import.ts";
import { moduleGraph } from "./module_graph.ts";

/** The folders of the product that hold modules. */
function folders(): string[] {
  const found = sources().filter((path) => path.startsWith("lib/") && !isTest(path)).map(dirname);
  return [...new Set(found)].sort();
}

/** What is left of a `mod.ts` when its documentation and its re-exports are taken away. */
function besidesReexports(text: string): string {
  return withoutComments(text)
    .replace(/export\s+(type\s+)?(\*(\s+as\s+\w+)?|\{[^}]*\})\s+from\s+"[^"]+";?/g, "")
    .trim();
}

Deno.test("every folder of lib is in the layout", () => {
  const unknown = folders().filter((folder) => folderOf(`${folder}/x.ts`) !== folder);
  assertEquals(unknown, [], "add these to `order` in tools/layout.ts, where their imports belong");
});

Deno.test("every folder has a mod.ts that says what it is and what it may import", () => {
  const faults: string[] = [];
  const all = new Set(sources());
  for (const folder of folders()) {
    const path = `${folder}/mod.ts`;
    if (!all.has(path)) {
      faults.push(`${folder} has no mod.ts`);
      continue;
    }
    const text = read(path);
    if (!/^\/\*\*[\s\S]*?@module\s*\*\//.test(text)) {
      faults.push(`${path} does not begin with a module documentation`);
    }
    if (!text.includes("```ts")) faults.push(`${path} shows no example`);
    if (mayImport(text) === null) faults.push(`${path} does not say "May import: ..."`);
    const rest = besidesReexports(text);
    if (rest !== "") faults.push(`${path} holds more than re-exports: ${rest.split("\n")[0]}`);
  }
  assertEquals(faults, []);
});

Deno.test("mod.ts announces only folders that stand below its own", () => {
  const faults: string[] = [];
  for (const folder of order) {
    const path = `${folder}/mod.ts`;
    if (!sources().includes(path)) continue;
    for (const item of mayImport(read(path)) ?? []) {
      const target = folderOf(item.endsWith(".ts") ? item : `${item}/mod.ts`);
      const below = order.findIndex((entry) => entry === target) > order.indexOf(folder);
      if (!below) faults.push(`${path} announces ${item}, which does not stand below ${folder}`);
    }
  }
  assertEquals(faults, []);
});

/**
 * What `init.ts` imports, itself included, units and third-party code aside. What is loaded on demand only is for
 * roles that PID 1 never has.
 */
async function initModules(): Promise<string[]> {
  const graph = await moduleGraph("init.ts");
  const reached = new Set(["init.ts"]);
  for (const path of reached) {
    for (const next of graph.get(path)?.atOnce ?? []) {
      if (!next.startsWith("units/") && !next.startsWith("types/")) reached.add(next);
    }
  }
  return [...reached];
}

Deno.test("init.ts and what it imports can be read by one person", async () => {
  const modules = await initModules();
  const sizes = new Map<string, number>();
  for (const path of modules) {
    if (tables.some((table) => table === path)) continue;
    const folder = folderOf(path) ?? "elsewhere";
    sizes.set(folder, (sizes.get(folder) ?? 0) + codeLines(read(path)));
  }
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const found =
    `init.ts and what it imports, ${modules.length} modules: ${total} lines of code of at most ${auditableLines}`;
  console.log(found);
  for (const [folder, size] of sizes) console.log(`${String(size).padStart(6)}  ${folder}`);
  assert(total <= auditableLines, `${found}: take code out of its reach`);
});

Deno.test("init.ts reaches nothing that starts a process behind the driver's back", async () => {
  const guilty = (await initModules())
    .filter((path) => /\bDeno\s*\.\s*Command\b|node:child_process/.test(withoutComments(read(path))));
  assertEquals(guilty, [], "Deno.Command reaps its children itself: put it where init.ts does not reach");
});

Deno.test("nothing in the tree names a place of the machine that it was written on", () => {
  const text = /\.(ts|md|json|jsonc|sh|lock)$|^\.ci\/|^LICENSE$|^\.gitignore$/;
  const places = privatePlaces();
  const faults = files().filter((path) => text.test(path))
    .flatMap((path) =>
      places.filter((place) => read(path).includes(place)).map((place) => `${path} names ${place}`)
    );
  assertEquals(faults, []);
});

/** The checkout and its surroundings, and the folders of `PATH` and of Deno that no distribution has. */
function privatePlaces(): string[] {
  const surroundings = dirname(root);
  const common = ["/", "/tmp", "/home", "/root", "/srv", "/opt", "/mnt", "/usr/src", "/var/tmp"];
  const onPath = (Deno.env.get("PATH") ?? "").split(":");
  const own = [...onPath, dirname(Deno.execPath())].filter((path) => /^\/(tmp|root|home)\/./.test(path));
  return [...new Set([...common.includes(surroundings) ? [] : [root, `${surroundings}/`], ...own])];
}

Deno.test("codeLines() counts neither comments nor blank lines", () => {
  assertEquals(
    codeLines('/**\n * Doc.\n */\nconst a = 1; // why\n\n  // Because.\n  /* more */\nconst glob = "a/*";\n'),
    2,
  );
});

Deno.test("besidesReexports() sees what is none", () => {
  assertEquals(
    besidesReexports('/** Doc. @module */\nexport { a, type B } from "./a.ts";\nexport * from "./b.ts";\n'),
    "",
  );
  assertEquals(
    besidesReexports('export type { A } from "./a.ts";\nexport const x = 1;'),
    "export const x = 1;",
  );
});

Deno.test("mayImport() reads the sentence of a module documentation", () => {
  assertEquals(
    mayImport("/**\n * A.\n *\n * May import: lib/os,\n * `lib/define/time.ts`. Pure.\n *\n * @module\n */"),
    [
      "lib/os",
      "lib/define/time.ts",
    ],
  );
  assertEquals(mayImport("/**\n * A.\n *\n * May import: nothing of Denit.\n *\n * @module\n */"), []);
  assertEquals(mayImport("/** A. */"), null);
});
