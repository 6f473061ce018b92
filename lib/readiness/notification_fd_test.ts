import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type Json, json, lines } from "../define/json.ts";
import type { Readiness, Verdict } from "../define/readiness.ts";
import { notificationFd } from "./notification_fd.ts";

/** What a protocol says to bytes that arrive in pieces: its first verdict that is not to wait. */
function hear(ready: Readiness, pieces: readonly Uint8Array[]): Verdict {
  let [state, verdict] = ready.observe(null, { type: "spawned" }, 0);
  for (const bytes of pieces) {
    if (verdict.type !== "wait") break;
    // The state must survive the journal and a re-exec.
    const kept: Json = JSON.parse(JSON.stringify(state));
    [state, verdict] = ready.observe(kept, { type: "bytes", bytes }, 0);
  }
  return verdict;
}

function split(bytes: Uint8Array, cuts: readonly number[]): readonly Uint8Array[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => bytes.slice(places[index], end));
}

const text = (value: string) => new TextEncoder().encode(value);

Deno.test("notificationFd() is ready at a newline, as in s6", () => {
  assertEquals(hear(notificationFd(3), [text("\n")]), { type: "ready", output: null });
  assertEquals(hear(notificationFd(3), [text("ready")]), { type: "wait", until: null });
});

Deno.test("notificationFd() without a parser ignores any garbage before the newline, however long", () => {
  const garbage = new Uint8Array(200_000).fill(0xff);
  const ready = notificationFd(3);
  assertEquals(hear(ready, [garbage]), { type: "wait", until: null });
  assertEquals(hear(ready, [garbage, garbage, text("\n")]), { type: "ready", output: null });
  const [state] = ready.observe(null, { type: "bytes", bytes: garbage }, 0);
  assertEquals(state, null, "garbage that nobody will read is not kept");
});

Deno.test("notificationFd() with a parser yields what the line says", () => {
  const ready = notificationFd(3, { parse: json<{ ipc: string }>() });
  assertEquals(hear(ready, [text('{"ipc":"/run/ä"}\nmore')]), { type: "ready", output: { ipc: "/run/ä" } });
  const list = notificationFd(3, { parse: lines() });
  assertEquals(hear(list, [text("eth0\n")]), { type: "ready", output: ["eth0"] });
});

Deno.test("notificationFd() comes to the same verdict however the bytes are split", () => {
  const ready = notificationFd(3, { parse: json() });
  const line = fc.oneof(
    fc.jsonValue().map((value) => text(`${JSON.stringify(value)}\nmore`)),
    fc.string({ unit: "binary" }).map((noise) => text(`${noise}\n`)),
    fc.uint8Array({ maxLength: 40 }),
  );
  fc.assert(fc.property(line, fc.array(fc.nat(), { maxLength: 6 }), (bytes, cuts) => {
    assertEquals(hear(ready, split(bytes, cuts)), hear(ready, [bytes]));
  }));
});

Deno.test("notificationFd() fails the start at a line that is not what the parser expects", () => {
  const verdict = hear(notificationFd(3, { parse: json() }), [text("READY=1\n")]);
  assertEquals(verdict.type, "failed");
  assertStringIncludes(verdict.type === "failed" ? verdict.detail : "", 'cannot parse "READY=1" as JSON');
});

Deno.test("notificationFd() fails the start at a line that is not UTF-8", () => {
  const verdict = hear(notificationFd(3, { parse: lines() }), [Uint8Array.of(0x61, 0xff, 0x0a)]);
  assertEquals(verdict.type, "failed");
});

Deno.test("notificationFd() fails the start at a line above 64 KiB, with its newline or without, and keeps no more", () => {
  const ready = notificationFd(3, { parse: lines() });
  const limit = 64 * 1024;
  assertEquals(hear(ready, [text(`${"x".repeat(limit)}\n`)]).type, "ready");
  for (const end of ["", "\n"]) {
    const bytes = text(`${"x".repeat(limit + 1)}${end}`);
    assertEquals(hear(ready, [bytes]).type, "failed");
    assertEquals(hear(ready, split(bytes, [1, 1000, limit])).type, "failed");
    assertEquals(ready.observe(null, { type: "bytes", bytes }, 0)[0], null);
  }
});

Deno.test("notificationFd() names its descriptor and its timeout", () => {
  const { fd, label, timeout, probe } = notificationFd(5, { timeout: 1000 });
  assertEquals({ fd, label, timeout, probe }, {
    fd: 5,
    label: "notification fd 5",
    timeout: 1000,
    probe: null,
  });
  assertEquals(notificationFd(3).timeout, 60_000);
});

Deno.test("notificationFd() refuses what cannot be a notification fd", () => {
  for (const fd of [0, 1, 2, -1, 1024, 3.5, NaN]) {
    assertThrows(() => notificationFd(fd), RangeError, `cannot use ${fd} as a notification fd`);
  }
});
