import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { type Diagnostic, renderDiagnostic } from "../../lib/graph/mod.ts";
import { projectRoot, unitsConfig } from "../../lib/build/mod.ts";
import { evaluateUnits } from "../../lib/build/evaluation.ts";
import { moduleGraph } from "../../lib/build/module_graph.ts";
import { elfFile } from "../fixtures/elf_file.ts";
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

Deno.test("check --target names what an image lacks of what the units name, and how each service is concerned", async () => {
  const units =
    `import { commandProbe, defineBundle, defineService, defineSystem, mount, sdNotify, spawned } from "denit";
export const persist = mount({ device: "/dev/vda", path: "/persist" });
export const good = defineService({
  deps: { persist },
  run: () => ({
    argv: ["tool"],
    user: "web",
    groups: ["video", 7],
    cwd: "/srv/web",
    directories: { state: "/var/lib/web" },
    envFiles: ["/var/lib/web/env", { path: "/etc/none", optional: true }],
    secrets: { key: "/persist/key" },
  }),
  ready: spawned(),
  before: () => ({ argv: ["/persist/bin/anything"] }),
});
export const nobody = defineService({
  run: () => ({ argv: ["/usr/bin/tool"], user: "ghost", group: "ghosts", groups: ["ghosts"], cwd: "/srv/none" }),
  ready: commandProbe({ command: { argv: ["/usr/bin/ask"] } }),
});
export const programs = defineService({
  run: () => ({ argv: ["/usr/bin/none"], readOnlyPaths: ["/opt"], envFiles: ["/etc/none"], secrets: { a: "/etc/key" } }),
  ready: sdNotify(),
  before: () => ({ argv: ["absent"] }),
  after: () => ({ argv: ["/usr/bin/plain"] }),
  reload: () => ({ argv: ["script"] }),
  verbs: { text: () => ({ argv: ["/usr/bin/text"] }), elf: () => ({ argv: ["elf"] }) },
});
export const jailed = defineService({
  run: () => ({ argv: ["/inner"], root: "/srv/jail", cwd: "/in" }),
  ready: spawned(),
  before: () => ({ argv: ["/bin/true"], root: "/srv/nowhere" }),
});
export default defineSystem({ boot: defineBundle([persist, good, nobody, programs, jailed]) });
`;
  await withUnits({ "mod.ts": units }, async (path) => {
    const root = await Deno.makeTempDir({ prefix: "denit-target-" });
    try {
      const file = async (path: string, text: string, mode = 0o755) => {
        await writeFile(join(root, path), text);
        await Deno.chmod(join(root, path), mode);
      };
      await file("etc/passwd", "root:x:0:0::/root:/bin/sh\nweb:x:33:33::/srv/web:/bin/sh\n", 0o644);
      await file("etc/group", "web:x:33:\nvideo:x:44:\n", 0o644);
      await file("srv/web/index.html", "");
      await file("srv/jail/inner", "#!/nothing/here\n");
      await file("usr/bin/sh", "#!/usr/bin/sh\n");
      await file("usr/bin/tool", "#!/bin/sh\n");
      await file("usr/bin/mount", "#!/bin/sh\n");
      await file("usr/bin/umount", "#!/bin/sh\n");
      await file("usr/bin/plain", "#!/bin/sh\n", 0o644);
      await file("usr/bin/script", "#!/usr/bin/env perl\n");
      await file("usr/bin/env", "#!/bin/sh\n");
      await file("usr/bin/text", "no program");
      const loader = "/lib64/ld-linux-x86-64.so.2";
      await Deno.writeFile(join(root, "usr/bin/elf"), elfFile({ interpreter: loader }), { mode: 0o755 });
      await Deno.symlink("usr/bin", join(root, "bin"));
      const { code, stdout, stderr } = await runBuild(projectRoot, [
        "check",
        "--units",
        path,
        "--target",
        root,
      ]);
      assertEquals(code, 1, stdout + stderr);
      const named = stdout.split("\n").filter((line) => line.includes(": cannot")).map((line) =>
        line.replaceAll(root, "ROOT").replace(/^\S+: (\S+: \S+: cannot)/, "$1")
      );
      assertEquals(
        named.toSorted(),
        [
          "nobody: run.user: cannot run nobody as user ghost: ROOT/etc/passwd has no such user",
          "nobody: run.group: cannot run nobody with group ghosts: ROOT/etc/group has no such group",
          "nobody: run.groups: cannot run nobody with group ghosts: ROOT/etc/group has no such group",
          "nobody: ready.argv: cannot start /usr/bin/ask for nobody: there is none in ROOT",
          "nobody: run.cwd: cannot start in /srv/none for nobody: there is none in ROOT",
          "programs: run.readOnlyPaths: cannot mount over /opt for programs: there is none in ROOT",
          "programs: run.envFiles: cannot read /etc/none for programs: there is none in ROOT",
          "programs: run.secrets.a: cannot read /etc/key for programs: there is none in ROOT",
          "programs: run.argv: cannot start /usr/bin/none for programs: there is none in ROOT",
          `programs: before.argv: cannot start absent for programs: there is none in /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin of ROOT`,
          "programs: after.argv: cannot start /usr/bin/plain for programs: /usr/bin/plain has no permission to be executed",
          "programs: reload.argv: cannot start script for programs: perl, which runs it, is not in ROOT",
          "programs: verbs.text.argv: cannot start /usr/bin/text for programs: /usr/bin/text: it is neither an ELF file for x86-64 nor a script",
          "programs: verbs.elf.argv: cannot start elf for programs: /lib64/ld-linux-x86-64.so.2, which runs it, is not in ROOT",
          "jailed: run.cwd: cannot start in /in for jailed: there is none in ROOT/srv/jail",
          "jailed: run.argv: cannot start /inner for jailed: /nothing/here, which runs it, is not in ROOT/srv/jail",
          "jailed: before.root: cannot have the root /srv/nowhere for jailed: there is none in ROOT",
        ].toSorted(),
      );
      assertStringIncludes(stderr, "17 problems in the units");
      const absent = await runBuild(projectRoot, ["check", "--units", path, "--target", join(root, "none")]);
      assertEquals(absent.code, 100);
      assertStringIncludes(absent.stderr, `cannot check units against ${root}/none: it is no folder`);
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  });
});
