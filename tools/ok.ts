/**
 * Every gate that CI runs, or those named. All of them run, even after one
 * has failed. The last line is `N passed, N failed`: the tests, and each
 * other gate that failed.
 *
 * ```sh
 * deno task ok
 * deno task ok fmt lint types
 * ```
 *
 * @module
 */
import { renderTally, runParts, type Tally } from "./test.ts";
import { testParts } from "./test_parts.ts";
import { root, sources, testModules } from "./tree.ts";

/** A gate: what it is called, and whether the tree passes it. */
interface Gate {
  readonly name: string;
  readonly pass: () => Promise<Tally>;
}

const gates: readonly Gate[] = [
  { name: "fmt", pass: () => deno("fmt", "--check") },
  { name: "lint", pass: () => deno("lint") },
  // --frozen: what is imported must stand in deno.lock, or no two machines run the same.
  { name: "types", pass: () => deno("check", "--frozen", ...sources()) },
  { name: "imports", pass: () => deno("test", "--quiet", "-A", ...testModules("tests/architecture")) },
  { name: "docs", pass: () => deno("run", "-A", "tools/check_docs.ts") },
  { name: "tests", pass: () => runParts(testParts()) },
];

/** Runs Deno on the tree; its failure counts as one. */
async function deno(...args: readonly string[]): Promise<Tally> {
  const { code } = await new Deno.Command(Deno.execPath(), { args: [...args], cwd: root, stdin: "null" })
    .spawn().status;
  return { passed: 0, failed: code === 0 ? 0 : 1 };
}

const unknown = Deno.args.filter((name) => !gates.some((gate) => gate.name === name));
if (unknown.length > 0) {
  console.error(
    `cannot pass ${unknown.join(", ")}: the gates are ${gates.map(({ name }) => name).join(", ")}`,
  );
  Deno.exit(100);
}

const lines: string[] = [];
let passed = 0;
let failed = 0;
for (const { name, pass } of gates.filter(({ name }) => Deno.args.length === 0 || Deno.args.includes(name))) {
  console.log(`\n=== gate: ${name}`);
  const started = performance.now();
  const tally = await pass();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  lines.push(`${name}: ${tally.failed === 0 ? "ok" : "FAILED"} (${seconds} s)`);
  passed += tally.passed;
  failed += tally.failed;
}
console.log(`\n=== gates\n${lines.join("\n")}`);
console.log(renderTally({ passed, failed }));
Deno.exit(failed === 0 ? 0 : 1);
