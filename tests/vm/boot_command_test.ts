/** `deno task boot --vm`, as a person sees it. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { projectRoot } from "../../lib/build/mod.ts";
import { findProgram } from "./guest.ts";
import { inTime, TextStream } from "./text_stream.ts";

const units = fromFileUrl(new URL("guest/listener.ts", import.meta.url));
let opened: string | null = null;
/** The folder for what is built, for all tests. */
const out = () => opened ??= Deno.makeTempDirSync({ prefix: "denit-boot-vm-" });

Deno.test.afterAll(() => {
  if (opened !== null) Deno.removeSync(opened, { recursive: true });
});

async function command(...args: readonly string[]): Promise<[string, ...string[]]> {
  const script = join(projectRoot, "lib", "cli", "boot_command.ts");
  const boot = [
    Deno.execPath(),
    "run",
    "-A",
    "--no-prompt",
    script,
    "--vm",
    "--units",
    units,
    "--out",
    out(),
  ];
  return ["setpriv", "--pdeathsig=KILL", ...boot, "--include", await findProgram("busybox"), ...args];
}

Deno.test("boot --vm --once shows a boot on a real kernel, and exits with its verdict", async () => {
  const [program, ...args] = await command("--once");
  const child = new Deno.Command(program, { args, cwd: projectRoot, stdin: "null" });
  const { code, stdout, stderr } = await child.output();
  const shown = new TextDecoder().decode(stdout), said = new TextDecoder().decode(stderr);
  assertEquals(code, 0, `${said}\n${shown}`);
  const story = ["pid 1\n", "listener +ready after", "booted in", "everything is down\n", "Power down"];
  assertMatch(shown, new RegExp(story.join("[^]*")));
  assertMatch(said, /boot: booted in \S+ s; all clean; exit code 0/);
});

Deno.test("boot --vm passes keys to the machine's console, but Ctrl-C shuts it down", async () => {
  // script(1) is the terminal.
  const line = (await command()).map((word) => `'${word}'`).join(" ");
  const terminal = new Deno.Command("script", {
    args: ["--quiet", "--return", "--flush", "--command", `exec ${line}`, "/dev/null"],
    cwd: projectRoot,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const keys = terminal.stdin.getWriter();
  const type = (text: string) => keys.write(new TextEncoder().encode(text));
  const shown = new TextStream();
  const reading = shown.read(terminal.stdout);
  try {
    await inTime(shown.match(/booted in/), "the boot", 300_000);
    await type("\x16\x03");
    await inTime(shown.match(/listener: interrupted/), "a Ctrl-C that was quoted");
    await type("morning\r");
    await inTime(shown.match(/listener: heard morning/), "what was typed");
    await type("\x03");
    const { code } = await inTime(terminal.status, "the end");
    await reading;
    assertEquals(code, 0, shown.text);
    assertStringIncludes(shown.text, "boot: shutting down; once more hurries");
    assertMatch(shown.text, /SIGINT: shutting down[^]*everything is down\n[^]*all clean; exit code 0/);
  } finally {
    await keys.close().catch(() => {});
    try {
      terminal.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await terminal.status;
    await reading;
  }
});

Deno.test("boot --vm says what does not go together, and what is missing", async () => {
  const complain = async (...args: readonly string[]) => {
    const [program, ...words] = await command(...args);
    const { code, stderr } = await new Deno.Command(program, { args: words, stdin: "null" }).output();
    return `${code}: ${new TextDecoder().decode(stderr)}`;
  };
  assertMatch(await complain("--journal", "x"), /^100: cannot use --journal: .* in its memory/);
  assertMatch(await complain("--include", "denit-no-such"), /^100: [^]*cannot include denit-no-such/);
});
