/** What services have in files: directories of their own, environment files, secrets, and paths that they do not see. */
import { assert, assertEquals, assertFalse, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { ask, faultOf } from "./ask.ts";
import { withInit } from "./harness.ts";
import { lines, system, told } from "./telling.ts";

const isRoot = Deno.uid() === 0;
const nobody = isRoot ? new Deno.Command("id", { args: ["-u", "nobody"] }).outputSync() : null;
const uid = nobody?.success ? Number(new TextDecoder().decode(nobody.stdout)) : null;

function exists(path: string): boolean {
  try {
    return Deno.lstatSync(path) !== null;
  } catch {
    return false;
  }
}

/** A folder for the files of one test. */
async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  // What is not ours alone could have links of others in it: /tmp is nobody's.
  const folder = await Deno.makeTempDir({ prefix: "denit-files-" });
  await Deno.chmod(folder, 0o755);
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("directories are there before the process, with their modes, and the runtime one goes when it is down", () =>
  withFolder(async (folder) => {
    const directories = JSON.stringify({
      runtime: `${folder}/run/web`,
      state: { path: `${folder}/lib/deep/web`, mode: 0o700 },
      cache: `${folder}/cache/web`,
      logs: { path: `${folder}/log/web`, mode: 0o2750 },
    });
    const say =
      'echo "$RUNTIME_DIRECTORY $STATE_DIRECTORY $CACHE_DIRECTORY $LOGS_DIRECTORY"; echo x >$RUNTIME_DIRECTORY/x; echo x >>$STATE_DIRECTORY/x';
    const units = system({ web: told(`directories: ${directories}, umask: 0o077`, say) });
    await withInit({ units }, async (init) => {
      assertEquals(await lines(init, "web", 1), [
        `${folder}/run/web ${folder}/lib/deep/web ${folder}/cache/web ${folder}/log/web`,
      ]);
      await init.event("up", "web");
      const mode = (path: string) => (Deno.statSync(join(folder, path)).mode! & 0o7777).toString(8);
      assertEquals(["run/web", "lib/deep", "lib/deep/web", "cache/web", "log/web"].map(mode), [
        "755",
        "755",
        "700",
        "755",
        "2750",
      ]);
      const before = Deno.statSync(`${folder}/run/web`).ino;
      await ask(init, "restart", { names: ["web"] });
      await init.event("up", "web", 2);
      // A restart may leave it: whoever has a socket open in it goes on.
      assert(exists(`${folder}/run/web/x`));
      assert(before !== null);
      await ask(init, "stop", { names: ["web"] });
      assertFalse(exists(`${folder}/run/web`));
      assertEquals(await Deno.readTextFile(`${folder}/lib/deep/web/x`), "x\nx\n");
    });
  }));

Deno.test({
  name: "directories belong to the user of the process, whoever had them before",
  ignore: uid === null,
  fn: () =>
    withFolder(async (folder) => {
      await Deno.mkdir(`${folder}/web`);
      const settings = `user: "nobody", directories: { state: "${folder}/web" }`;
      const units = system({ web: told(settings, "echo mine >$STATE_DIRECTORY/x; echo written") });
      await withInit({ units }, async (init) => {
        assertEquals(await lines(init, "web", 1), ["written"]);
        assertEquals([`${folder}`, `${folder}/web`].map((path) => Deno.statSync(path).uid), [0, uid]);
      });
    }),
});

Deno.test("directories are not made through links that somebody else could have planted", () =>
  withFolder(async (folder) => {
    await Deno.mkdir(`${folder}/real`);
    await Deno.mkdir(`${folder}/open`);
    await Deno.chmod(`${folder}/open`, 0o777);
    await Deno.symlink(`${folder}/real`, `${folder}/last`);
    await Deno.symlink(`${folder}/real`, `${folder}/ours`);
    await Deno.symlink(`${folder}/real`, `${folder}/open/planted`);
    await Deno.writeTextFile(`${folder}/file`, "");
    const web = (path: string) => told(`directories: { state: "${folder}/${path}" }`, "true");
    const units = system({
      last: web("last"),
      ours: web("ours/a"),
      open: web("open/planted/a"),
      file: web("file"),
    }, [
      "ours",
    ]);
    await withInit({ units }, async (init) => {
      await init.event("booted");
      assert(exists(`${folder}/real/a`));
      const why = async (name: string) => faultOf(await ask(init, "start", { names: [name] })).message;
      assertStringIncludes(
        await why("last"),
        `mkdir ${folder}/last: ELOOP (it is a link, which is not followed)`,
      );
      assertStringIncludes(
        await why("open"),
        `mkdir ${folder}/open/planted/a: ELOOP (planted is a link that somebody else may have put there)`,
      );
      assertStringIncludes(
        await why("file"),
        `mkdir ${folder}/file: ENOTDIR (file is in the way, and is no directory)`,
      );
      assertEquals([...Deno.readDirSync(`${folder}/real`)].map(({ name }) => name), ["a"]);
    });
  }));

Deno.test("a variable is what the last of the user, envFiles, env and init says", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(
      `${folder}/first`,
      "A=first\nB=first\nC=first\nHOME=first\nSTATE_DIRECTORY=first\n",
    );
    await Deno.writeTextFile(`${folder}/second`, "# more\nB='second'\nC=second\n");
    const user = isRoot ? 'user: "root", ' : "";
    const settings =
      `${user}envFiles: ["${folder}/first", { path: "${folder}/none", optional: true }, "${folder}/second"],
       env: { C: "env", D: undefined }, directories: { state: "${folder}/state" }`;
    const text = 'echo "$A $B $C ${D-unset} $HOME $STATE_DIRECTORY"';
    const units = system(
      { web: told(settings, text), missing: told(`envFiles: ["${folder}/none"]`, "true") },
      ["web"],
    );
    await withInit({ units, env: { D: "ours", A: "ours" } }, async (init) => {
      assertEquals(await lines(init, "web", 1), [`first second env unset first ${folder}/state`]);
      await Deno.writeTextFile(`${folder}/second`, "B=changed\n");
      await ask(init, "restart", { names: ["web"] });
      assertEquals((await lines(init, "web", 2))[1], `first changed env unset first ${folder}/state`);
      const { message } = faultOf(await ask(init, "start", { names: ["missing"] }));
      assertStringIncludes(message, `read ${folder}/none: ENOENT (no such file or directory)`);
      await Deno.writeTextFile(`${folder}/second`, "B=1\nnonsense\n");
      const again = faultOf(await ask(init, "restart", { names: ["web"] })).message;
      assertStringIncludes(again, `read variables from ${folder}/second: EINVAL (line 2 has no NAME=value)`);
    });
  }));

Deno.test("a secret comes by a descriptor, and is in no environment, log or journal", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/token`, "hunter2 of all secrets", { mode: 0o600 });
    const settings = `secrets: { token: { path: "${folder}/token", fd: 5 } }`;
    const text = "wc -c <&5; env | sort >&1; tr -d '\\0' </proc/self/cmdline | wc -c";
    await withInit({ units: system({ web: told(settings, text) }) }, async (init) => {
      await init.event("up", "web");
      const said = await lines(init, "web", 3);
      assertEquals(said[0], "22");
      await ask(init, "stop", { names: ["web"] });
      for (const place of ["boot.jsonl", "log/web.log"]) {
        assertFalse((await Deno.readTextFile(join(init.runtimeDir, place))).includes("hunter2"), place);
      }
      assertFalse(JSON.stringify(await ask(init, "describe", { names: ["web"] })).includes("hunter2"));
    });
  }));

Deno.test({
  name: "secrets are files that the process alone sees, and its user alone reads",
  ignore: uid === null,
  fn: () =>
    withFolder(async (folder) => {
      await Deno.writeTextFile(`${folder}/key`, "the key\n", { mode: 0o600 });
      const secrets = `secrets: { "tls.key": "${folder}/key" }`;
      const look =
        'cat $CREDENTIALS_DIRECTORY/tls.key; stat -c "%a %U" $CREDENTIALS_DIRECTORY $CREDENTIALS_DIRECTORY/tls.key; echo "$CREDENTIALS_DIRECTORY"';
      const units = system({
        web: told(`user: "nobody", ${secrets}`, look),
        missing: told('secrets: { "tls.key": "/nobody/has/this" }', "true"),
      }, []);
      await withInit({ units }, async (init) => {
        await init.event("booted");
        // As /run is, unlike what tests have.
        await Deno.chmod(join(init.runtimeDir, ".."), 0o755);
        await ask(init, "start", { names: ["web"] });
        const [key, place, file, path] = await lines(init, "web", 4);
        assertEquals([key, place, file], ["the key", "700 nobody", "400 nobody"]);
        assertEquals(path, join(init.runtimeDir, "secrets/web"));
        assertEquals([...Deno.readDirSync(path!)], []);
        const { message } = faultOf(await ask(init, "start", { names: ["missing"] }));
        assertStringIncludes(message, "read /nobody/has/this: ENOENT (no such file or directory)");
      });
    }),
});

Deno.test({
  name: "hiddenPaths and securebits are those of the process",
  ignore: uid === null,
  fn: () =>
    withFolder(async (folder) => {
      await Deno.mkdir(`${folder}/secret`);
      await Deno.writeTextFile(`${folder}/secret/inside`, "x");
      await Deno.writeTextFile(`${folder}/file`, "x");
      const settings =
        `hiddenPaths: ["${folder}/secret", "${folder}/file"], securebits: ["noroot", "noroot-locked"]`;
      const text =
        `ls -A ${folder}/secret 2>/dev/null | wc -l; wc -c <${folder}/file; grep CapEff /proc/self/status; ulimit -Hc`;
      const units = system({ web: told(`${settings}, limits: { core: "1M" }`, text) });
      await withInit({ units }, async (init) => {
        const said = await lines(init, "web", 4);
        assertEquals(said.slice(0, 2), ["0", "0"]);
        assertMatch(said[2]!, /^CapEff:\t0+$/);
        // In blocks of 512 bytes.
        assertEquals(said[3], "2048");
      });
    }),
});

Deno.test({
  name: "directories are in the root of the process, and may be written to amid what is read-only",
  ignore: uid === null,
  fn: () =>
    withFolder(async (folder) => {
      await Deno.mkdir(`${folder}/root/bin`, { recursive: true });
      for (const name of ["sh", "sleep"]) await Deno.copyFile("/bin/busybox", `${folder}/root/bin/${name}`);
      await Deno.mkdir(`${folder}/fixed`);
      await Deno.symlink("/etc", `${folder}/root/planted`);
      const jailed = (path: string) =>
        told(
          `root: "${folder}/root", directories: { runtime: "${path}" }`,
          'echo x >"$RUNTIME_DIRECTORY/x" && echo "$RUNTIME_DIRECTORY"',
        );
      const fixed = `directories: { state: "${folder}/fixed/state" }, readOnlyPaths: ["${folder}"]`;
      const units = system({
        jailed: jailed("/run/web"),
        escaping: jailed("/planted/web"),
        fixed: told(
          fixed,
          'echo x >"$STATE_DIRECTORY/x" && echo written; touch "$STATE_DIRECTORY/../y" 2>&1 || echo refused',
        ),
      }, ["jailed", "fixed"]);
      await withInit({ units }, async (init) => {
        assertEquals(await lines(init, "jailed", 1), ["/run/web"]);
        assertEquals(await Deno.readTextFile(`${folder}/root/run/web/x`), "x\n");
        const said = await lines(init, "fixed", 3);
        assertEquals([said[0], said[2]], ["written", "refused"]);
        assertStringIncludes(said[1]!, "Read-only file system");
        const { message } = faultOf(await ask(init, "start", { names: ["escaping"] }));
        assertStringIncludes(message, "planted is a link, which is not followed in another root");
        await ask(init, "stop", { names: ["jailed"] });
        assertFalse(exists(`${folder}/root/run/web`));
      });
    }),
});
