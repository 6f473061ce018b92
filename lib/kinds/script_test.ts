import { assertEquals } from "@std/assert";
import { definition } from "../define/service.ts";
import { seconds } from "../define/time.ts";
import { script, selfPath } from "./script.ts";

Deno.test("script() lowers to a oneshot that starts this very binary", () => {
  const hostname = script({ run: () => ({ name: "a" }), timeout: seconds(5) });
  const lowered = hostname[definition];
  assertEquals([lowered.kind, lowered.timeout, lowered.ready, lowered.undo], ["oneshot", 5000, null, null]);
  assertEquals(lowered.run({}), { argv: [selfPath, "script"] });
  assertEquals(lowered.output!.parse('{"name":"a"}'), { name: "a" });
});

Deno.test("script() keeps the body, which is given the outputs, and for undo its own", async () => {
  const seen: unknown[] = [];
  const base = script({ run: () => 3 });
  const top = script({
    deps: { base },
    run: ({ base }) => Promise.resolve({ double: base * 2 }),
    undo: ({ base }, output) => void seen.push(base, output),
  });
  const { body, undo } = top[definition];
  assertEquals(await body!.run({ base: 3 }), { double: 6 });
  await body!.undo!({ base: 3 }, { double: 6 });
  assertEquals(seen, [3, { double: 6 }]);
  assertEquals(undo!({}, null), { argv: [selfPath, "script"] });
});
