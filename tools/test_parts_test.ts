import { assert, assertEquals } from "@std/assert";
import { isIn, pureFolders } from "./layout.ts";
import { testParts } from "./test_parts.ts";
import { sources } from "./tree.ts";

Deno.test("testParts() has every test module of the tree in one part", () => {
  const parts = testParts().filter(({ name }) => name !== "examples");
  for (const path of sources().filter((path) => path.endsWith("_test.ts"))) {
    const homes = parts.filter(({ paths }) => paths.includes(path) || isIn(path, paths)).map(({ name }) =>
      name
    );
    assertEquals([path, homes.length], [path, 1], `in the parts ${homes.join(", ")}`);
  }
});

Deno.test("testParts() runs the pure folders, and their examples, without a permission", () => {
  const pure = testParts().find(({ name }) => name === "pure");
  assert(pure !== undefined);
  assertEquals(pure.paths, pureFolders);
  assertEquals(pure.flags, ["--doc"]);
});

Deno.test("testParts() runs the examples of the other folders, and no test twice", () => {
  const examples = testParts().find(({ name }) => name === "examples");
  assert(examples !== undefined);
  assertEquals(examples.paths, ["lib", "README.md"]);
  const ignored =
    examples.flags.find((flag) => flag.startsWith("--ignore="))?.slice("--ignore=".length).split(",") ?? [];
  const left = sources().filter((path) =>
    path.startsWith("lib/") && path.endsWith("_test.ts") && !ignored.includes(path)
  );
  assertEquals(left, []);
  assertEquals(pureFolders.filter((folder) => !ignored.includes(folder)), []);
});
