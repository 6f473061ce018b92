import { assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { nameFault, serviceName } from "./name.ts";

const names: readonly (readonly [identifier: string, name: string])[] = [
  ["web", "web"],
  ["persistMount", "persist-mount"],
  ["persist_mount", "persist-mount"],
  ["PersistMount", "persist-mount"],
  ["tty1", "tty1"],
  ["getty1Tty2", "getty1-tty2"],
  ["HTTPServer", "http-server"],
  ["myHTTP", "my-http"],
  ["a$b", "a-b"],
  ["a_B", "a-b"],
  ["__internal__", "internal"],
  ["MAX_SIZE", "max-size"],
];

for (const [identifier, name] of names) {
  Deno.test(`serviceName() makes ${name} of ${identifier}`, () =>
    assertEquals(serviceName(identifier), name));
}

Deno.test("serviceName() leaves its own results as they are", () => {
  fc.assert(fc.property(fc.stringMatching(/^[A-Za-z_$][A-Za-z0-9_$]{0,30}$/), (identifier) => {
    assertEquals(serviceName(serviceName(identifier)), serviceName(identifier));
  }));
});

Deno.test("nameFault() accepts a name of any identifier that begins with a letter and is not too long or reserved", () => {
  fc.assert(fc.property(fc.stringMatching(/^[A-Za-z][A-Za-z0-9_$]{0,20}$/), (identifier) => {
    const name = serviceName(identifier);
    assertEquals(nameFault(name), name === "default" ? nameFault("default") : null);
  }));
});

Deno.test("nameFault() accepts exactly what is safe as a file name", () => {
  fc.assert(fc.property(fc.string({ maxLength: 70 }), (name) => {
    const safe = /^[a-z0-9-]{1,64}$/.test(name);
    if (nameFault(name) === null && !safe) throw new Error(`${name} was accepted`);
  }));
  for (const name of ["", ".", "..", "a/b", "a.b", "größe", "a--b", "-a", "a-", "1a", "A"]) {
    assertStringIncludes(nameFault(name) ?? "", "letters a to z");
  }
});

Deno.test("nameFault() refuses more than 64 characters and the name of the boot bundle", () => {
  assertEquals(nameFault("x".repeat(64)), null);
  assertStringIncludes(nameFault("x".repeat(65)) ?? "", "at most 64 characters");
  assertStringIncludes(nameFault("default") ?? "", "started at boot");
});
