/**
 * Writes the schema of the control protocol into the documentation, from the
 * definitions that the server goes by; a test holds that it is up to date.
 *
 * ```sh
 * deno run -A tools/control_schema.ts
 * ```
 *
 * @module
 */
import { join } from "@std/path";
import { protocolSchema } from "../lib/control/schema.ts";
import { root } from "./tree.ts";

/** Where the schema is, from the root. */
export const schemaFile = "docs/control.schema.json";

/** The schema as text. */
export function schemaText(): string {
  return `${JSON.stringify(protocolSchema(), null, 2)}\n`;
}

if (import.meta.main) {
  await Deno.mkdir(join(root, "docs"), { recursive: true });
  await Deno.writeTextFile(join(root, schemaFile), schemaText());
}
