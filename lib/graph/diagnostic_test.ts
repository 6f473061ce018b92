import { assertEquals } from "@std/assert";
import { renderDiagnostic } from "./diagnostic.ts";

const diagnostic = {
  service: "web",
  origin: "/units/web.ts:3",
  setting: "ready",
  cause: "cannot a: b",
  cure: "do c",
};

Deno.test("renderDiagnostic() begins with the place and ends with what to do", () => {
  assertEquals(renderDiagnostic(diagnostic), "/units/web.ts:3: web: ready: cannot a: b\n    do c");
});

Deno.test("renderDiagnostic() leaves out what is not known", () => {
  assertEquals(
    renderDiagnostic({ ...diagnostic, service: null, origin: null }),
    "ready: cannot a: b\n    do c",
  );
});
