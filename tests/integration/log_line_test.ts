/** Readiness that is seen by what a process prints. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { withInit } from "./harness.ts";

Deno.test("logLine() makes a service ready by what it prints, hands its value on, and leaves the line in the log", async () => {
  const units = () => `
export const server = defineService({
  run: () => sh("echo starting; printf 'Listening on '; sleep 0.05; echo port 4711 >&2; exec sleep 1000"),
  ready: logLine(/port (\\d+)/, { example: "port 80", output: ([, port]) => ({ port: Number(port) }) }),
});
export const client = defineService({
  deps: { server },
  run: ({ server }) => sh("echo asks " + server.port + "; exec sleep 1000"),
  ready: logLine(/asks \\d+/, { example: "asks 80" }),
});
export const mute = defineService({
  run: () => sh("echo hello; exec sleep 1000"),
  ready: logLine(/ready/, { example: "ready", timeout: seconds(0.3) }),
  restart: { on: "never" },
});
export default defineSystem({ boot: defineBundle([client, mute]) });`;
  await withInit({ units }, async (init) => {
    await init.up("client");
    await init.eventually(async () => (await init.log("client")).includes("asks 4711"), "the value arrives");
    assertStringIncludes((await init.log("server")).replaceAll("\n", " "), "starting Listening on port 4711");
    const down = () => init.of("mute").at(-1)?.event === "down";
    await init.eventually(down, "whoever does not print it is out of time");
    const why = init.of("mute").at(-1)?.["why"];
    assertEquals(why, { reason: "failed", failure: { type: "timeout", after: 300 }, final: "policy" });
  });
});
