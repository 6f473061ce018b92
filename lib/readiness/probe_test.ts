import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { Json } from "../define/json.ts";
import { seconds } from "../define/time.ts";
import type { Readiness } from "../define/readiness.ts";
import { commandProbe, fileProbe, httpProbe, tcpProbe, unixProbe } from "./probe.ts";

const command = { argv: ["/usr/bin/pg_isready"] } as const;

const probes: readonly (readonly [name: string, ready: Readiness, output: Json])[] = [
  ["tcpProbe()", tcpProbe({ port: 80 }), { host: "127.0.0.1", port: 80 }],
  ["unixProbe()", unixProbe({ path: "/run/a.sock" }), { path: "/run/a.sock" }],
  ["httpProbe()", httpProbe({ url: "http://127.0.0.1/health" }), { url: "http://127.0.0.1/health" }],
  ["fileProbe()", fileProbe({ path: "/run/a" }), { path: "/run/a" }],
  ["commandProbe()", commandProbe({ command }), null],
];

for (const [name, ready, output] of probes) {
  Deno.test(`${name} looks at once when spawned, waits after a failure, and yields what it looked at`, () => {
    assertEquals([ready.fd, ready.timeout], [null, 60_000]);
    const [first, look] = ready.observe(null, { type: "spawned" }, 100);
    assertEquals(look, { type: "probe", probe: ready.probe!, timeout: 1000 });
    const [second, pause] = ready.observe(first, { type: "probed", ok: false, detail: "ECONNREFUSED" }, 150);
    assertEquals(pause, { type: "wait", until: 250 });
    const [third, again] = ready.observe(second, { type: "tick" }, 250);
    assertEquals(again, look);
    assertEquals(ready.observe(third, { type: "probed", ok: true }, 260)[1], { type: "ready", output });
  });
}

Deno.test("a probe fails the start after exactly `retries` failures and one more", () => {
  fc.assert(fc.property(fc.nat(20), fc.integer({ min: 1, max: 9 }), (retries, interval) => {
    const ready = tcpProbe({ port: 80, retries, interval: seconds(interval) });
    let [state, verdict] = ready.observe(null, { type: "spawned" }, 0);
    for (let failed = 1; failed <= retries; failed++) {
      [state, verdict] = ready.observe(state, { type: "probed", ok: false, detail: "refused" }, failed);
      assertEquals(verdict, { type: "wait", until: failed + interval * 1000 });
      [state, verdict] = ready.observe(state, { type: "tick" }, failed);
      assertEquals(verdict.type, "probe");
    }
    [state, verdict] = ready.observe(state, { type: "probed", ok: false, detail: "refused" }, 99);
    assertEquals(verdict.type, "failed");
    assertStringIncludes(
      verdict.type === "failed" ? verdict.detail : "",
      `refused; looked ${retries + 1} times`,
    );
  }));
});

Deno.test("a probe is given its own pace", () => {
  const pace = { interval: 20, attemptTimeout: 30, timeout: 40 };
  const ready = unixProbe({ path: "/run/a.sock", ...pace });
  assertEquals(ready.timeout, 40);
  assertEquals(ready.observe(null, { type: "spawned" }, 0)[1], {
    type: "probe",
    probe: ready.probe!,
    timeout: 30,
  });
  const [, verdict] = ready.observe(0, { type: "probed", ok: false, detail: "" }, 5);
  assertEquals(verdict, { type: "wait", until: 25 });
});

Deno.test("a probe refuses a pace that could not be kept", () => {
  for (
    const pace of [{ interval: 0 }, { interval: NaN }, { attemptTimeout: 0 }, { attemptTimeout: Infinity }]
  ) {
    assertThrows(() => tcpProbe({ port: 80, ...pace }), RangeError, "give a length of time above 0");
  }
  for (const retries of [-1, 1.5, NaN]) {
    assertThrows(
      () => fileProbe({ path: "/a", retries }),
      RangeError,
      `cannot probe with ${retries} retries`,
    );
  }
});

Deno.test("each probe refuses what it could never find", () => {
  for (const port of [0, -1, 65536, 80.5]) {
    assertThrows(() => tcpProbe({ port }), RangeError, `TCP port ${port}`);
  }
  for (const url of ["https://127.0.0.1/", "127.0.0.1", ""]) {
    assertThrows(() => httpProbe({ url }), RangeError, "not an http: URL");
  }
  assertThrows(() => fileProbe({ path: "run/a" }), RangeError, "not an absolute path");
  assertThrows(() => unixProbe({ path: "a.sock" }), RangeError, "not an absolute path");
  assertThrows(() => unixProbe({ path: `/${"ä".repeat(53)}a` }), RangeError, "107 bytes");
  assertEquals(unixProbe({ path: `/${"ä".repeat(53)}` }).label, `unix /${"ä".repeat(53)}`);
  assertThrows(() => commandProbe({ command: { argv: [""] } }), RangeError, "names no program");
});
