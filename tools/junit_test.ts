import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { readJunit } from "./junit.ts";

Deno.test("readJunit() counts what deno test reports, steps with their tests", async () => {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(
      join(dir, "a_test.ts"),
      `Deno.test("steps", async (t) => { await t.step("one", () => {}); await t.step("two", () => {}); });
       Deno.test("a > b", () => {});
       Deno.test({ name: "not <here>", ignore: true, fn() {} });
       Deno.test("fails", () => { throw new Error("</testcase>"); });
       Deno.test("fails in a step", async (t) => { await t.step("one", () => { throw new Error("x"); }); });`,
    );
    const { code } = await new Deno.Command(Deno.execPath(), {
      args: ["test", "--quiet", "--no-config", "--junit-path=report.xml", "a_test.ts"],
      cwd: dir,
      stdin: "null",
    }).output();
    assertEquals(code, 1);
    assertEquals(readJunit(await Deno.readTextFile(join(dir, "report.xml"))), {
      passed: 2,
      failed: ["./a_test.ts: fails", "./a_test.ts: fails in a step"],
      ignored: ["./a_test.ts: not <here>"],
    });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("readJunit() finds nothing in a report of nothing", () => {
  const empty = '<testsuites name="deno test" tests="0" failures="0" errors="0" time="0.000">\n</testsuites>';
  assertEquals(readJunit(empty), { passed: 0, failed: [], ignored: [] });
});
