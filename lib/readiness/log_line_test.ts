import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { Json } from "../define/json.ts";
import type { Readiness, Verdict } from "../define/readiness.ts";
import { logLine } from "./log_line.ts";

const text = (value: string) => new TextEncoder().encode(value);
const waits: Verdict = { type: "wait", until: null };

/** What it says to what is printed in pieces: its first verdict that is not to wait. */
function hear(ready: Readiness, ...pieces: readonly (string | Uint8Array)[]): Verdict {
  let [state, verdict] = ready.observe(null, { type: "spawned" }, 0);
  for (const piece of pieces) {
    if (verdict.type !== "wait") break;
    const kept: Json = JSON.parse(JSON.stringify(state));
    const bytes = typeof piece === "string" ? text(piece) : piece;
    [state, verdict] = ready.observe(kept, { type: "bytes", bytes }, 0);
  }
  return verdict;
}

const port = logLine(/^listening on port (\d+)$/i, {
  example: "Listening on port 8080",
  output: ([, port]) => ({ port: Number(port) }),
});

Deno.test("logLine() is ready at the first whole line that matches, and yields what it says", () => {
  assertEquals(hear(port, "starting\n", "listening on port 80"), waits);
  assertEquals(hear(port, "starting\nListening on port 80\nListening on port 81\n"), {
    type: "ready",
    output: { port: 80 },
  });
  assertEquals(hear(logLine(/up/, { example: "up" }), "going up\n"), { type: "ready", output: null });
});

Deno.test("logLine() comes to the same verdict however what is printed is split", () => {
  const printed = text("ä\nlistening on port 1é\nlistening on port 17\n");
  fc.assert(fc.property(fc.array(fc.nat(printed.length), { maxLength: 6 }), (cuts) => {
    const places = [0, ...cuts.sort((a, b) => a - b), printed.length];
    const pieces = places.slice(1).map((end, index) => printed.slice(places[index], end));
    assertEquals(hear(port, ...pieces), { type: "ready", output: { port: 17 } });
  }));
});

Deno.test("logLine() sees through colours and the end of line of other systems, but only into the beginning of a long line", () => {
  assertEquals(hear(port, "\x1b[32mlistening\x1b[0m on port \x1b[1;36m80\x1b[0m\r\n"), {
    type: "ready",
    output: { port: 80 },
  });
  const end = logLine(/end$/, { example: "the end" });
  assertEquals(hear(end, "x".repeat(4093), "end\n"), { type: "ready", output: null });
  assertEquals(hear(end, "x".repeat(4096), "end\n"), waits);
  const [state] = end.observe(null, { type: "bytes", bytes: text("x".repeat(100_000)) }, 0);
  assertEquals((state as string).length, 4096, "what nobody will look at is not kept");
});

Deno.test("logLine() does not carry a match over to the next line, whatever the flags of the pattern", () => {
  const ready = logLine(/up/g, { example: "up" });
  for (let times = 0; times < 3; times++) assertEquals(hear(ready, "up\n").type, "ready");
});

Deno.test("logLine() fails the start where no output can be made of the line", () => {
  const ready = logLine(/up/, {
    example: "up",
    output: (): null => {
      throw new Error("not today");
    },
  });
  assertEquals(hear(ready, "up\n"), {
    type: "failed",
    detail: 'cannot make an output of the line "up": not today',
  });
});

Deno.test("logLine() refuses an example that does not match", () => {
  const error = assertThrows(() => logLine(/ready/, { example: "Ready" }), RangeError);
  assertStringIncludes(
    error.message,
    'cannot wait for a line that matches /ready/: the example "Ready" does not',
  );
});
