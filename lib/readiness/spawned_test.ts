import { assertEquals } from "@std/assert";
import { spawned } from "./spawned.ts";

Deno.test("spawned() is ready once the program has been executed, and waits until then", () => {
  const { observe, fd, probe } = spawned();
  assertEquals([fd, probe], [null, null]);
  assertEquals([spawned().timeout, spawned({ timeout: 5000 }).timeout], [1000, 5000]);
  assertEquals(observe(null, { type: "tick" }, 5), [null, { type: "wait", until: null }]);
  assertEquals(observe(null, { type: "spawned" }, 5), [null, { type: "ready", output: null }]);
});
