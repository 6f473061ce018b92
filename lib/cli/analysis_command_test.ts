import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { failed, journal, retried } from "../../tests/fixtures/boots.ts";
import { blame, chain } from "./analysis_command.ts";
import { timelineOf } from "./analysis_timeline.ts";

const init = new URL("../../init.ts", import.meta.url).pathname;

/** Calls `init ctl`, with no init running. */
async function ctl(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-prompt", "--no-check", init, "ctl", ...words],
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

Deno.test("blame, critical-chain and plot analyse a saved journal, or that of the runtime directory", async () => {
  const folder = await Deno.makeTempDir({ prefix: "denit-analysis-" });
  try {
    const saved = join(folder, "saved.jsonl");
    await Deno.writeTextFile(saved, retried);
    await Deno.writeTextFile(join(folder, "boot.jsonl"), failed);
    const blamed = await ctl("blame", "--journal", saved);
    assertEquals([blamed.code, blamed.err], [0, ""]);
    assertStringIncludes(blamed.out, "300 ms  db");
    const own = await ctl("--runtime-dir", folder, "critical-chain", "mail");
    assertEquals(own.code, 0);
    assertStringIncludes(own.out, "network  failed");
    const plotted = await ctl("plot", "--journal", saved);
    assertEquals(plotted.code, 0);
    assert(plotted.out.startsWith("<svg ") && plotted.out.endsWith("</svg>\n"));
    const json = await ctl("blame", "--json", "--journal", saved);
    assertEquals(JSON.parse(json.out).outcome, "ok");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("blame says what is wrong with a journal, and what to do", async () => {
  const folder = await Deno.makeTempDir({ prefix: "denit-analysis-" });
  try {
    const path = join(folder, "boot.jsonl");
    const none = await ctl("--runtime-dir", folder, "blame");
    assertEquals([none.code, none.out], [111, ""]);
    assertEquals(none.err, `cannot read the journal ${path}: there is none; name another one by --journal\n`);
    await Deno.writeTextFile(path, "no journal\n");
    const foreign = await ctl("blame", "--journal", path);
    assertEquals([foreign.code, foreign.out, foreign.err], [
      1,
      "",
      `cannot analyse ${path}: it tells of no boot\n`,
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("chain() and blame() tell apart why they have nothing to show", () => {
  const timeline = timelineOf(retried)!, empty = timelineOf(journal([], []))!;
  assertEquals(chain(timeline, "nobody", false), {
    fault: "cannot show the chain of nobody: the journal knows no such service",
  });
  assertEquals(chain(timeline, "spare", true), {
    fault: "cannot show the chain of spare: the boot did not start it",
  });
  assertEquals(chain(empty, undefined, false), {
    fault: "cannot show the critical chain: no service was started",
  });
  assertEquals(blame(empty, false), { fault: "cannot blame anybody: no service was started" });
});
