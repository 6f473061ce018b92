// The finder of import cycles on what Deno really says of the files in fixtures/.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { importCycles } from "../../lib/graph/mod.ts";

const fixtures = fromFileUrl(new URL("fixtures", import.meta.url));
const config = fromFileUrl(new URL("../../deno.json", import.meta.url));

async function deno(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    env: { NO_COLOR: "1" },
  }).output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

async function cyclesOf(name: string) {
  const { stdout } = await deno("info", "--json", "--config", config, `${fixtures}/${name}/mod.ts`);
  return importCycles(JSON.parse(stdout), `${fixtures}/${name}`);
}

Deno.test("importCycles() prints the cycle that TypeScript has no words for", async () => {
  const [cycle, ...none] = await cyclesOf("ring");
  assertEquals(cycle?.services.join(" -> "), "bread -> flour-mill -> bread");
  assertEquals(cycle?.files.map((file) => file.slice(fixtures.length)), [
    "/ring/bread.ts",
    "/ring/flour_mill.ts",
    "/ring/bread.ts",
  ]);
  assertEquals(none, []);
});

Deno.test("importCycles() refuses files that import each other without a cycle of services, as they cannot run", async () => {
  const [cycle] = await cyclesOf("mutual");
  assertEquals(cycle?.services.join(" -> "), "left -> right -> left");
  const module = `${fixtures}/mutual/mod.ts`;
  assertEquals(
    (await deno("check", "--config", config, module)).code,
    0,
    "the types have nothing against it",
  );
  const { code, stderr } = await deno("run", "--config", config, module);
  assertEquals(code, 1);
  assertStringIncludes(stderr, "Cannot access 'leftBottom' before initialization");
});

Deno.test("importCycles() has nothing against imports of types and imports that happen later", async () => {
  assertEquals(await cyclesOf("fine"), []);
  assertEquals((await deno("run", "--config", config, `${fixtures}/fine/mod.ts`)).code, 0);
});
