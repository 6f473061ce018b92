import { assertEquals } from "@std/assert";
import { never, type Restart } from "../define/policy.ts";
import { defineService, type Service } from "../define/service.ts";
import { defineBundle, defineSystem } from "../define/system.ts";
import { spawned } from "../readiness/spawned.ts";
import { plain } from "../../tests/fixtures/graph_of.ts";
import { check } from "./check.ts";
import { resolve } from "../graph/resolve.ts";

const daemon = (restart: Restart = {}) =>
  defineService({ run: () => ({ argv: ["/s"] }), ready: spawned(), restart });

/** The settings that are wrong where one service is essential, and `booted` is started, by default the same one. */
const faults = (restart: Restart, booted?: Service) => {
  const web = daemon(restart);
  const boot = defineBundle([booted ?? web]);
  const units = booted === undefined ? { web } : { web, booted };
  const { graph } = resolve({ ...units, default: defineSystem({ boot, essential: [web] }) });
  return check(graph!).map(({ setting }) => setting);
};

Deno.test("checkEssential() has nothing against services that end for good", () => {
  assertEquals(faults({}), []);
  assertEquals(faults({ delay: 1000 }), []);
  assertEquals(faults({ giveUp: { after: 3 } }), []);
  assertEquals(faults({ on: "never" }), []);
  assertEquals(faults({ on: "on-failure" }), [], "it ends when its work is done");
  assertEquals(faults({ on: "always", permanent: [78] }), []);
});

Deno.test("checkEssential() refuses one whose unit says that it is restarted for ever", () => {
  assertEquals(faults({ on: "always" }), ["restart"]);
  assertEquals(faults({ giveUp: never }), ["restart"]);
});

Deno.test("checkEssential() refuses one that boot does not start", () => {
  assertEquals(faults({}, plain()), ["essential"]);
});

Deno.test("resolve() refuses essential services without a name, or that are none", () => {
  const [web, hidden] = [plain(), plain()];
  for (const essential of [[hidden], [undefined]]) {
    const system = defineSystem({ boot: defineBundle([web]), essential: essential as Service[] });
    const { diagnostics } = resolve({ web, default: system });
    assertEquals(diagnostics.map(({ setting }) => setting), ["essential"]);
  }
});

Deno.test("resolve() keeps essential services by their ids", () => {
  const db = plain();
  const web = plain({ db });
  const { graph } = resolve({
    web,
    db,
    default: defineSystem({ boot: defineBundle([web]), essential: [web] }),
  });
  assertEquals(graph!.essential, [1]);
});
