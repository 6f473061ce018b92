import { assert, assertEquals, assertMatch } from "@std/assert";
import { Console } from "./console.ts";

Deno.test("Console shows lines of one turn together, with the time since the start", async () => {
  const writes: string[] = [];
  const shown = new Console(1000, (bytes) => {
    writes.push(new TextDecoder().decode(bytes));
    return Promise.resolve(bytes.length);
  });
  shown.line(1000, "one");
  shown.line(2500, "two");
  await shown.settle(1000);
  assertEquals(writes, ["[    0.000] one\n[    1.500] two\n"]);
});

Deno.test("Console writes on where a write was short", async () => {
  let text = "";
  const shown = new Console(0, (bytes) => {
    text += new TextDecoder().decode(bytes.subarray(0, 3));
    return Promise.resolve(Math.min(3, bytes.length));
  });
  shown.line(0, "abcdefgh");
  await shown.settle(1000);
  assertEquals(text, "[    0.000] abcdefgh\n");
});

Deno.test("Console drops what nobody reads, says how much, and does not wait for ever", async () => {
  const held = Promise.withResolvers<void>();
  let text = "";
  const shown = new Console(0, async (bytes) => {
    await held.promise;
    text += new TextDecoder().decode(bytes);
    return bytes.length;
  });
  for (let index = 0; index < 10_000; index++) shown.line(index, "x".repeat(100));
  await shown.settle(1);
  held.resolve();
  await shown.settle(5000);
  assertMatch(text, /\(\d+ lines were not shown: the console did not keep up\)/);
});

Deno.test("Console survives a reader that has gone away, and one that comes back", async () => {
  let broken = true;
  let text = "";
  const shown = new Console(0, (bytes) => {
    if (broken) return Promise.reject(new Error("EPIPE"));
    text += new TextDecoder().decode(bytes);
    return Promise.resolve(bytes.length);
  });
  shown.line(0, "lost");
  await shown.settle(1000);
  broken = false;
  shown.line(0, "seen");
  await shown.settle(1000);
  assertEquals(text, "[    0.000] seen\n");
});

Deno.test("Console lets those who can wait do so, and gives up nothing of theirs, nor lines for their sake", async () => {
  const held = Promise.withResolvers<void>();
  let text = "";
  const shown = new Console(0, async (bytes) => {
    await held.promise;
    text += new TextDecoder().decode(bytes);
    return bytes.length;
  });
  assertEquals(shown.pass("first"), undefined);
  let relief: Promise<void> | void = undefined;
  for (let index = 0; index < 1000; index++) relief = shown.pass(`${index} ${"x".repeat(100)}`);
  assert(relief instanceof Promise);
  shown.line(0, "a line of our own");
  held.resolve();
  await relief;
  const lines = text.trimEnd().split("\n");
  assertEquals(lines.length, 1002);
  assertEquals(lines.at(-1), "[    0.000] a line of our own");
  assertEquals(shown.pass("there is room again"), undefined);
  await shown.settle(5000);
});
