import { assertEquals } from "@std/assert";
import { protocolSchema } from "../../lib/control/schema.ts";
import { verbs } from "../../lib/control/verbs.ts";
import { schemaFile, schemaText } from "../../tools/control_schema.ts";
import { read } from "../../tools/tree.ts";

Deno.test("the schema of the control protocol in the documentation is that of the server", () => {
  assertEquals(read(schemaFile), schemaText(), "run deno run -A tools/control_schema.ts");
});

Deno.test("protocolSchema() has a request for every verb, and nothing that leads nowhere", () => {
  const schema = JSON.parse(JSON.stringify(protocolSchema()));
  assertEquals(
    schema.$defs.request.oneOf.map(({ $ref }: { $ref: string }) => $ref.replace("#/$defs/", "")),
    Object.keys(verbs),
  );
  const references = [...JSON.stringify(schema).matchAll(/"\$ref":"#\/\$defs\/([^"]+)"/g)].map(([, name]) =>
    name!
  );
  assertEquals(references.filter((name) => !(name in schema.$defs)), []);
});
