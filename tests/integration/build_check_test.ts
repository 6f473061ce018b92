import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { type Diagnostic, renderDiagnostic } from "../../lib/graph/mod.ts";
import { projectRoot, unitsConfig } from "../../lib/build/mod.ts";
import { evaluateUnits } from "../../lib/build/evaluation.ts";
import { moduleGraph } from "../../lib/build/module_graph.ts";
import { runBuild, twoServices, writeFile } from "./build_checkout.ts";

const imports = 'import { defineBundle, defineService, defineSystem, spawned } from "denit";\n';
const rest = 'run: () => ({ argv: ["/bin/true"] }), ready: spawned() });\n';

/** Writes unit files into a temporary folder, and removes it in the end. `mod.ts` is the units module. */
async function withUnits(
  files: Readonly<Record<string, string>>,
  body: (units: string, folder: string) => Promise<void>,
) {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    await body(join(folder, "mod.ts"), folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The one diagnostic that evaluating units gives. */
async function faultOf(units: string, timeout = 60_000): Promise<Diagnostic> {
  await using config = await unitsConfig(units);
  const { order: modules } = await moduleGraph(units, config);
  const options = { modules, generation: "0".repeat(12), version: "0", timeout };
  const { diagnostics, finished } = await evaluateUnits(config, options);
  assertEquals([diagnostics.length, finished], [1, false], diagnostics.map(renderDiagnostic).join("\n"));
  return diagnostics[0]!;
}

Deno.test("check says so if nothing is wrong", async () => {
  await withUnits({ "mod.ts": twoServices }, async (units) => {
    const { code, stdout, stderr } = await runBuild(projectRoot, ["check", "--units", units]);
    assertEquals(code, 0, stdout + stderr);
    assertMatch(stdout, /^2 services, nothing wrong; boot takes at most \d+ s, shutdown \d+ s\n$/);
  });
});

Deno.test("check names a misspelt dependency by file and line, in words of services", async () => {
  const typo = imports + `export const web = defineService({ deps: { databse }, ${rest}` +
    "export default defineSystem({ boot: defineBundle([web]) });\n";
  await withUnits({ "mod.ts": typo }, async (units) => {
    const { code, stdout, stderr } = await runBuild(projectRoot, ["check", "--units", units]);
    assertEquals(code, 1, stdout + stderr);
    assertStringIncludes(stdout, "'databse'");
    assertStringIncludes(stdout, `${units}:2:44`);
    assertStringIncludes(stdout, "import it from its unit file, or correct the name");
    assertStringIncludes(stderr, "1 problem in the units");
  });
});

Deno.test("check shows a cycle of unit files as a walk, before what TypeScript says of it", async () => {
  const files = {
    "mod.ts": imports + 'import { a } from "./a.ts";\nimport { b } from "./b.ts";\nexport { a, b };\n' +
      "export default defineSystem({ boot: defineBundle([a]) });\n",
    "a.ts": imports + `import { b } from "./b.ts";\nexport const a = defineService({ deps: { b }, ${rest}`,
    "b.ts": imports + `import { a } from "./a.ts";\nexport const b = defineService({ deps: { a }, ${rest}`,
  };
  await withUnits(files, async (units) => {
    const { code, stdout, stderr } = await runBuild(projectRoot, ["check", "--units", units]);
    assertEquals(code, 1, stdout + stderr);
    assertStringIncludes(stdout, "a -> b -> a");
    assert(stdout.indexOf("a -> b -> a") < stdout.indexOf("TS7022"), stdout);
    assertStringIncludes(
      stdout,
      "services depend on each other, or on themselves: take one of the dependencies away (a, b)",
    );
  });
});

Deno.test("check shows all faults of a graph at once, each with file, service, cause and cure", async () => {
  const faulty = imports + `export const one = defineService({ ${rest}export const other = one;\n` +
    `const hidden = defineService({ ${rest}export const web = defineService({ deps: { hidden }, ${rest}` +
    "export default defineSystem({ boot: defineBundle([web]) });\n";
  await withUnits({ "mod.ts": faulty }, async (units) => {
    const { code, stdout, stderr } = await runBuild(projectRoot, ["check", "--units", units]);
    assertEquals(code, 1, stdout + stderr);
    assertStringIncludes(stderr, "2 problems in the units");
    const [exportedTwice, notExported] = stdout.trim().split("\n\n");
    for (const part of [`${units}:2`, "one", "other", "keep one export"]) {
      assertStringIncludes(exportedTwice!, part);
    }
    for (const part of [`${units}:5: web: deps.hidden`, "not exported", `export it`, `${units}:4`]) {
      assertStringIncludes(notExported!, part);
    }
  });
});

Deno.test("check names the line of a unit that throws while it is imported", async () => {
  const files = {
    "mod.ts": 'export * from "./unit.ts";\nexport { default } from "./unit.ts";\n',
    "unit.ts": imports + "\nfunction port(): never {\n  throw new Error('no port left');\n}\nport();\n",
  };
  await withUnits(files, async (units, folder) => {
    const { origin, cause, cure } = await faultOf(units);
    assertEquals(origin, join(folder, "unit.ts") + ":4");
    assertEquals(cause, `cannot evaluate ${join(folder, "unit.ts")}: Error: no port left`);
    assertStringIncludes(cure, "correct what throws");
  });
});

Deno.test("check names the line of a unit whose import does not end", async (t) => {
  await t.step("because it loops", async () => {
    const files = {
      "mod.ts": imports +
        "\ninterface Count {\n  n: number;\n}\nconst count: Count = { n: 0 };\nwhile (true) count.n++;\n",
    };
    await withUnits(files, async (units) => {
      const { origin, cause } = await faultOf(units, 4000);
      assertEquals(origin, `${units}:7`);
      assertEquals(cause, `cannot evaluate ${units}: its import did not end within 4 s`);
    });
  });
  await t.step("because it awaits what never comes", async () => {
    await withUnits({ "mod.ts": imports + "await new Promise(() => {});\n" }, async (units) => {
      const { origin, cause } = await faultOf(units);
      assertEquals(origin, `${units}:2`);
      assertEquals(cause, `cannot evaluate ${units}: an await at its top level never ends`);
    });
  });
});

Deno.test("check refuses a unit that acts while it is imported", async (t) => {
  for (
    const act of [
      'Deno.env.get("HOME")',
      'Deno.writeTextFileSync("./acted", "")',
      'new Deno.Command("/bin/true").outputSync()',
    ]
  ) {
    await t.step(act, async () => {
      await withUnits({ "mod.ts": `${imports}console.log("noise");\n${act};\n` }, async (units) => {
        const { origin, cause, cure } = await faultOf(units);
        assertEquals(origin, `${units}:3`);
        assertStringIncludes(cause, "it acts while it is imported, and that is refused: Requires");
        assertStringIncludes(cure, "move the act into run");
      });
    });
  }
  await t.step("Deno.exit()", async () => {
    await withUnits({ "mod.ts": `${imports}Deno.exit(0);\n` }, async (units) => {
      const { origin, cause } = await faultOf(units);
      assertEquals(origin, `${units}:2`);
      assertStringIncludes(cause, "it calls Deno.exit");
    });
  });
});

Deno.test("check ends with exit code 100 if it is called wrongly", async () => {
  const absent = await runBuild(projectRoot, ["check", "--units", "/nonexistent/units.ts"]);
  assertEquals(absent.code, 100, absent.stderr);
  assertStringIncludes(absent.stderr, "cannot read units from /nonexistent/units.ts: there is no such file");
  const misspelt = await runBuild(projectRoot, ["check", "--unit", "x"]);
  assertEquals(misspelt.code, 100, misspelt.stderr);
});
