import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { enclosing, normalPath } from "./path.ts";

Deno.test("normalPath() removes what does not change where a path leads", () => {
  const paths = ["/a//b/../c", "/a/c/", "/./a/./c", "/../a/c", "/a/b/c/../../c"];
  assertEquals(paths.map(normalPath), paths.map(() => "/a/c"));
  assertEquals(["/", "//", "/..", "/a/.."].map(normalPath), ["/", "/", "/", "/"]);
});

Deno.test("normalPath() agrees with how a URL's path is read", () => {
  const path = fc.array(fc.constantFrom("a", "b", ".", "..", "c.d"), { maxLength: 8 }).map((parts) =>
    `/${parts.join("/")}`
  );
  fc.assert(fc.property(path, (path) => {
    assertEquals(normalPath(path), new URL(`file://${path}`).pathname.replace(/(.)\/$/, "$1"));
  }));
});

Deno.test("enclosing() goes from the path to the first folder below the root", () => {
  assertEquals(enclosing("/a/b/c"), ["/a/b/c", "/a/b", "/a"]);
  assertEquals(enclosing("/a"), ["/a"]);
});
