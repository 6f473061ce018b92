import { assertEquals } from "@std/assert";
import { dirname, join } from "@std/path";
import { folderOf, order } from "../../tools/layout.ts";
import { modules, read } from "../../tools/tree.ts";
import { mayImport } from "./may_import.ts";
import { entryPoints, type Module, wholeGraph } from "./module_graph.ts";

/** The front door of `denit` opens upwards, so that a unit author needs one specifier; its folder does not. */
const frontDoor = { path: "lib/define/mod.ts", folders: ["lib/kinds", "lib/readiness"] };

/** Every import of one folder by another that the layout forbids, as a sentence. */
function upwardImports(graph: ReadonlyMap<string, Module>): string[] {
  const faults: string[] = [];
  for (const { path, imports } of graph.values()) {
    const from = folderOf(path);
    if (from === null) continue;
    for (const target of imports) {
      const to = folderOf(target);
      if (to === from || target.startsWith("types/")) continue;
      if (path === frontDoor.path && to !== null && frontDoor.folders.includes(to)) continue;
      if (to !== null && rank(to) > rank(from)) continue;
      faults.push(
        `${path} imports ${target}: imports point only down the list of folders in tools/layout.ts`,
      );
    }
  }
  return faults;
}

function rank(folder: string): number {
  return order.findIndex((entry) => entry === folder);
}

/** Every import that the `mod.ts` of its folder does not announce, as a sentence. */
function unannouncedImports(graph: ReadonlyMap<string, Module>): string[] {
  const faults: string[] = [];
  for (const folder of order) {
    if (!folder.startsWith("lib/") || !graph.has(`${folder}/mod.ts`)) continue;
    const announced = mayImport(read(`${folder}/mod.ts`)) ?? [];
    const own = [...graph.values()].filter(({ path }) =>
      folderOf(path) === folder && path !== frontDoor.path
    );
    for (const { path, imports } of own) {
      for (const target of imports) {
        const to = folderOf(target);
        if (to === null || to === folder || announced.includes(to) || announced.includes(target)) continue;
        faults.push(`${path} imports ${target}: ${folder}/mod.ts does not name ${to} after "May import:"`);
      }
    }
  }
  return faults;
}

/** Modules that are started by their name: by a task of `deno.json`, as a worker, or as a program of their own. */
function startedByName(): string[] {
  const { tasks }: { tasks: Record<string, string> } = JSON.parse(read("deno.json"));
  const named = Object.values(tasks).flatMap((line) => line.match(/\S+\.ts\b/g) ?? []);
  for (const path of modules("lib")) {
    for (
      const [, target = ""] of read(path).matchAll(/(?:new URL|import\.meta\.resolve)\(\s*"(\.[^"]+\.ts)"/g)
    ) {
      named.push(join(dirname(path), target));
    }
  }
  return named.filter((path) => modules("lib").includes(path));
}

Deno.test("imports point only down the list of folders", async () => {
  const graph = await wholeGraph(entryPoints());
  const broken = [...graph.values()].filter(({ error }) => error !== null).map(({ path, error }) =>
    `${path}: ${error}`
  );
  assertEquals(broken, [], "a module cannot be loaded");
  assertEquals(upwardImports(graph), []);
  assertEquals(unannouncedImports(graph), []);
});

Deno.test("every module is reachable from the mod.ts of its folder or from an entry point", async () => {
  const graph = await wholeGraph([...entryPoints(), ...startedByName()]);
  const dead = modules("lib").filter((path) => !graph.has(path));
  assertEquals(dead, [], "nothing imports these: name them in a mod.ts, or delete them");
});

Deno.test("upwardImports() finds an import that points up, and lets the front door be", () => {
  const module = (
    path: string,
    ...imports: string[]
  ): [string, Module] => [path, { path, imports, atOnce: imports, error: null }];
  const graph = new Map([
    module("lib/define/mod.ts", "lib/kinds/mod.ts", "lib/define/time.ts"),
    module("lib/define/time.ts", "lib/kinds/mod.ts"),
    module("lib/os/mod.ts", "lib/os/linux/mod.ts", "lib/define/time.ts"),
    module("lib/os/linux/mod.ts", "lib/os/mod.ts"),
    module("units/mod.ts", "lib/define/mod.ts", "types/std/path.ts"),
    module("lib/graph/mod.ts", "tools/tree.ts"),
  ]);
  assertEquals(upwardImports(graph).map((fault) => fault.split(":")[0]), [
    "lib/define/time.ts imports lib/kinds/mod.ts",
    "lib/os/mod.ts imports lib/os/linux/mod.ts",
    "lib/graph/mod.ts imports tools/tree.ts",
  ]);
});
