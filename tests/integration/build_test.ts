import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { projectRoot } from "../../lib/build/mod.ts";
import { copyCheckout, runBuild, twoServices, writeFile } from "./build_checkout.ts";

/** What the tests read of a manifest. */
interface Manifest {
  readonly generation: string;
  readonly init: { readonly sha256: string; readonly size: number };
  readonly runtime: { readonly source: string; readonly sha256: string };
  readonly services: readonly {
    readonly name: string;
    readonly origin: string;
    readonly needs: unknown;
    readonly log: { readonly to: string };
  }[];
  readonly control: unknown;
  readonly sources: Readonly<Record<string, string>>;
  readonly watchdog: { readonly statusFile: string };
}

async function hash(path: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", await Deno.readFile(path))).toHex();
}

async function manifestIn(folder: string): Promise<Manifest> {
  return JSON.parse(await Deno.readTextFile(join(folder, "manifest.json")));
}

Deno.test("build makes the same init from the same sources, wherever the checkout is", async (t) => {
  const folder = await Deno.makeTempDir();
  try {
    const [first, second] = [join(folder, "a"), join(folder, "further", "down", "b")];
    await copyCheckout(first, twoServices);
    await copyCheckout(second, twoServices);
    const dist = join(first, "dist");
    // What could leave its traces in a binary, and must not.
    await writeFile(
      join(folder, "further", "package.json"),
      '{ "name": "stray", "dependencies": { "commander": "1.0.0" } }',
    );
    await writeFile(join(folder, "further", "down", ".npmrc"), "# stray\n");

    await t.step("the manifest tells the truth about the init beside it", async () => {
      const { code, stdout, stderr } = await runBuild(first, ["build"]);
      assertEquals(code, 0, stderr);
      const manifest = await manifestIn(join(dist, "current"));
      assertEquals(await Deno.readLink(join(dist, "current")), manifest.generation);
      assertStringIncludes(stdout, manifest.generation);
      assertMatch(manifest.generation, /^[0-9a-f]{12}$/);
      const init = join(dist, manifest.generation, "init");
      assertEquals({ sha256: await hash(init), size: (await Deno.stat(init)).size }, manifest.init);
      assertEquals(manifest.services.map(({ name, origin }) => [name, origin]), [["database", "mod.ts:3"], [
        "web",
        "mod.ts:8",
      ]]);
      assertEquals(manifest.services[1]!.needs, [{ kind: "need", name: "database" }]);
      assertEquals(manifest.services[1]!.log.to, "file");
      assertEquals(manifest.control, { read: "owner" });
      assertEquals(Object.keys(manifest.sources), ["units/mod.ts"]);
      assertEquals(manifest.watchdog.statusFile, `/persist/${manifest.generation}/status`);
      assertStringIncludes(stdout, manifest.runtime.source);

      const { stdout: said } = await new Deno.Command(init, { args: ["manifest"], clearEnv: true }).output();
      assertEquals(JSON.parse(new TextDecoder().decode(said)).generation, manifest.generation);
      assertEquals(
        [...Deno.readDirSync(dist)].map(({ name }) => name).sort(),
        [manifest.generation, "current"].sort(),
      );
    });

    await t.step("another checkout, elsewhere, gives the same id and bytes", async () => {
      const out = join(folder, "out");
      const { code, stderr } = await runBuild(second, ["build", "--out", out], folder);
      assertEquals(code, 0, stderr);
      assertEquals(await manifestIn(join(out, "current")), await manifestIn(join(dist, "current")));
      assertEquals(await hash(join(out, "current", "init")), await hash(join(dist, "current", "init")));
      await Deno.remove(out, { recursive: true });
    });

    await t.step("what is up to date is not compiled again", async () => {
      const init = join(dist, "current", "init");
      const before = await Deno.stat(init);
      const { code, stdout, stderr } = await runBuild(first, ["build"]);
      assertEquals(code, 0, stderr);
      assertStringIncludes(stdout, "is up to date");
      assertEquals((await Deno.stat(init)).ino, before.ino);
    });

    await t.step("a damaged init is made again, and what dead builds have left is swept away", async () => {
      const { generation, init: { sha256 } } = await manifestIn(join(dist, "current"));
      const init = join(dist, generation, "init");
      const file = await Deno.open(init, { write: true });
      await file.write(new TextEncoder().encode("damage"));
      file.close();
      const child = new Deno.Command("/bin/true").spawn();
      await child.status;
      await writeFile(join(dist, `.tmp-${child.pid}-abc`, "init"), "half");
      const { code, stderr } = await runBuild(first, ["build"]);
      assertEquals(code, 0, stderr);
      assertEquals(await hash(init), sha256);
      assertEquals(
        [...Deno.readDirSync(dist)].map(({ name }) => name).sort(),
        [generation, "current"].sort(),
      );
    });

    await t.step("a change to a unit gives another generation, beside the first", async () => {
      const { generation } = await manifestIn(join(dist, "current"));
      await Deno.writeTextFile(
        join(first, "units", "mod.ts"),
        twoServices.replace("keeps things", "keeps more"),
      );
      const { code, stderr } = await runBuild(first, ["build"]);
      assertEquals(code, 0, stderr);
      const now = await manifestIn(join(dist, "current"));
      assert(now.generation !== generation);
      assert((await Deno.stat(join(dist, generation, "init"))).isFile);
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("build takes units from anywhere, with their own modules and imports", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const units = twoServices.replace(/^/, 'import { things } from "mine/things.ts";\n').replace(
      '"keeps things"',
      "things",
    );
    await writeFile(join(folder, "mine.ts"), units);
    await writeFile(
      join(folder, "lib", "things.ts"),
      'export const things: string = "keeps things of mine";\n',
    );
    await writeFile(join(folder, "deno.json"), '{ "imports": { "mine/": "./lib/" } }');
    const { code, stderr } = await runBuild(
      projectRoot,
      ["build", "--units", "mine.ts", "--out", "out"],
      folder,
    );
    assertEquals(code, 0, stderr);
    const text = await Deno.readTextFile(join(folder, "out", "current", "manifest.json"));
    assertStringIncludes(text, "keeps things of mine");
    assertStringIncludes(text, '"units/lib/things.ts"');
    assert(!text.includes(folder), "the manifest must not tell where the units were");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("build refuses a runtime that is none, and leaves nothing behind", async (t) => {
  const folder = await Deno.makeTempDir();
  try {
    const units = join(folder, "units.ts");
    await writeFile(units, twoServices);
    const text = join(folder, "text");
    await writeFile(text, "not a program\n".repeat(10));
    const cases = [
      { runtime: join(folder, "absent"), code: 100, says: "there is no such file" },
      { runtime: text, code: 100, says: "it is no program for x86-64" },
      // A program, and intact, but none that looks for a module at its own end.
      { runtime: "/bin/true", code: 111, says: "cannot start the new init" },
    ];
    for (const { runtime, code, says } of cases) {
      await t.step(runtime === "/bin/true" ? "another program" : says, async () => {
        const out = join(folder, "out");
        const ended = await runBuild(projectRoot, [
          "build",
          "--units",
          units,
          "--out",
          out,
          "--runtime",
          runtime,
        ]);
        assertStringIncludes(ended.stderr, says);
        assertStringIncludes(ended.stderr, Deno.version.deno);
        assertEquals(ended.code, code);
        const left = await Array.fromAsync(Deno.readDir(out)).catch(() => []);
        assertEquals(left, []);
      });
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
