/** Generations as an initramfs, an update and PID 1 have to do with them: by real processes, some of which are killed. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { unitsConfig } from "../../lib/build/mod.ts";
import { parseStatus } from "../../lib/boot/generation_folder.ts";
import { namespaces, unshare, withInit } from "./harness.ts";

const main = new URL("../../init.ts", import.meta.url).pathname;
const writer = new URL("generation_writer.ts", import.meta.url).pathname;

async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "denit-generations-" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function command(...args: string[]): Deno.Command {
  const env = { NO_COLOR: "1" };
  const options = { stdin: "null", stdout: "piped", stderr: "piped" } as const;
  return new Deno.Command(Deno.execPath(), { args: ["run", "-A", "--no-prompt", ...args], env, ...options });
}

/** Runs a role of the init binary. */
async function role(...args: string[]): Promise<{ code: number; out: string; told: string }> {
  const { code, stdout, stderr } = await command(main, ...args).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), told: text.decode(stderr) };
}

/** Makes a generation of what its files say. */
function generation(folder: string, id: string, number: number, status: string): void {
  Deno.mkdirSync(`${folder}/${id}`, { recursive: true });
  Deno.writeTextFileSync(`${folder}/${id}/number`, `${number}\n`);
  Deno.writeTextFileSync(`${folder}/${id}/status`, status);
}

Deno.test("choose-generation prints nothing but the id, and counts the try before that", async () => {
  await withFolder(async (folder) => {
    const dir = `${folder}/generations`;
    assertEquals((await role("add-generation", dir, "a1")).code, 0);
    assertEquals((await role("add-generation", dir, "b2", "--tries", "1")).code, 0);
    assertEquals((await role("choose-generation", "--dry-run", dir)).out, "b2\n");
    const list = await role("generations", dir);
    assertMatch(
      list.out,
      /^ +ID +NUMBER +STATUS.*\n\* +b2 +2 +pending, tries left: 1\n +a1 +1 +pending, tries left: 3\n$/,
    );
    const first = await role("choose-generation", dir);
    assertEquals([first.code, first.out], [0, "b2\n"]);
    const second = await role("choose-generation", dir);
    assertEquals([second.code, second.out], [0, "a1\n"]);
    assertStringIncludes(second.told, "b2 is passed over from now on: it never said ok");
    const { out } = await role("generations", "--json", dir);
    const items: { id: string; status: string; tries: number | null; next: boolean }[] = JSON.parse(out);
    assertEquals(items.map(({ id, status, tries, next }) => [id, status, tries, next]), [
      ["b2", "failed", null, false],
      ["a1", "pending", 2, true],
    ]);
  });
});

Deno.test("choose-generation ends with 1 where there is no generation, 111 without a folder, 100 where it is misused", async () => {
  await withFolder(async (folder) => {
    const none = await role("choose-generation", folder);
    assertEquals([none.code, none.out], [1, ""]);
    assertStringIncludes(none.told, "init add-generation");
    const nowhere = await role("choose-generation", `${folder}/nowhere`);
    assertEquals([nowhere.code, nowhere.out], [111, ""]);
    assertStringIncludes(nowhere.told, `cannot list ${folder}/nowhere: No such file`);
    assertEquals((await role("choose-generation")).code, 100);
    assertEquals((await role("add-generation", folder, "../x")).code, 100);
    assertEquals((await role("add-generation", folder, "x", "--tries", "0")).code, 100);
  });
});

Deno.test(
  "choose-generation works before there is a /proc or a network",
  { ignore: !namespaces },
  async () => {
    await withFolder(async (folder) => {
      generation(folder, "a1", 1, "pending 1\n");
      // The link is what an initramfs brings with it, so that the binary finds itself.
      const bare = 'mount -t tmpfs none /proc && mkdir /proc/self && ln -s "$1" /proc/self/exe && exec "$@"';
      const [program = "", ...rest] = unshare("--net", "sh", "-c", bare, "bare", Deno.execPath());
      const { code, stdout, stderr } = await new Deno.Command(program, {
        args: [...rest, "run", "-A", "--no-prompt", main, "choose-generation", folder],
        env: { NO_COLOR: "1" },
        stdin: "null",
      }).output();
      const text = new TextDecoder();
      assertEquals([code, text.decode(stdout)], [0, "a1\n"], text.decode(stderr));
    });
  },
);

Deno.test("mark judges the generation that DENIT_GENERATION names", async () => {
  await withFolder(async (folder) => {
    const units = `${folder}/units.ts`;
    await Deno.writeTextFile(
      units,
      `import { defineBundle, defineService, defineSystem, seconds, spawned } from "denit";
      export const a = defineService({ run: () => ({ argv: ["/bin/true"] }), ready: spawned() });
      export default defineSystem({ boot: defineBundle([a]),
        watchdog: { success: [a], deadline: seconds(9), statusFile: (id) => "${folder}/generations/" + id + "/status" } });`,
    );
    generation(`${folder}/generations`, "x", 1, "pending 2\n");
    await using config = await unitsConfig(units);
    const mark = async (id: string, ...args: string[]) => {
      const { success, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-prompt", ...config.args, main, "mark", ...args],
        env: { DENIT_GENERATION: id },
      }).output();
      assert(success, new TextDecoder().decode(stderr));
      return Deno.readTextFileSync(`${folder}/generations/${id === "" ? "dev" : id}/status`);
    };
    assertEquals(await mark("x", "ok"), "ok\n");
    assertEquals(
      await mark("x", "failed", "the", "display", "stays dark"),
      "failed the display stays dark\n",
    );
    assertEquals(await mark("", "ok"), "ok\n", "without it, it is the one that this binary is");
    assert(Deno.statSync(`${folder}/generations/x/good`).isFile, "it once was ok");
  });
});

Deno.test("choose-generation by many at once gives away every try once", async () => {
  await withFolder(async (folder) => {
    generation(folder, "old", 1, "ok\n");
    generation(folder, "new", 2, "pending 4\n");
    const chosen = await Promise.all(Array.from({ length: 6 }, () => role("choose-generation", folder)));
    assertEquals(chosen.map(({ out }) => out).sort(), [...Array(4).fill("new\n"), "old\n", "old\n"]);
    assertEquals(Deno.readTextFileSync(`${folder}/old/unjudged`), "2\n");
  });
});

Deno.test("generations are in order whenever those who change them are killed", async () => {
  await withFolder(async (folder) => {
    for (let kill = 0; kill < 15; kill++) {
      const child = command(writer, folder).spawn();
      const reader = child.stdout.getReader();
      await reader.read();
      // It does something else each time that it is killed.
      const killAt = performance.now() + Math.random() * 20;
      while (performance.now() < killAt);
      child.kill("SIGKILL");
      await Promise.all([child.status, reader.cancel(), child.stderr.cancel()]);
      const numbers = new Set<string>();
      for (const { name, isDirectory } of Deno.readDirSync(folder)) {
        if (!isDirectory) continue;
        const read = (file: string) => Deno.readTextFileSync(`${folder}/${name}/${file}`);
        assert(parseStatus(read("status")) !== null, `${name} says ${JSON.stringify(read("status"))}`);
        assertMatch(read("number"), /^[1-5]\n$/);
        numbers.add(read("number"));
        const left = [...Deno.readDirSync(`${folder}/${name}`)].map((entry) => entry.name);
        const known = /^(number|status|good|unjudged)(\.new|\.tmp)?$/;
        assertEquals(left.filter((entry) => !known.test(entry)), []);
      }
      assertEquals(numbers.size, 5);
    }
    // Nobody holds the lock, and somebody can be booted.
    const { code, out } = await role("choose-generation", folder);
    assertEquals(code, 0);
    assertMatch(out, /^g\d\n$/);
  });
});

const watchdog = (folder: string) =>
  `watchdog: { success: [mute], deadline: seconds(0.3), statusFile: (id) => "${folder}/generations/" + id + "/status" }`;
const mute =
  `export const mute = defineService({ run: () => sh("exec sleep 1000"), ready: notificationFd(3) });`;

Deno.test("a generation that fails ends, and says why, where there is another one to boot", async () => {
  const units = (folder: string) => {
    generation(`${folder}/generations`, "dev", 2, "pending 2\n");
    generation(`${folder}/generations`, "older", 1, "ok\n");
    return `${mute} export default defineSystem({ boot: defineBundle([good, mute]), ${watchdog(folder)} });`;
  };
  await withInit({ units }, async (init) => {
    assertEquals(await init.ended(), 2);
    assertEquals(Deno.readTextFileSync(`${init.folder}/generations/dev/status`), "failed not ready: mute\n");
    const next = await role("choose-generation", `${init.folder}/generations`);
    assertEquals(next.out, "older\n");
  });
});

Deno.test("a generation that fails stays up, and says so, where there is no other one to boot", async () => {
  const units = (folder: string) => {
    generation(`${folder}/generations`, "dev", 2, "ok\n");
    generation(`${folder}/generations`, "older", 1, "failed\n");
    return `${mute} export default defineSystem({ boot: defineBundle([good, mute]), ${watchdog(folder)} });`;
  };
  await withInit({ units }, async (init) => {
    await init.says("no other generation");
    const pid = await init.up("good");
    init.kill(pid, "SIGKILL");
    await init.up("good", pid);
    assertEquals(Deno.readTextFileSync(`${init.folder}/generations/dev/status`), "failed not ready: mute\n");
    const next = await role("choose-generation", `${init.folder}/generations`);
    assertEquals(next.out, "dev\n", "it once was ok, and so it is the last resort");
    init.signal("SIGTERM");
    assertEquals(await init.ended(), 2);
  });
});

Deno.test("a generation that is shut down on purpose before its verdict is not blamed for that", async () => {
  const units = (folder: string) => {
    const own = `${folder}/generations/dev`;
    generation(`${folder}/generations`, "dev", 1, "ok\n");
    Deno.writeTextFileSync(`${own}/unjudged`, "4\n");
    const patient = watchdog(folder).replace("0.3", "300");
    return `${mute}
      export const last = defineService({ run: () => sh("trap 'while [ -e ${own}/unjudged ]; do sleep 0.01; done; exit 0' TERM; echo >&3; while :; do sleep 0.01; done"),
        ready: notificationFd(3) });
      export default defineSystem({ boot: defineBundle([last, mute]), ${patient} });`;
  };
  await withInit({ units }, async (init) => {
    await init.up("last");
    init.signal("SIGTERM");
    assertEquals(await init.ended(), 0);
    const files = [...Deno.readDirSync(`${init.folder}/generations/dev`)].map(({ name }) => name).sort();
    assertEquals(files, ["number", "status"]);
  });
});
