/** `initctl logs` where the files of a log are of no use: what init remembers takes their place, or the reason is told. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { projectRoot } from "../../lib/build/mod.ts";
import { type Init, withInit } from "./harness.ts";

/** A user who is neither root nor we. */
const STRANGER = 65_534;

/** `initctl` as a program of its own, which anybody can run wherever this checkout and its packages lie. */
class Initctl implements AsyncDisposable {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async make(): Promise<Initctl> {
    const folder = await Deno.makeTempDir({ prefix: "denit-initctl-" });
    const [entry, deno] = [join(folder, "entry.ts"), join(folder, "deno")];
    const role = JSON.stringify(join(projectRoot, "lib/cli/ctl_command.ts"));
    await Deno.writeTextFile(
      entry,
      `import { ctlRole } from ${role};\nDeno.exit(await ctlRole(Deno.args));\n`,
    );
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "bundle",
        "--quiet",
        "--config",
        join(projectRoot, "deno.json"),
        "-o",
        join(folder, "initctl.js"),
        entry,
      ],
    }).output();
    assert(success, new TextDecoder().decode(stderr));
    // This Deno may lie where only root comes.
    await Deno.link(Deno.execPath(), deno).catch(() => Deno.copyFile(Deno.execPath(), deno));
    await Deno.mkdir(join(folder, "cache"));
    await Deno.chown(join(folder, "cache"), STRANGER, STRANGER);
    await Deno.chmod(folder, 0o755);
    return new Initctl(folder);
  }

  /** Starts a call by a user without rights. */
  start(init: Init, ...words: readonly string[]): Deno.ChildProcess {
    const options = ["run", "-A", "--no-prompt", "--no-config", join(this.#folder, "initctl.js")];
    const cache = join(this.#folder, "cache");
    return new Deno.Command("setpriv", {
      args: [
        `--reuid=${STRANGER}`,
        `--regid=${STRANGER}`,
        "--clear-groups",
        join(this.#folder, "deno"),
        ...options,
        "--runtime-dir",
        init.runtimeDir,
        ...words,
      ],
      env: { DENO_DIR: cache, HOME: cache, NO_COLOR: "1" },
      cwd: "/",
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  }

  async call(init: Init, ...words: readonly string[]): Promise<{ code: number; out: string; err: string }> {
    const { code, stdout, stderr } = await this.start(init, ...words).output();
    return { code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** Reads a stream as text, and tells of each piece. */
async function readText(stream: ReadableStream<Uint8Array>, note?: (text: string) => void): Promise<string> {
  let text = "";
  for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
    text += piece;
    note?.(text);
  }
  return text;
}

/** Whether a process is told of changes in a folder, inotify(7). */
function watches(pid: number): boolean {
  const folder = `/proc/${pid}/fd`;
  return [...Deno.readDirSync(folder)].some(({ name }) => {
    try {
      return Deno.readLinkSync(join(folder, name)) === "anon_inode:inotify";
    } catch {
      return false;
    }
  });
}

/** What says its name when it is ready, and something more at SIGUSR1. */
const speaker = (name: string, first: string, log: string) =>
  `export const ${name} = defineService({ ready: notificationFd(3), log: ${log}, run: () => sh(
    "trap 'echo more of ${name}' USR1; ${first} echo >&3; while :; do sleep 1000 & wait $!; done") });\n`;

Deno.test({
  name: "initctl logs shows what init remembers to whoever may look at init, but not into the files",
  ignore: Deno.uid() !== 0,
  async fn(t) {
    const units = () =>
      speaker("web", "for n in $(seq 300); do echo web says $n; done;", "{}") + speaker("mute", "", "{}") +
      speaker("screen", "echo screen is here;", `{ to: "console" }`) +
      `export const archive = defineService({ ready: spawned(), run: () => sh("exec cat >/dev/null") });
       export const producer = defineService({ ready: notificationFd(3), log: { to: archive },
         run: () => sh("echo into the pipe; echo >&3; exec sleep 1000") });
       export default defineSystem({
         boot: defineBundle([good, web, mute, screen, producer]), control: { read: "everybody" },
       });`;
    await using initctl = await Initctl.make();
    await withInit({ units }, async (init) => {
      await Deno.chmod(init.folder, 0o755);
      await init.event("booted");
      const file = (service: string) => join(init.runtimeDir, "log", `${service}.log`);
      await init.eventually(
        async () => (await Deno.readTextFile(file("web"))).includes(" 300\n"),
        "the last line in the file",
      );

      await t.step("the last lines", async () => {
        const { code, out, err } = await initctl.call(init, "logs", "-n", "3", "web");
        assertEquals([code, out], [0, "web says 298\nweb says 299\nweb says 300\n"]);
        assertEquals(
          err,
          `(cannot read ${file("web")}: you may not; from what init remembers, the last 2 KiB)\n`,
        );
        const all = await initctl.call(init, "logs", "-n", "all", "web");
        const lines = all.out.trimEnd().split("\n");
        assert(lines.length > 100 && lines.length < 200, `${lines.length} lines are about 2 KiB`);
        assertEquals(lines.map((line) => Number(line.split(" ")[2])).at(-1), 300);
        const json = await initctl.call(init, "logs", "-n", "1", "--json", "web");
        assertEquals(JSON.parse(json.out), { service: "web", time: null, text: "web says 300" });
      });

      await t.step("a service that prints past init: where it prints, not an empty log", async () => {
        for (const words of [["producer"], ["-f", "producer"]]) {
          const { code, out, err } = await initctl.call(init, "logs", ...words);
          assertEquals([code, out], [1, ""]);
          assertEquals(
            err,
            "cannot show the log of producer: it prints into archive, past init\n" +
              "    look where archive keeps it, or see initctl logs archive\n",
          );
        }
      });

      await t.step(
        "what is printed from now on, until init ends",
        async () => {
          assertEquals(await Deno.stat(file("mute")).catch(() => null), null);
          const said: Record<string, string> = {};
          const followers = ["web", "screen", "mute"].map((name) => {
            const child = initctl.start(init, "logs", "-f", "-n", "1", name);
            const more = `more of ${name}\n`;
            const out = readText(child.stdout, (text) => said[name] = text);
            return { name, child, more, out, err: readText(child.stderr) };
          });
          // Not what they say on standard error: that comes before they have asked for the line.
          await init.eventually(() => "web" in said && "screen" in said, "the last line of both");
          // Whoever waits for the first file says nothing before it is there.
          await init.eventually(() => watches(followers.at(-1)!.child.pid), "the wait for the first file");
          for (const { name, more } of followers) {
            init.kill(init.livePid(name)!, "SIGUSR1");
            await init.eventually(
              () => said[name]?.includes(more) === true,
              `${name} in the log that is followed`,
            );
          }
          init.signal("SIGTERM");
          assertEquals(await init.ended(), 0);
          for (const { name, child, out, err } of followers) {
            assertEquals((await child.status).code, 0, `${name}: ${await err}`);
            await out;
          }
          const [web, screen, mute] = await Promise.all(followers.map(({ err }) => err));
          assertStringIncludes(web!, `cannot read ${file("web")}: you may not`);
          assertStringIncludes(screen!, "screen prints onto the console");
          assertStringIncludes(mute!, `cannot read ${file("mute")}: you may not`);
          assertEquals(said, {
            web: "web says 300\nmore of web\n",
            screen: "screen is here\nmore of screen\n",
            mute: "more of mute\n",
          });
        },
      );
    });
  },
});
