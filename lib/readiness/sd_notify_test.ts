import { assertEquals, assertThrows } from "@std/assert";
import { json } from "../define/json.ts";
import type { Readiness, Verdict } from "../define/readiness.ts";
import { sdNotify } from "./sd_notify.ts";

/** What the protocol says to messages, one after another. */
function hear(ready: Readiness, ...messages: readonly string[]): Verdict {
  let [state, verdict] = ready.observe(null, { type: "spawned" }, 0);
  for (const message of messages) {
    if (verdict.type !== "wait") break;
    // The state must survive the journal and a re-exec.
    const kept = JSON.parse(JSON.stringify(state));
    [state, verdict] = ready.observe(kept, { type: "bytes", bytes: new TextEncoder().encode(message) }, 0);
  }
  return verdict;
}

Deno.test("sdNotify() is ready at READY=1, and at nothing else", () => {
  assertEquals(hear(sdNotify(), "STATUS=a\nREADY=1"), { type: "ready", output: null });
  assertEquals(hear(sdNotify(), "STATUS=READY=1", "READY=0", "RELOADING=1"), { type: "wait", until: null });
});

Deno.test("sdNotify() yields the newest X_DENIT_OUTPUT up to READY=1, and nothing without a parser", () => {
  const ready = sdNotify({ parse: json<{ port: number }>() });
  assertEquals(hear(ready, 'READY=1\nX_DENIT_OUTPUT={"port":80}'), { type: "ready", output: { port: 80 } });
  assertEquals(hear(ready, 'X_DENIT_OUTPUT={"port":1}', 'X_DENIT_OUTPUT={"port":2}', "READY=1"), {
    type: "ready",
    output: { port: 2 },
  });
  assertEquals(hear(sdNotify(), "READY=1\nX_DENIT_OUTPUT=x"), { type: "ready", output: null });
});

Deno.test("sdNotify() fails the start at an output that is missing or not what the parser expects", () => {
  const ready = sdNotify({ parse: json() });
  assertEquals(hear(ready, "READY=1"), {
    type: "failed",
    detail: "it said READY=1 without X_DENIT_OUTPUT=, which is to be JSON",
  });
  assertEquals(hear(ready, "READY=1\nX_DENIT_OUTPUT={"), {
    type: "failed",
    detail: 'its X_DENIT_OUTPUT is not JSON: cannot parse "{" as JSON',
  });
});

Deno.test("sdNotify() says what it needs of whoever drives it", () => {
  const { label, timeout, fd, probe, mailbox } = sdNotify({
    timeout: 1000,
    watchdog: 500,
    keep: 3,
    access: "main",
  });
  assertEquals({ label, timeout, fd, probe }, {
    label: "sd_notify, watchdog 0.5 s",
    timeout: 1000,
    fd: null,
    probe: null,
  });
  assertEquals(mailbox, {
    access: "main",
    watchdog: 500,
    extend: null,
    keep: 3,
    keepWhenDown: false,
    reloads: false,
  });
  assertEquals([sdNotify().timeout, sdNotify().label], [60_000, "sd_notify"]);
});

Deno.test("sdNotify() refuses numbers that mean nothing", () => {
  for (const watchdog of [0, -1, Infinity, NaN]) assertThrows(() => sdNotify({ watchdog }), RangeError);
  for (const extend of [-1, Infinity, NaN]) assertThrows(() => sdNotify({ extend }), RangeError);
  for (const keep of [-1, 0.5, 513, NaN]) assertThrows(() => sdNotify({ keep }), RangeError);
});
