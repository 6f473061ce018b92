import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { commandKeys } from "../../lib/define/command.ts";
import { withInit } from "./harness.ts";

/** What a failed start is told as, once it is given up. */
const final = (told: readonly string[]) => told.at(-1)!.replace(/^down: /, "");

Deno.test("supervise says of each process that cannot be started why, and the others are up", async () => {
  const units = (folder: string) => {
    Deno.writeTextFileSync(`${folder}/plain`, "#!/bin/sh\n", { mode: 0o644 });
    Deno.writeTextFileSync(`${folder}/bad-interpreter`, "#!/no/such/shell\n", { mode: 0o755 });
    Deno.writeTextFileSync(`${folder}/text`, "just words\n", { mode: 0o755 });
    Deno.symlinkSync("loop", `${folder}/loop`);
    const bad = (name: string, run: string) =>
      `export const ${name} = defineService({ run: ${run}, ready: spawned(), restart: { on: "never" } });\n`;
    return [
      bad("missingProgram", '() => ({ argv: ["/no/such/program"] })'),
      bad("missingFolder", '() => ({ argv: ["/bin/sleep", "1"], cwd: "/no/such/folder" })'),
      bad("fileAsFolder", `() => ({ argv: ["/bin/sleep", "1"], cwd: "${folder}/plain" })`),
      bad("notOnPath", '() => ({ argv: ["no-such-program"], env: { PATH: "/bin:/usr/bin" } })'),
      bad("notExecutable", `() => ({ argv: ["${folder}/plain"] })`),
      bad("folderAsProgram", `() => ({ argv: ["${folder}"] })`),
      bad("badInterpreter", `() => ({ argv: ["${folder}/bad-interpreter"] })`),
      bad("noFormat", `() => ({ argv: ["${folder}/text"] })`),
      bad("endlessLink", `() => ({ argv: ["${folder}/loop"] })`),
      bad("hugeArgument", '() => ({ argv: ["/bin/echo", "x".repeat(3e6)] })'),
      bad("throwing", '() => { throw new Error("no luck"); }'),
      bad("throwingNull", "() => { throw null; }"),
      bad("nonsense", "() => 7"),
      bad("emptyArgv", "() => ({ argv: [] })"),
      bad("async", "async () => ({ argv: ['/bin/true'] })"),
      bad("relativeFolder", '() => ({ argv: ["/bin/sleep", "1"], cwd: "here" })'),
      bad("unknownSetting", '() => ({ argv: ["/bin/sleep", "1"], enviroment: {} })'),
      bad("exiting", "() => Deno.exit(3)"),
      bad("overflowing", "() => { const down = () => down() + 1; return down(); }"),
      'export const dependent = defineService({ deps: { missingProgram }, run: () => sh("exec sleep 1"), ready: spawned() });',
      `export default defineSystem({ boot: defineBundle([good, missingProgram, missingFolder, fileAsFolder, notOnPath,
        notExecutable, folderAsProgram, badInterpreter, noFormat, endlessLink, hugeArgument, throwing, throwingNull,
        nonsense, emptyArgv, async, relativeFolder, unknownSetting, exiting, overflowing, dependent]) });`,
    ].join("\n");
  };
  await withInit({ units }, async (init) => {
    await init.event("booted");
    assertEquals(init.all("booted")[0]!.state, "degraded");
    await init.says("booted in");
    const { folder } = init;
    const format = "it is neither an ELF program for this machine nor a script with a #! line";
    const shapeless = "cannot make the command: run returned no command:";
    const expected = {
      "missing-program": "cannot exec /no/such/program: ENOENT (no such file)",
      "missing-folder": "cannot chdir /no/such/folder: ENOENT (no such file or directory)",
      "file-as-folder": `cannot chdir ${folder}/plain: ENOTDIR (not a directory)`,
      "not-on-path": "cannot exec no-such-program: ENOENT (not found in PATH /bin:/usr/bin)",
      "not-executable": `cannot exec ${folder}/plain: EACCES (it has no permission to be executed)`,
      "folder-as-program": `cannot exec ${folder}: EACCES (it is a directory)`,
      "bad-interpreter":
        `cannot exec ${folder}/bad-interpreter: ENOENT (its interpreter /no/such/shell does not exist)`,
      "no-format": `cannot exec ${folder}/text: ENOEXEC (${format})`,
      "endless-link": `cannot exec ${folder}/loop: ELOOP (too many levels of symbolic links)`,
      "huge-argument": "cannot exec /bin/echo: E2BIG (argument list too long)",
      "throwing-null": "cannot make the command: null",
      "nonsense": `${shapeless} it is not an object with argv`,
      "empty-argv": `${shapeless} argv is empty`,
      "async": `${shapeless} it is a promise, and must be there at once`,
      "relative-folder": `${shapeless} cwd here is not an absolute path`,
      "unknown-setting": `${shapeless} it has no setting "enviroment"; there are ${commandKeys.join(", ")}`,
      "dependent": "missing-program is not there",
    };
    const told = Object.fromEntries(Object.keys(expected).map((name) => [name, final(init.told(name))]));
    assertEquals(told, expected);
    const place = /^cannot make the command: no luck \(at Object\.run \(file:.*\/units\.ts:\d+:\d+\)\)$/;
    assertMatch(final(init.told("throwing")), place);
    assertStringIncludes(
      final(init.told("exiting")),
      "cannot make the command: cannot exit: this process is init",
    );
    assertStringIncludes(final(init.told("overflowing")), "Maximum call stack size exceeded (at down ");
    assert(init.livePid("good") !== null);
    assertEquals(init.all("exited").length, 0, "what was not started cannot have ended");
    init.signal("SIGTERM");
    // What never was up went down cleanly, but such a boot was no success.
    assertEquals(await init.ended(), 1);
  });
});

Deno.test("supervise refuses the output of a oneshot that is not what it promised", async () => {
  const units = () =>
    `const once = { kind: "oneshot", output: json() };
    export const words = defineService({ ...once, run: () => sh("echo hello") });
    export const nothing = defineService({ ...once, run: () => ({ argv: ["/bin/true"] }) });
    export const flood = defineService({ ...once, run: () => sh("head -c 2000000 /dev/zero | tr '\\\\0' 1") });
    export const wrongShape = defineService({ kind: "oneshot", output: json((value) => "port" in value), run: () => sh('echo "{}"') });
    export const failing = defineService({ ...once, run: () => sh('echo "{}"; exit 3') });
    export const killed = defineService({ ...once, run: () => sh("kill -KILL $$") });
    export const slow = defineService({ kind: "oneshot", timeout: seconds(0.2), stop: { timeout: seconds(0.2) },
      run: () => sh("trap '' TERM; echo started; while :; do sleep 1; done") });
    export const fine = defineService({ kind: "oneshot", output: lines(), run: () => sh("echo a; echo b; echo seen >&2") });
    export const user = defineService({ deps: { fine }, run: ({ fine }) => sh("echo got " + fine.join("+") + "; exec sleep 1000"), ready: spawned() });
    export default defineSystem({ boot: defineBundle([good, words, nothing, flood, wrongShape, failing, killed, slow, user]) });`;
  await withInit({ units }, async (init) => {
    await init.event("booted");
    await init.says("booted in");
    const says = (service: string, text: string) => assertEquals(final(init.told(service)), text);
    says("words", 'its output is not JSON: cannot parse "hello\\n" as JSON');
    says("nothing", 'its output is not JSON: cannot parse "" as JSON');
    says("flood", "it printed more than 1048576 bytes as its output");
    says("wrong-shape", 'its output is not JSON: "{}\\n" is JSON of the wrong shape');
    says("failing", "exit code 3");
    says("killed", "killed by SIGKILL");
    assertMatch(final(init.told("slow")), /^not done after [\d.]+ s; not cleanly: not done after [\d.]+ s$/);
    assertEquals(init.all("exited", "slow")[0]!.status, { signal: "SIGKILL", core: false });
    assertEquals(init.all("up", "fine").length, 1);
    await init.eventually(async () => await init.log("user") === "got a+b\n", "the output in the log");
    assertEquals(await init.log("fine"), "seen\n", "the log has what goes to stderr, not the output");
    assert(init.livePid("good") !== null);
  });
});

Deno.test("supervise says what it is that keeps a daemon from being ready", async () => {
  const notify = "ready: notificationFd(3, { timeout: seconds(20) })";
  const parsed = "ready: notificationFd(3, { parse: json(), timeout: seconds(20) })";
  const daemon = (name: string, text: string, ready = notify) =>
    `export const ${name} = defineService({ run: () => sh(${JSON.stringify(text)}), ${ready},
      restart: { on: "never" }, stop: { timeout: seconds(0.3) } });\n`;
  const units = () =>
    [
      daemon(
        "mute",
        "trap 'echo term' TERM; echo up; while :; do sleep 0.05; done",
        "ready: notificationFd(3, { timeout: seconds(0.5) })",
      ),
      daemon("failing", "exit 1"),
      daemon("finished", "exit 0"),
      daemon("crashed", "kill -SEGV $$"),
      daemon("background", "(exec sleep 100000) & exit 0"),
      daemon("garbage", "echo this is not json >&3; exec sleep 1000", parsed),
      daemon("badUtf8", "printf '\"\\377\\376\"\\n' >&3; exec sleep 1000", parsed),
      daemon("endless", "head -c 1000000 /dev/zero >&3; exec sleep 1000", parsed),
      daemon("closing", "exec 3>&-; exec sleep 1000"),
      daemon("patient", "head -c 1000000 /dev/zero >&3; echo >&3; exec sleep 1000"),
      daemon(
        "pieces",
        "printf '{\"a\"' >&3; sleep 0.1; printf ':1}\\nmore\\nand more' >&3; exec sleep 1000",
        parsed,
      ),
      "export default defineSystem({ boot: defineBundle([good, mute, failing, finished, crashed, background, garbage, badUtf8, endless, closing, patient, pieces]) });",
    ].join("");
  await withInit({ units }, async (init) => {
    await init.event("booted");
    await init.says("booted in");
    const says = (service: string, text: string) => assertEquals(final(init.told(service)), text);
    // How long it really took stands there, not what was allowed.
    assertMatch(final(init.told("mute")), /^not done after [\d.]+ s; not cleanly: not done after [\d.]+ s$/);
    assertMatch(await init.log("mute"), /^up\n(Terminated\n)?term\n$/, "it was asked before it was killed");
    assertEquals(init.all("exited", "mute")[0]!.status, { signal: "SIGKILL", core: false });
    says("failing", "exit code 1 before it was ready");
    says("finished", "exit code 0 before it was ready; does it go to the background? It must not");
    assertMatch(final(init.told("crashed")), /^killed by SIGSEGV( \(core dumped\))? before it was ready$/);
    says("background", "exit code 0 before it was ready; does it go to the background? It must not");
    says("garbage", 'its notification is not JSON: cannot parse "this is not json" as JSON');
    assertMatch(final(init.told("bad-utf8")), /^its notification is not JSON: .*not valid/);
    says("endless", "it wrote more than 65536 bytes to fd 3 before a newline");
    says("closing", "it closed notification fd 3 without a newline");
    assertEquals(init.all("up", "patient").length, 1, "without parse, all before the newline is ignored");
    assertEquals(init.all("ready", "pieces")[0]!.output, { a: 1 });
    assert(init.livePid("good") !== null);
    const left = init.processes().length;
    assertEquals(left, 3, "good, patient and pieces are left; the background process is gone with its group");
  });
});

Deno.test("supervise does not wait for what a oneshot has left behind with its output in hand", async () => {
  const units = (folder: string) =>
    `export const parent = defineService({ kind: "oneshot", output: json(),
      run: () => sh("setsid sh -c 'echo escaped >&2; touch ${folder}/escaped; exec sleep 1000' & while [ ! -e ${folder}/escaped ]; do sleep 0.01; done; echo 7") });
    export const user = defineService({ deps: { parent }, run: ({ parent }) => sh("echo got " + parent + "; exec sleep 1000"), ready: spawned() });
    export default defineSystem({ boot: defineBundle([good, user]) });`;
  await withInit({ units, leavesSome: true }, async (init) => {
    await init.event("booted");
    await init.eventually(async () => await init.log("user") === "got 7\n", "the output");
    await init.eventually(async () => await init.log("parent") === "escaped\n", "the log of what is left");
    init.signal("SIGTERM");
    assertEquals(await init.ended(), 0);
  });
});

Deno.test("supervise boots a system of nothing, and stays until it is told to end", async () => {
  const units = () => "export default defineSystem({ boot: defineBundle([]) });";
  await withInit({ units, args: ["--once"] }, async (init) => {
    assertEquals(await init.ended(), 0);
  });
  await withInit({ units }, async (init) => {
    await init.event("booted");
    init.signal("SIGINT");
    assertEquals(await init.ended(), 0);
  });
});
