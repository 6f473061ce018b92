import { assertEquals } from "@std/assert";
import { documentationOf, faultsIn } from "./check_docs.ts";

const example = { kind: "example", doc: "Title\n```ts\nf();\n```\n" };
const location = { filename: "x.ts", line: 4 };

Deno.test("faultsIn() asks for a summary of everything and an example of functions", () => {
  const symbols = [
    {
      name: "good",
      declarations: [{ kind: "function", jsDoc: { doc: "Does.", tags: [example] }, location }],
    },
    { name: "mute", declarations: [{ kind: "interface", location }] },
    { name: "blank", declarations: [{ kind: "variable", jsDoc: { doc: " \n" }, location }] },
    { name: "shown", declarations: [{ kind: "function", jsDoc: { tags: [example] }, location }] },
    {
      name: "told",
      declarations: [{
        kind: "function",
        jsDoc: { doc: "Does.", tags: [{ kind: "example", doc: "`f()`" }] },
        location,
      }],
    },
  ];
  const faults = faultsIn({
    version: 2,
    nodes: { "mod.ts": { module_doc: { doc: "", tags: [example] }, symbols } },
  });
  assertEquals(faults.map((fault) => fault.split(": ").slice(0, 2).join(": ")), [
    "x.ts:5: mute has no summary",
    "x.ts:5: blank has no summary",
    "x.ts:5: shown has no summary",
    "x.ts:5: told has no example",
  ]);
});

Deno.test("faultsIn() accepts one documented overload, and asks for an example of the module", () => {
  const declarations = [
    { kind: "function", location },
    { kind: "function", jsDoc: { doc: "Does.", tags: [example] }, location },
  ];
  const faults = faultsIn({ version: 2, nodes: { "mod.ts": { symbols: [{ name: "f", declarations }] } } });
  assertEquals(faults, ["mod.ts: the module has no example"]);
});

Deno.test("documentationOf() reads what deno doc says of the authoring surface", async () => {
  const { nodes } = await documentationOf("lib/define/mod.ts");
  const names = Object.values(nodes).flatMap(({ symbols }) => symbols.map(({ name }) => name));
  assertEquals(["defineService", "defineSystem", "seconds"].filter((name) => !names.includes(name)), []);
});
