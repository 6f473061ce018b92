import { assert, assertEquals } from "@std/assert";
import { type Candidate, complete } from "./completion.ts";
import { ctlProgram } from "./ctl_command.ts";
import { wholeProgram } from "./generation_commands.ts";

function shown(candidates: readonly Candidate[]): string[] {
  return candidates.map((candidate) => "path" in candidate ? `(${candidate.path})` : candidate.value);
}

/** The candidates for the last word of a command line. */
async function words(line: string): Promise<string[]> {
  const [program, ...rest] = line.split(" ");
  const command = program === "init" ? wholeProgram({}, () => {}) : ctlProgram(() => {});
  return shown(await complete(command, rest));
}

Deno.test("complete() offers every visible command of both programs, and no hidden one", async () => {
  for (const program of [wholeProgram({}, () => {}), ctlProgram(() => {})]) {
    const visible = program.createHelp().visibleCommands(program).map((command) => command.name());
    assertEquals(shown(await complete(program, [""])), visible);
    assert(visible.length > 5);
  }
  assert(!(await words("init ")).includes("script"));
  assertEquals(await words("initctl re"), ["restart", "reload", "release", "reboot"]);
  assertEquals(await words("init ctl re"), ["restart", "reload", "release", "reboot"]);
  assertEquals(await words("initctl help stat"), ["status"]);
});

Deno.test("complete() offers the options of the command, and those that stand before it", async () => {
  assertEquals(await words("initctl stop --fo"), ["--force"]);
  assertEquals(await words("initctl stop web --no"), ["--no-wait"]);
  assertEquals(await words("initctl stop --run"), ["--runtime-dir"]);
  assertEquals(await words("initctl pin web --"), [
    "--no-wait",
    "--timeout",
    "--up",
    "--down",
    "--help",
    "--runtime-dir",
  ]);
  assertEquals(await words("initctl stop -- --fo"), []);
});

Deno.test("complete() offers the values of an option, after a space, and after = in either way of splitting", async () => {
  const formats = ["text", "json", "dot", "mermaid"];
  assertEquals(await words("initctl graph --format "), formats);
  assertEquals(await words("initctl graph --format = "), formats);
  assertEquals(await words("initctl graph --format ="), formats);
  assertEquals(await words("initctl graph --format=m"), ["--format=mermaid"]);
  assertEquals(await words("init dryrun --format j"), ["json"]);
  assertEquals(await words("initctl --runtime-dir "), ["(folder)"]);
  assertEquals(await words("initctl blame --journal "), ["(file)"]);
  assertEquals(await words("initctl stop --timeout "), []);
});

Deno.test("complete() offers signals, shells and verdicts", async () => {
  assertEquals(await words("initctl signal web U"), ["USR1", "USR2", "URG"]);
  assertEquals(await words("initctl signal web SIGU"), ["SIGUSR1", "SIGUSR2", "SIGURG"]);
  assertEquals(await words("initctl signal web hu"), ["HUP"]);
  assertEquals(await words("init completion "), ["bash", "zsh", "fish"]);
  assertEquals(await words("init mark f"), ["failed"]);
});

Deno.test("complete() offers nothing where nobody supervises, and for what no command understands", async () => {
  const nowhere = "/dev/null";
  assertEquals(await words(`initctl --runtime-dir ${nowhere} stop `), []);
  assertEquals(await words(`initctl --runtime-dir=${nowhere} change `), []);
  assertEquals(await words("initctl fly "), []);
  assertEquals(await words("initctl unpin web "), []);
});
