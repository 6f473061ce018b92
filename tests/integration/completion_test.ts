import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { type Init, withInit } from "./harness.ts";

const main = new URL("../../init.ts", import.meta.url).pathname;

const units = `
  const idle = (deps = {}) => ({ deps, run: () => sh("exec sleep 1000"), ready: spawned() });
  export const webServer = defineService(idle());
  export const webCache = defineService(idle({ webServer }));
  export const rescue = defineBundle([good]);
  export default defineSystem({ boot: defineBundle([good, webCache]) });`;

/** Runs a script of a shell in a folder where the commands `init` and `initctl` are ours. */
async function run(init: Init, [program, ...args]: readonly string[], script: string): Promise<string> {
  const bin = join(init.folder, "bin");
  await Deno.mkdir(bin, { recursive: true });
  for (const [name, more] of [["init", ""], ["initctl", "ctl"]] as const) {
    const call = [Deno.execPath(), "run", "-A", "--no-prompt", main, more].join(" ");
    await Deno.writeTextFile(join(bin, name), `#!/bin/sh\nexec ${call} "$@"\n`, { mode: 0o755 });
  }
  const file = join(init.folder, "script");
  await Deno.writeTextFile(file, script);
  const env = {
    PATH: `${bin}:${Deno.env.get("PATH") ?? ""}`,
    DENIT_RUNTIME_DIR: init.runtimeDir,
    XDG_CONFIG_HOME: init.folder,
    XDG_DATA_HOME: init.folder,
    TERM: "dumb",
    NO_COLOR: "1",
  };
  const { code, stdout, stderr } = await new Deno.Command(program!, {
    args: [...args, file],
    cwd: init.folder,
    env,
    stdin: "null",
    signal: AbortSignal.timeout(60_000),
  }).output();
  const said = new TextDecoder().decode(stderr);
  assertEquals(code, 0, `${program} ended with ${code}: ${said}`);
  assertEquals(said, "", "completion says nothing on standard error");
  return new TextDecoder().decode(stdout).trim();
}

function has(shell: string): boolean {
  try {
    return new Deno.Command(shell, { args: ["--version"], stdout: "null", stderr: "null" }).outputSync()
      .success;
  } catch {
    return false;
  }
}

/** Lines to complete, and the words that come of it; the last word of a line is the one at the cursor. */
const cases: readonly (readonly [line: string, offered: string])[] = [
  ["initctl res", "restart"],
  ["initctl stop web-", "web-server web-cache"],
  ["initctl stop web-server web-", "web-cache"],
  ["init ctl restart resc", "rescue"],
  ["initctl why resc", ""],
  ["initctl change res", "rescue"],
  ["initctl stop --fo", "--force"],
  ["initctl graph --format d", "dot"],
  ["initctl signal web-server HU", "HUP"],
  ["init man", "manifest"],
  ["initctl --runtime-dir ru", "run"],
  ["initctl --runtime-dir nowhere stop web-", ""],
];

Deno.test("the completion for bash completes verbs, options, values, paths and live names", async () => {
  await withInit({ units: () => units }, async (init) => {
    await init.event("booted");
    const script = [
      "source <(initctl completion bash)",
      ...cases.map(([line]) =>
        `COMP_WORDS=(${line}); COMP_CWORD=$((\${#COMP_WORDS[@]}-1))
_denit "\${COMP_WORDS[0]}"; echo "\${COMPREPLY[*]}"`
      ),
      'COMP_WORDS=(initctl stop ""); COMP_CWORD=2; _denit initctl; echo "${COMPREPLY[*]}"',
      "complete -p init initctl",
    ];
    const lines = (await run(init, ["bash", "--norc"], script.join("\n"))).split("\n");
    assertEquals(lines.slice(0, cases.length), cases.map(([, offered]) => offered));
    assertEquals(lines.slice(cases.length), [
      "good web-server web-cache rescue default",
      "complete -F _denit init",
      "complete -F _denit initctl",
    ]);
  });
});

Deno.test({
  name: "the completion for fish completes verbs, options, values, paths and live names",
  ignore: !has("fish"),
  fn: async () => {
    await withInit({ units: () => units }, async (init) => {
      await init.event("booted");
      const asked = [...cases.map(([line]) => line), "initctl graph --format=d", "initctl stop "];
      const script = [
        "init completion fish | source",
        ...asked.map((line) => `echo (complete --do-complete '${line}' | string replace -r '\\t.*' '')`),
        "complete --do-complete 'initctl stop web-s'",
      ];
      const lines = (await run(init, ["fish", "--no-config"], script.join("\n"))).split("\n");
      // Fish sorts, and writes folders with a slash.
      const sorted = (text: string) => text.split(" ").sort().join(" ");
      const offered = cases.map(([, words]) => words === "run" ? "run/" : words);
      assertEquals(
        lines.slice(0, -1).map(sorted),
        [...offered, "--format=dot", "good web-server web-cache rescue default"].map(sorted),
      );
      assertEquals(lines.at(-1), "web-server\tlongrun, up");
    });
  },
});

Deno.test({
  name: "the completion for zsh completes verbs, options, values, paths and live names",
  ignore: !has("zsh"),
  fn: async () => {
    await withInit({ units: () => units }, async (init) => {
      await init.event("booted");
      const typed = [
        ...cases.filter(([, offered]) => /^[^ ]+$/.test(offered)).map(([line]) => line),
        "initctl graph --format=d",
      ];
      // Zsh completes only where somebody types: in a terminal of its own, whose line a widget writes down.
      const script = `zmodload zsh/zpty
zpty shell zsh -f -i
say() { zpty -w -n shell "$1" }
expect() { local text=; until [[ $text == *"$1"* ]]; do zpty -r shell part || exit 3; text+=$part; done }
say $'unsetopt zle_bracketed_paste; autoload -Uz compinit && compinit -D -u; source <(initctl completion zsh)\\n'
say $'note() { print -r -- "$BUFFER" >> lines; print -n no; print ted; BUFFER= }; zle -N note; bindkey "^T" note\\n'
say $'print -n rea; print dy\\n'
expect ready
${typed.map((line) => `say $'${line}\\t\\x14'; expect noted`).join("\n")}
zpty -d shell
cat lines`;
      const lines = (await run(init, ["zsh", "-f"], script)).split("\n");
      const offered = cases.filter(([, words]) => /^[^ ]+$/.test(words)).map(([line, words]) =>
        line.replace(/[^ ]*$/, words === "run" ? "run/" : words)
      );
      assertEquals(lines.map((line) => line.trimEnd()), [...offered, "initctl graph --format=dot"]);
    });
  },
});

Deno.test("initctl __complete never fails, and says nothing where nobody supervises", async () => {
  await withInit({ units: () => units }, async (init) => {
    await init.event("booted");
    const said = await run(
      init,
      ["sh"],
      "DENIT_RUNTIME_DIR=/dev/null initctl __complete stop ''; initctl __complete; init __complete fly high; echo $?",
    );
    assertStringIncludes(said, "status\t");
    assertEquals(said.split("\n").at(-1), "0");
  });
});
