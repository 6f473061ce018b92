import { assertEquals, assertStringIncludes } from "@std/assert";
import { commandFault } from "./command.ts";

Deno.test("commandFault() has nothing against a command with every setting", () => {
  const command = { argv: ["/bin/true", ""], env: { TZ: "UTC", LANG: undefined }, cwd: "/" };
  assertEquals(commandFault(command), null);
  assertEquals(commandFault({ argv: ["true"] }), null);
});

const faults: readonly (readonly [what: string, value: unknown, part: string])[] = [
  ["nothing", undefined, "not an object"],
  ["a promise of a command", Promise.resolve({ argv: ["/bin/true"] }), "argv is empty"],
  ["an unknown setting", { argv: ["/bin/true"], cdw: "/" }, 'no setting "cdw"'],
  ["no argv", {}, "argv is empty"],
  ["an empty argv", { argv: [] }, "argv is empty"],
  ["a string as argv", { argv: "/bin/true" }, "argv is empty"],
  ["an argument that is a number", { argv: ["/bin/sleep", 5] }, "not a string"],
  ["an argument with a NUL", { argv: ["/bin/echo", "a\0b"] }, "NUL"],
  ["an empty program", { argv: [""] }, "names no program"],
  ["a relative cwd", { argv: ["/bin/true"], cwd: "srv" }, "not an absolute path"],
  ["an env that is a string", { argv: ["/bin/true"], env: "TZ=UTC" }, "env is not an object"],
  ["a variable with =", { argv: ["/bin/true"], env: { "A=B": "c" } }, 'named "A=B"'],
  ["a variable that is a number", { argv: ["/bin/true"], env: { PORT: 80 } }, "env.PORT is not a string"],
];

for (const [what, value, part] of faults) {
  Deno.test(`commandFault() finds ${what}`, () =>
    assertStringIncludes(commandFault(value) ?? "no fault", part));
}
