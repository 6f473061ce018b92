import { assertEquals } from "@std/assert";
import { complainAbout, explainTypes } from "./type_check.ts";

const output = `TS7022 [ERROR]: 'a' implicitly has type 'any' because it is referenced in its own initializer.
export const a = 1;
    at file:///units/a%20b.ts:2:14

    'b' is declared here.

TS2448 [ERROR]: Block-scoped variable 'b' used before its declaration.
    at file:///units/a%20b.ts:3:42

TS9999 [ERROR]: Something that only TypeScript understands.
    at file:///units/c.ts:30:1

Found 3 errors.

error: Type checking failed.`;

Deno.test("explainTypes takes the output apart, and puts known codes into words", () => {
  const [cycle, order, other, ...more] = explainTypes(output);
  assertEquals(more, []);
  assertEquals(
    cycle!.split("\n").at(-1),
    "    services depend on each other, or on themselves: take one of the dependencies away (a)",
  );
  assertEquals(order!.split("\n").length, 2, "inside a cycle, moving a definition is no cure");
  assertEquals(
    other,
    "TS9999 [ERROR]: Something that only TypeScript understands.\n    at file:///units/c.ts:30:1",
  );
});

Deno.test("explainTypes keeps what is no list of errors", () => {
  assertEquals(explainTypes("Module not found"), ["Module not found"]);
});

Deno.test("complainAbout compares file and line", () => {
  const errors = explainTypes(output);
  assertEquals(complainAbout(errors, "/units/a b.ts:3"), true);
  assertEquals(complainAbout(errors, "/units/c.ts:3"), false);
  assertEquals(complainAbout(errors, null), false);
});
