/** The compiled init as the first process of containers: whose exit code they end with, who gets signals, what it needs. */
import { assert, assertEquals, assertFalse, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { buildInit } from "../fixtures/build_init.ts";
import { Container, CONTAINER_USER, type ContainerSettings, findEngine } from "../fixtures/container.ts";

/**
 * One binary for all tests: what its services do, and which of them there are, is said by the environment.
 * `side` ends last, and says so.
 */
const UNITS = `
import { defineBundle, defineService, defineSystem, script, spawned } from "denit";

const sh = (name: string, otherwise = "exec sleep 100000") =>
  ({ argv: ["/bin/sh", "-c", 'eval "$(printenv "$0" || echo "$1")"', name, otherwise] as [string, ...string[]] });

export const side = defineService({
  run: () => sh("SIDE", "trap 'echo side stops; exit' TERM; echo side runs; while :; do sleep 0.05; done"),
  ready: spawned(),
});
export const prepare = script({
  deps: { side },
  run: () => {
    if (Deno.env.has("PREPARE")) Deno.exit(Number(Deno.env.get("PREPARE")));
    console.log("the body runs as", Deno.uid(), "in", Deno.cwd());
    return { text: "from the body" };
  },
  undo: () => console.log("undone"),
});
export const web = defineService({
  deps: { prepare },
  run: ({ prepare }) => ({ ...sh("WEB"), env: { TEXT: prepare.text } }),
  ready: spawned(),
});
export const patient = defineService({
  run: () => sh("PATIENT"),
  ready: spawned(),
  restart: { on: "on-failure", delay: 10, giveUp: { after: 2 } },
});
export const job = defineService({ kind: "oneshot", deps: { side }, run: () => sh("JOB", "true") });
export const absent = defineService({ run: () => ({ argv: ["/bin/no-such-thing"] }), ready: spawned() });
export const refused = defineService({ run: () => ({ argv: ["/etc/passwd"] }), ready: spawned() });

const services = { web, patient, job, absent, refused };
const essential = services[chosen()];
export default defineSystem({ boot: defineBundle([side, essential]), essential: [essential] });

/** The build evaluates units without any permission. */
function chosen(): keyof typeof services {
  try {
    return (Deno.env.get("ESSENTIAL") ?? "web") as keyof typeof services;
  } catch {
    return "web";
  }
}
`;

/** Builds the init once for all tests of this file. */
async function build(folder: string): Promise<string> {
  const units = join(folder, "units.ts");
  await Deno.writeTextFile(units, UNITS);
  return await buildInit(units, join(folder, "dist"));
}

/** The output's lines that hold a text. */
function lines(box: Container, text: string): readonly string[] {
  return box.output.split("\n").filter((line) => line.includes(text));
}

/** Texts that must stand in the output one after the other. */
function assertOrder(box: Container, ...texts: readonly string[]): void {
  let at = 0;
  for (const text of texts) {
    const found = box.output.indexOf(text, at);
    assert(found >= 0, `“${text}” does not follow:\n${box.output}`);
    at = found + text.length;
  }
}

/** Nothing may be complained of. */
function assertNoFault(box: Container): void {
  assertFalse(/cannot|internal error|uncaught/.test(box.output), box.output);
}

const { engine, obstacles } = await findEngine();
if (engine === null) console.error(`no containers can be made here: ${obstacles.join("; ")}`);
const scratch = await Deno.makeTempDir({ prefix: "denit-build-" });
globalThis.addEventListener("unload", () => Deno.removeSync(scratch, { recursive: true }));
let built: Promise<string> | null = null;

/** One test: a container is started, and something becomes of it. */
function test(
  name: string,
  settings: Omit<ContainerSettings, "init">,
  body: (box: Container) => Promise<void>,
): void {
  Deno.test({
    name: `a container ${name}`,
    ignore: engine === null,
    fn: async () => {
      const init = await (built ??= build(scratch));
      await using box = await Container.start(engine!, { init, ...settings });
      await body(box);
    },
  });
}

test("ends with the exit code of its essential service, all else in order", {
  env: { WEB: "echo $TEXT; exit 42" },
}, async (box) => {
  assertEquals(await box.ended(), 42, box.output);
  assertOrder(
    box,
    "web: from the body",
    "web has ended for good: exit code 42; the container ends",
    "prepare: undone",
    "side: side stops",
    "everything is down",
  );
  assertNoFault(box);
});

test("ends with 128 and the signal that killed its essential service", {
  env: { WEB: "kill -SEGV $$" },
}, async (box) => {
  assertEquals(await box.ended(), 128 + 11, box.output);
});

test("ends with 0 when its essential service has finished", { env: { WEB: "exit 0" } }, async (box) => {
  assertEquals(await box.ended(), 0, box.output);
  assertNoFault(box);
});

test(
  "ends with 127 if there is no such program",
  { env: { ESSENTIAL: "absent" } },
  async (box) => {
    assertEquals(await box.ended(), 127, box.output);
  },
);

test(
  "ends with 126 if the program cannot be executed",
  { env: { ESSENTIAL: "refused" } },
  async (box) => {
    assertEquals(await box.ended(), 126, box.output);
  },
);

test("ends with the exit code of what its essential service cannot go on without", {
  env: { PREPARE: "9" },
}, async (box) => {
  assertEquals(await box.ended(), 9, box.output);
  assertStringIncludes(box.output, "web cannot go on without prepare: exit code 9");
});

test("tries an essential service again as its unit says, and ends when that gives up", {
  env: { ESSENTIAL: "patient", PATIENT: "echo a try; exit 5" },
}, async (box) => {
  assertEquals(await box.ended(), 5, box.output);
  assertEquals(lines(box, "patient: a try").length, 3);
});

test("ends with 0 when the oneshot that it is for is done", {
  env: { ESSENTIAL: "job", JOB: "echo working" },
}, async (box) => {
  assertEquals(await box.ended(), 0, box.output);
  assertOrder(box, "job: working", "job has done its work; the container ends", "side: side stops");
  assertNoFault(box);
});

test("ends with the exit code of the oneshot that it is for", {
  env: { ESSENTIAL: "job", JOB: "exit 3" },
}, async (box) => {
  assertEquals(await box.ended(), 3, box.output);
});

test("goes on when a service that is not essential ends", {
  env: { SIDE: "if [ -e /run/once ]; then echo again; exec sleep 100000; fi; >/run/once; exit 1" },
}, async (box) => {
  await box.says("side: again");
  assertEquals(box.code, null);
  await box.signal("SIGTERM");
  assertEquals(await box.ended(), 0, box.output);
});

test("stops in order at SIGTERM, and ends with 0", {}, async (box) => {
  await box.says("booted in");
  await box.signal("SIGTERM");
  assertEquals(await box.ended(), 0, box.output);
  assertOrder(
    box,
    "SIGTERM: shutting down, which may take ",
    "web       down",
    "prepare: undone",
    "side: side stops",
    "everything is down",
  );
  assertNoFault(box);
});

test("ends with what its essential service says when it is asked to stop", {
  env: { WEB: "trap 'exit 3' TERM; echo waits; while :; do sleep 0.05; done" },
}, async (box) => {
  await box.says("web: waits");
  await box.signal("SIGTERM");
  assertEquals(await box.ended(), 3, box.output);
});

const stubborn = "trap 'echo will not' TERM; echo waits; while :; do sleep 0.05; done";
test("kills at the second SIGTERM", { env: { WEB: stubborn } }, async (box) => {
  await box.says("web: waits");
  await box.signal("SIGTERM");
  await box.says("web: will not");
  await box.signal("SIGTERM");
  assertEquals(await box.ended(), 128 + 9, box.output);
  assertStringIncludes(box.output, "SIGTERM: hurrying");
});

test("shortens stop timeouts so that all of them fit into --stop-within, and everybody is asked", {
  args: ["boot", "--container", "--stop-within", "3"],
  env: { WEB: stubborn },
}, async (box) => {
  await box.says("web: waits");
  await box.signal("SIGTERM");
  assertEquals(await box.ended(), 128 + 9, box.output);
  // Three services, each with 10 s.
  assertOrder(box, "SIGTERM: shutting down\n", "web: will not", "not done after 1 s", "side: side stops");
});

const shows = (signal: string) => `trap 'echo got ${signal}' ${signal};`;
const traps = ["HUP", "USR1", "USR2", "WINCH"];
test("passes on to the essential service what is meant for it", {
  env: {
    WEB: `${traps.map(shows).join(" ")} echo waits; while :; do sleep 0.05; done`,
    SIDE: `${traps.map(shows).join(" ")} while :; do sleep 0.05; done`,
  },
}, async (box) => {
  await box.says("web: waits");
  for (const name of traps) {
    await box.signal(`SIG${name}` as Deno.Signal);
    await box.says(`SIG${name}: passed on to web`);
    await box.says(`web: got ${name}`);
  }
  assertFalse(box.output.includes("side: got"), box.output);
  await box.signal("SIGQUIT");
  assertEquals(await box.ended(), 0, box.output);
});

test(
  "needs no privilege, and of places to write to only its runtime directory, where nothing is executed",
  {
    args: ["boot", "--container", "--runtime-dir", "/run/app"],
    cwd: "/etc",
    env: {
      WEB:
        `grep -E 'Cap(Prm|Eff|Bnd)|NoNewPrivs' /proc/self/status; pwd; touch /new || echo the root is read-only
        cp /bin/true /run/true; chmod +x /run/true; /run/true || echo nothing is executed there; echo done; exec sleep 100000`,
    },
  },
  async (box) => {
    await box.says("web: done");
    const id = (await Deno.stat(await box.path("/run/app/boot.jsonl"))).uid;
    assertEquals(id, Deno.uid() === 0 ? CONTAINER_USER : Deno.uid());
    assertMatch(box.output, /prepare: the body runs as \d+ in \/etc\n/);
    for (const set of ["Prm", "Eff", "Bnd"]) {
      assertStringIncludes(box.output, `web: Cap${set}:\t0000000000000000\n`);
    }
    assertOrder(
      box,
      "NoNewPrivs:\t1",
      "web: /etc",
      "web: the root is read-only",
      "web: nothing is executed there",
    );
    assertStringIncludes(
      await Deno.readTextFile(await box.path("/run/app/boot.jsonl")),
      '"place":"container"',
    );
    await box.signal("SIGTERM");
    assertEquals(await box.ended(), 0, box.output);
    assertFalse(/\] cannot/.test(box.output), box.output);
  },
);

test("works without any place to write to, and says what it lacks", {
  writable: [],
  env: { WEB: "echo all the same; exit 6" },
}, async (box) => {
  assertEquals(await box.ended(), 6, box.output);
  assertOrder(box, "cannot keep a journal in /run/denit", "cannot take requests", "web: all the same");
});

test("works with a closed standard input", { closedInput: true, env: { WEB: "exit 4" } }, async (box) => {
  assertEquals(await box.ended(), 4, box.output);
  assertNoFault(box);
});

test("boots its system and nothing else", { args: ["boot", "--container", "bash", "-l"] }, async (box) => {
  assertEquals(await box.ended(), 100);
  assertStringIncludes(box.output, "a container boots its system, and cannot run: bash -l");
});

test("is stopped by somebody who looks around in it, and goes on", {}, async (box) => {
  await box.says("booted in");
  const ctl = async (...words: string[]) => {
    const { code, text } = await box.exec("/init", "ctl", ...words);
    assertEquals(code, 0, text + box.output);
    return text;
  };
  await ctl("stop", "web");
  assertMatch(await ctl("status"), /web +down/);
  await ctl("restart", "web");
  assertMatch(await ctl("status"), /web +up/);
  // Whoever asks for the end from within ends with the container, before or after the answer.
  await box.exec("/init", "ctl", "poweroff");
  assertEquals(await box.ended(), 0, box.output);
});

test("prints all that its services print, however much that is", {
  env: {
    WEB: "i=0; while [ $i -lt 40000 ]; do echo $i of many lines that nobody must lose; i=$((i+1)); done",
  },
}, async (box) => {
  assertEquals(await box.ended(), 0, box.output.slice(-1000));
  const numbers = lines(box, "of many lines").map((line) => /^web: (\d+) of/.exec(line)?.[1]);
  assertEquals(numbers.length, 40_000);
  assert(
    numbers.every((number, index) => number === String(index)),
    "in order, each after the service's name",
  );
  assertFalse(box.output.includes("not shown"), "nothing is given up");
});

test("keeps logs in files where it is given a folder for them", {
  args: ["boot", "--container", "--log-dir", "/run/logs"],
  env: { WEB: "echo into a file; exec sleep 100000" },
}, async (box) => {
  await box.says("booted in");
  const log = async () => await Deno.readTextFile(await box.path("/run/logs/web.log")).catch(() => "");
  await box.until(async () => (await log()).includes("into a file"), "the line in the file");
  assertFalse(box.output.includes("into a file"));
  await box.signal("SIGTERM");
  assertEquals(await box.ended(), 0, box.output);
});
