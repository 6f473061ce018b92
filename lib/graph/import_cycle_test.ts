import { assertEquals, assertStringIncludes } from "@std/assert";
import { renderDiagnostic } from "./diagnostic.ts";
import { importCycleFound, importCycles } from "./import_cycle.ts";

/** What `deno info --json` says of files that import each other; real output is tried in tests/types. */
function info(files: Readonly<Record<string, readonly string[]>>, more: Record<string, unknown> = {}) {
  const modules = Object.entries(files).map(([path, targets]) => ({
    kind: "esm",
    specifier: `file://${path}`,
    dependencies: targets.map((target) => ({
      specifier: target,
      code: { specifier: `file://${target}` },
      ...more,
    })),
  }));
  return { version: 1, modules };
}

Deno.test("importCycles() gives the walk by services and by files", () => {
  const files = { "/u/mod.ts": ["/u/my_web.ts"], "/u/my_web.ts": ["/u/db.ts"], "/u/db.ts": ["/u/my_web.ts"] };
  assertEquals(importCycles(info(files), "/u"), [{
    services: ["my-web", "db", "my-web"],
    files: ["/u/my_web.ts", "/u/db.ts", "/u/my_web.ts"],
  }]);
});

Deno.test("importCycles() names the module of all units after its folder", () => {
  const [cycle] = importCycles(
    info({ "/units/a.ts": ["/units/mod.ts"], "/units/mod.ts": ["/units/a.ts"] }),
    "/units/",
  );
  assertEquals(cycle?.services, ["a", "units/mod", "a"]);
});

Deno.test("importCycles() looks at the files below the root only", () => {
  const files = { "/u/a.ts": ["/u2/b.ts"], "/u2/b.ts": ["/u/a.ts"] };
  assertEquals(importCycles(info(files), "/u"), []);
  assertEquals(importCycles(info(files), "/")[0]?.services, ["a", "b", "a"]);
});

Deno.test("importCycles() passes over imports that are not there when the file runs", () => {
  const files = { "/u/a.ts": ["/u/b.ts"], "/u/b.ts": ["/u/a.ts"] };
  assertEquals(importCycles(info(files, { isDynamic: true }), "/u"), []);
  assertEquals(
    importCycles(info(files, { code: undefined, type: { specifier: "file:///u/a.ts" } }), "/u"),
    [],
  );
});

Deno.test("importCycles() understands spaces in paths", () => {
  const files = { "/my%20units/a.ts": ["/my%20units/a.ts"] };
  assertEquals(importCycles(info(files), "/my units")[0]?.files, ["/my units/a.ts", "/my units/a.ts"]);
});

Deno.test("importCycles() takes an output that it does not understand for no imports", () => {
  for (
    const value of [null, undefined, "", [], {}, { modules: null }, { modules: [null, { specifier: 5 }, {}] }]
  ) {
    assertEquals(importCycles(value, "/u"), []);
  }
});

Deno.test("importCycleFound() can be printed among the other diagnostics", () => {
  const [cycle] = importCycles(info({ "/u/a.ts": ["/u/b.ts"], "/u/b.ts": ["/u/a.ts"] }), "/u");
  const text = renderDiagnostic(importCycleFound(cycle!));
  assertStringIncludes(
    text,
    "/u/a.ts: a: import: cannot order a -> b -> a: each file imports the next: a.ts -> b.ts -> a.ts",
  );
});

Deno.test("importCycleFound() shortens paths as far as they stay apart", () => {
  const causeOf = (...files: string[]) => importCycleFound({ services: ["a", "b", "a"], files }).cause;
  assertStringIncludes(
    causeOf("/u/net/a.ts", "/u/b.ts", "/u/net/a.ts"),
    "next: net/a.ts -> b.ts -> net/a.ts",
  );
  assertStringIncludes(
    causeOf("/u/net/a.ts", "/u/netto/a.ts", "/u/net/a.ts"),
    "next: net/a.ts -> netto/a.ts -> net/",
  );
  assertStringIncludes(causeOf("/a.ts", "/b/b.ts", "/a.ts"), "next: a.ts -> b/b.ts -> a.ts");
});
