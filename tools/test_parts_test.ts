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

Deno.test("testParts() gives those parts a whole night in which more is tried then", () => {
  const limits = () => new Map(testParts().map(({ name, limit }) => [name, limit]));
  const before = Deno.env.get("DENIT_NIGHTLY");
  try {
    Deno.env.delete("DENIT_NIGHTLY");
    const day = limits();
    Deno.env.set("DENIT_NIGHTLY", "1");
    const longer = [...limits()].filter(([name, limit]) => limit > 10 * day.get(name)!).map(([name]) => name);
    assertEquals(longer, ["property", "unit", "integration"]);
  } finally {
    if (before === undefined) Deno.env.delete("DENIT_NIGHTLY");
    else Deno.env.set("DENIT_NIGHTLY", before);
  }
});
