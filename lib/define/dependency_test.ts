import { assertEquals } from "@std/assert";
import { after, milestone, optional } from "./dependency.ts";
import { defineService } from "./service.ts";

Deno.test("optional(), milestone() and after() wrap the service under the name of the kind", () => {
  const service = defineService({ kind: "oneshot", run: () => ({ argv: ["/a"] }) });
  assertEquals(optional(service), { dependency: "optional", service });
  assertEquals(milestone(service), { dependency: "milestone", service });
  assertEquals(after(service), { dependency: "after", service });
});
