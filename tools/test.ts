/**
 * Runs the tests: all that this machine can run, or the parts named. What it
 * cannot run is named with the reason. The last line is `N passed, N failed`.
 *
 * With `DENIT_NIGHTLY=1`, as by `deno task nightly`, far more is tried of whatever tries many things, for as long as a
 * night. With `DENIT_REQUIRE_ALL=1`, as on CI, what cannot be run has failed.
 *
 * ```sh
 * deno task test
 * deno task test pure property
 * deno task nightly property integration
 * ```
 *
 * @module
 */
import { join } from "@std/path";
import { readJunit } from "./junit.ts";
import { type Part, testParts } from "./test_parts.ts";
import { root } from "./tree.ts";

/** What became of some tests. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
}

/** What became of a part: the line that tells of it, and its faults. */
interface Outcome extends Tally {
  readonly summary: string;
  readonly faults: readonly string[];
}

/** How to run the parts. */
export interface RunSettings {
  /** Whether what cannot be run has failed. Default: what `DENIT_REQUIRE_ALL` says. */
  readonly required?: boolean;
  /** Whether nothing is printed. Default: no. */
  readonly quiet?: boolean;
}

/** Runs parts of the tests, one after the other, as they share cores, ports and process numbers; prints as it goes. */
export async function runParts(
  parts: readonly Part[],
  { required = Deno.env.get("DENIT_REQUIRE_ALL") === "1", quiet = false }: RunSettings = {},
): Promise<Tally> {
  const say = (line: string) => quiet || console.log(line);
  const outcomes: Outcome[] = [];
  for (const part of parts) {
    say(`\n=== tests: ${part.name}`);
    if (part.paths.length === 0) {
      say("there are none");
      continue;
    }
    const obstacle = await part.obstacle();
    if (obstacle !== null) say(`not run: ${obstacle}`);
    outcomes.push(
      obstacle === null ? await runPart(part, required, quiet) : notRun(part, obstacle, required),
    );
  }
  say("\n=== tests, by part");
  for (const { summary, faults } of outcomes) {
    say(summary);
    for (const fault of faults) say(`    ${fault}`);
  }
  return {
    passed: outcomes.reduce((sum, { passed }) => sum + passed, 0),
    failed: outcomes.reduce((sum, { failed }) => sum + failed, 0),
  };
}

function notRun(part: Part, obstacle: string, required: boolean): Outcome {
  const faults = required ? ["DENIT_REQUIRE_ALL asks for every part"] : [];
  return { passed: 0, failed: faults.length, summary: `${part.name}: not run: ${obstacle}`, faults };
}

async function runPart(part: Part, required: boolean, quiet: boolean): Promise<Outcome> {
  const scratch = await Deno.makeTempDir({ prefix: "denit-test-" });
  try {
    const report = join(scratch, "report.xml");
    const started = performance.now();
    const code = await runDenoTest(part, report, quiet);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const { passed, failed, ignored } = readJunit(await Deno.readTextFile(report).catch(() => ""));
    const faults = [...failed];
    // A part that crashed, or was ended, tells of no failed test.
    if (code === 124) faults.push(`took longer than ${part.limit} s and was ended`);
    else if (code !== 0 && failed.length === 0) faults.push(`deno test ended with exit code ${code}`);
    else if (passed === 0 && failed.length === 0) faults.push("no test has run");
    const skipped = ignored.map((title) => `not run: ${title}`);
    const failures = faults.length + (required ? skipped.length : 0);
    const summary =
      `${part.name}: ${passed} passed, ${failures} failed, ${skipped.length} not run (${seconds} s)`;
    return { passed, failed: failures, summary, faults: [...faults, ...skipped] };
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

/** Runs `deno test` under timeout(1), which ends a part that hangs together with the processes of its tests. */
async function runDenoTest(part: Part, report: string, quiet: boolean): Promise<number> {
  const child = new Deno.Command("timeout", {
    args: [
      "--kill-after=10",
      String(part.limit),
      Deno.execPath(),
      "test",
      "--no-prompt",
      `--junit-path=${report}`,
      ...part.flags,
      ...part.paths,
    ],
    cwd: root,
    stdin: "null",
    stdout: quiet ? "null" : "inherit",
    stderr: quiet ? "null" : "inherit",
  }).spawn();
  // It leads a process group of its own, so the terminal's Ctrl-C does not reach it.
  const end = () => child.kill("SIGTERM");
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, end);
  try {
    const { code } = await child.status;
    if (code === 143) Deno.exit(143);
    return code;
  } finally {
    for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.removeSignalListener(signal, end);
  }
}

/** The line that everything ends with. */
export function renderTally({ passed, failed }: Tally): string {
  return `${passed} passed, ${failed} failed`;
}

if (import.meta.main) {
  const parts = testParts();
  const unknown = Deno.args.filter((name) => !parts.some((part) => part.name === name));
  if (unknown.length > 0) {
    console.error(
      `cannot run the tests of ${unknown.join(", ")}: the parts are ${
        parts.map(({ name }) => name).join(", ")
      }`,
    );
    Deno.exit(100);
  }
  const tally = await runParts(
    parts.filter(({ name }) => Deno.args.length === 0 || Deno.args.includes(name)),
  );
  console.log(renderTally(tally));
  Deno.exit(tally.failed === 0 ? 0 : 1);
}
