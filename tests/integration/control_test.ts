import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { ControlClient } from "../../lib/control/client.ts";
import { type Init, withInit } from "./harness.ts";

const main = new URL("../../init.ts", import.meta.url).pathname;

/** What a call of `initctl` has said, and how it ended. */
interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The command line of `initctl` for a run. */
function initctl(runtimeDir: string, words: readonly string[]): string[] {
  return [Deno.execPath(), "run", "-A", "--no-prompt", main, "ctl", "--runtime-dir", runtimeDir, ...words];
}

function spawn(init: Init, words: readonly string[]): Deno.ChildProcess {
  const [program, ...args] = initctl(init.runtimeDir, words);
  return new Deno.Command(program!, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  })
    .spawn();
}

async function ctl(init: Init, ...words: readonly string[]): Promise<Said> {
  const { code, stdout, stderr } = await spawn(init, words).output();
  return { code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
}

/** A daemon that tells that it is ready after `before`, and at SIGTERM does `onTerm`. */
const daemon = (name: string, deps: string, before = "", onTerm = "exit 0") =>
  `export const ${name} = defineService({ deps: { ${deps} }, ready: notificationFd(3),
    run: () => sh(${
    JSON.stringify(
      `${before} trap '${onTerm}' TERM; echo ${name} is here; echo >&3; while :; do sleep 1000 & wait $!; done`,
    )
  }) });\n`;

const tree = daemon("disk", "") + daemon("db", "disk") + daemon("web", "db") +
  `export const broken = defineService({ deps: { disk }, ready: notificationFd(3), restart: { giveUp: { after: 1 } },
    run: () => sh("echo no such table >&2; exit 3") });
  export const top = defineService({ deps: { broken }, ready: spawned(), run: () => sh("exec sleep 1000") });
  export const rescue = defineBundle([disk]);
  export const worse = defineBundle([top]);
  export default defineSystem({ boot: defineBundle([good, web]) });`;

Deno.test("initctl shows and changes a running system, and its exit code tells how that went", async () => {
  await withInit({ units: () => tree }, async (init) => {
    await init.event("booted");
    const status = await ctl(init, "status");
    assertEquals(status.code, 0);
    assertMatch(status.out, /^web +up +[\d.]+ s {2}pid \d+$/m);
    assertMatch(status.out, /^top +down +nobody has asked for it$/m);
    const json = JSON.parse((await ctl(init, "status", "--json", "db")).out);
    assertEquals(json.boot.state, "ok");
    assertEquals(json.services.map(({ name, pid }: { name: string; pid: number }) => [name, pid]), [
      ["db", init.livePid("db")],
    ]);

    const refused = await ctl(init, "stop", "db");
    assertEquals([refused.code, refused.err.split("\n")[0]], [1, "cannot stop db: needed by web"]);
    const before = init.livePid("web");
    assertEquals((await ctl(init, "restart", "db")).out, "db is up\nweb is up\n");
    await init.up("web", before);
    assertEquals((await ctl(init, "stop", "db", "--force")).code, 0);
    assertEquals([init.livePid("db"), init.livePid("web")], [null, null]);
    assertEquals((await ctl(init, "wait", "web", "--timeout", "0.05")).code, 2);
    assertEquals((await ctl(init, "start", "web")).code, 0);
    assertEquals((await ctl(init, "wait", "web", "db")).code, 0);

    const failed = await ctl(init, "start", "top");
    assertEquals(failed.code, 1);
    assertStringIncludes(
      failed.err,
      "cannot start top: broken is down: exit code 3 before it was ready; given up",
    );
    assertEquals((await ctl(init, "wait", "--down", "broken")).code, 3);
    const why = await ctl(init, "why", "top");
    assertEquals(why.code, 1);
    assertStringIncludes(why.out, "  top is down: broken is not there\n    broken is down: exit code 3");
    assertStringIncludes(why.out, "no such table");
    assertEquals((await ctl(init, "why", "web")).code, 0);

    assertMatch(
      (await ctl(init, "logs", "-n", "1", "web")).out,
      /^\d{4}-\d\d-\d\dT[\d:.]{18}Z web is here\n$/,
    );
    assertStringIncludes((await ctl(init, "graph")).out, "db -> disk\n");
    assertStringIncludes((await ctl(init, "graph", "--format", "dot")).out, '"web" -> "db";');
    assertEquals((await ctl(init, "start", "nobody")).code, 100);
    assertEquals((await ctl(init, "fly")).code, 100);
    assertEquals((await ctl(init, "signal", "web", "KILL")).code, 0);
    await init.event("exited", "web", 3);
  });
});

Deno.test("initctl change brings the system to exactly one set, or back", async () => {
  await withInit({ units: () => tree }, async (init) => {
    await init.event("booted");
    const plan = await ctl(init, "change", "rescue", "--dry-run");
    assertMatch(plan.out, /^would stop: web, (?=.*\bdb\b)(?=.*\bgood\b)[\w, ]+\nwould start: nothing\n$/);
    assertEquals(init.all("stopping"), []);
    const disk = init.livePid("disk");
    const worse = await ctl(init, "change", "worse");
    assertEquals(worse.code, 1);
    assertStringIncludes(worse.err, "cannot change to worse: cannot start top: broken is down: exit code 3");
    assertStringIncludes(worse.err, "everything is as before");
    assertEquals((await ctl(init, "wait", "web", "--timeout", "0")).code, 0);
    assertEquals((await ctl(init, "change", "rescue")).code, 0);
    assertEquals(["disk", "db", "web", "good"].map((name) => init.livePid(name)), [disk, null, null, null]);
  });
});

Deno.test("initctl logs follows the files of a service across rotations, and ends with init", async () => {
  const units = () =>
    `export const web = defineService({ ready: notificationFd(3), log: { maxSize: 4096, keep: 50, stamp: "none" },
      run: () => sh("say() { for n in $(seq $1 $2); do echo web says $n and more, to fill its files; done; }; " +
        "say 0 199; trap 'say 200 999' USR1; echo >&3; while :; do sleep 1000 & wait $!; done") });
    export const loud = defineService({ ready: notificationFd(3), log: { to: "console" },
      run: () => sh("echo loud is here; echo >&3; exec sleep 1000") });
    export const gone = defineService({ ready: notificationFd(3),
      run: () => sh("echo gone is here; echo >&3; exec sleep 1000") });
    export default defineSystem({ boot: defineBundle([good, web, loud, gone]) });`;
  await withInit({ units }, async (init) => {
    await init.event("booted");
    const folder = join(init.runtimeDir, "log");
    await init.eventually(
      // It is not there before the first line, nor between the two steps of a rotation.
      async () => (await Deno.readTextFile(join(folder, "web.log")).catch(() => "")).includes(" 199 "),
      "the last line in the file",
    );
    const numbers = (text: string) =>
      [...text.matchAll(/^web says (\d+) and/gm)].map(([, number]) => Number(number));
    const range = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at);
    assertEquals(numbers((await ctl(init, "logs", "web")).out), range(190, 200));
    assertEquals(numbers((await ctl(init, "logs", "-n", "150", "web")).out), range(50, 200));
    assertEquals(numbers((await ctl(init, "logs", "-n", "all", "web")).out), range(0, 200));
    assertEquals((await ctl(init, "logs", "-n", "0", "web")).out, "");
    assertEquals(JSON.parse((await ctl(init, "logs", "-n", "1", "--json", "web")).out), {
      service: "web",
      time: null,
      text: "web says 199 and more, to fill its files",
    });
    const console = await ctl(init, "logs", "loud");
    assertEquals([console.code, console.out], [0, "loud is here\n"]);
    assertStringIncludes(console.err, "loud prints onto the console");

    const file = join(folder, "gone.log");
    await init.eventually(() => Deno.stat(file).then(() => true, () => false), "the file");
    await Deno.remove(file);
    const memory = await ctl(init, "logs", "--json", "gone");
    assertEquals([memory.code, JSON.parse(memory.out)], [0, {
      service: "gone",
      time: null,
      text: "gone is here",
    }]);
    assertStringIncludes(memory.err, `there is no ${file}`);

    const follower = spawn(init, ["logs", "-f", "-n", "5", "web"]);
    let [text, asked] = ["", false];
    const reading = (async () => {
      for await (const piece of follower.stdout.pipeThrough(new TextDecoderStream())) {
        text += piece;
        // It shows what there was, so it follows by now, or will have looked when it begins to.
        if (numbers(text).length >= 5 && !asked) asked = init.kill(init.livePid("web")!, "SIGUSR1");
        if (text.includes(" 999 ")) init.signal("SIGTERM");
      }
    })();
    assertEquals(await init.ended(), 0);
    const [{ code }] = await Promise.all([follower.status, reading, follower.stderr.cancel()]);
    assertEquals(code, 0);
    assertEquals(numbers(text), range(195, 1000));
  });
});

Deno.test("initctl works inside a service, even on the service itself", async () => {
  const units = (folder: string) => {
    const [program, ...args] = initctl(join(folder, "run"), ["restart", "selfish"]);
    const call = [program, ...args].map((word) => `'${word}'`).join(" ");
    return `export const selfish = defineService({ ready: notificationFd(3),
      run: () => sh(${
      JSON.stringify(`echo >&3; [ -e ${folder}/done ] || { touch ${folder}/done; ${call}; }; exec sleep 1000`)
    }) });
    export const asker = defineService({ kind: "oneshot", deps: { selfish },
      run: () => sh(${
      JSON.stringify(`${[program, ...args.slice(0, -2), "status"].map((word) => `'${word}'`).join(" ")}`)
    }) });
    export default defineSystem({ boot: defineBundle([good, selfish, asker]) });`;
  };
  await withInit({ units }, async (init) => {
    await init.event("up", "selfish", 2);
    await init.event("up", "asker");
    assertEquals((await ctl(init, "status")).code, 0);
  });
});

Deno.test("initctl may be left by Ctrl-C: what it has asked for goes on", async () => {
  const units = (folder: string) =>
    daemon("slow", "", `while [ ! -e ${folder}/go ]; do sleep 0.05; done;`) +
    "export default defineSystem({ boot: defineBundle([good]) });";
  await withInit({ units }, async (init) => {
    await init.event("booted");
    const client = spawn(init, ["start", "slow"]);
    await init.event("spawned", "slow");
    client.kill("SIGINT");
    const { signal } = await client.output();
    assertEquals(signal, "SIGINT");
    await Deno.writeTextFile(join(init.folder, "go"), "");
    await init.event("up", "slow");
    assertEquals((await ctl(init, "status", "slow")).code, 0);
  });
});

Deno.test("initctl events shows what happened from an entry on, and what happens", async () => {
  await withInit({ units: () => tree }, async (init) => {
    await init.event("booted");
    const client = spawn(init, ["events", "--json", "--since", "0"]);
    const lines = client.stdout.pipeThrough(new TextDecoderStream());
    await ctl(init, "stop", "web");
    let text = "";
    for await (const part of lines) {
      text += part;
      if (/"event":"down","service":"web"/.test(text)) break;
    }
    client.kill("SIGTERM");
    await client.stderr.cancel();
    await client.status;
    const events = text.trimEnd().split("\n").slice(0, -1).map((line) => JSON.parse(line));
    assertEquals(events.map(({ seq }) => seq), [...events.keys()]);
    const journal = init.entries.slice(0, events.length);
    assertEquals(events.map(({ seq: _, ...entry }) => entry), journal.map((entry) => ({ ...entry })));
  });
});

Deno.test("supervise tells on the console and to clients who is awaited, for how long, and what comes next", async () => {
  const units = () =>
    daemon("base", "") + daemon("lazy", "base", "", "sleep 4; exit 0") +
    "export default defineSystem({ boot: defineBundle([good, lazy]) });";
  await withInit({ units }, async (init) => {
    await init.event("booted");
    const { code, err } = await ctl(init, "poweroff");
    assertEquals(code, 0);
    assertMatch(err, /waits for lazy \(stops for 1\.\d s, SIGKILL in [89]\.\d s\); then base may stop/);
    assertEquals(await init.ended(), 0);
    assertMatch(
      init.console,
      /waits for lazy \(stops for 3\.\d s, SIGKILL in [67]\.\d s\); then base may stop/,
    );
    assertStringIncludes(init.console, "poweroff was asked for: shutting down");
    const late = await ctl(init, "status");
    assertEquals(late.code, 111);
    assertStringIncludes(late.err, `nobody supervises in ${init.runtimeDir}`);
  });
});

Deno.test("supervise hurries when somebody asks a second time", async () => {
  const units = () =>
    `export const deaf = defineService({ run: () => sh("trap '' TERM; echo >&3; while :; do sleep 1; done"), ready: notificationFd(3),
      stop: { timeout: seconds(1000) } });
    export default defineSystem({ boot: defineBundle([good, deaf]) });`;
  await withInit({ units }, async (init) => {
    await init.event("booted");
    assertEquals((await ctl(init, "poweroff", "--no-wait")).code, 0);
    await init.event("stopping", "deaf");
    const second = await ctl(init, "poweroff");
    assertEquals(second.code, 0);
    await init.ended();
    assertStringIncludes(init.console, "poweroff was asked for: hurrying");
  });
});

Deno.test("supervise goes on without a socket where it cannot make one, and says so", async () => {
  const units = (folder: string) => {
    Deno.writeTextFileSync(join(folder, "run", "control.sock"), "in the way");
    return "export default defineSystem({ boot: defineBundle([good]) });";
  };
  await withInit({ units }, async (init) => {
    await init.event("booted");
    await init.says(
      /cannot take requests: cannot listen at .*: EADDRINUSE \(something that is no socket is in the way\)/,
    );
    assertEquals(await Deno.readTextFile(join(init.runtimeDir, "control.sock")), "in the way");
  });
});

Deno.test("supervise lets only root and its own user in, and takes the socket away at the end", async () => {
  await withInit(
    { units: () => "export default defineSystem({ boot: defineBundle([good]) });" },
    async (init) => {
      await init.event("booted");
      const path = join(init.runtimeDir, "control.sock");
      const { isSocket, mode } = await Deno.stat(path);
      assertEquals([isSocket, (mode ?? 0) & 0o777], [true, 0o600]);
      const client = await ControlClient.connect(path);
      for await (const reply of client.ask("status", {})) assert("result" in reply);
      client.close();
      init.signal("SIGTERM");
      await init.ended();
      assertEquals(await Deno.stat(path).catch(() => null), null);
    },
  );
});

/** A client that says its lines at a socket, and prints the replies: a program of its own, to be run by anybody. */
const STRANGER = `const [path, ...lines] = Deno.args;
  const socket = await Deno.connect({ transport: "unix", path });
  await socket.write(new TextEncoder().encode(lines.map((line) => line + "\\n").join("")));
  let text = "";
  for await (const piece of socket.readable.pipeThrough(new TextDecoderStream())) {
    text += piece;
    if (text.split("\\n").length > lines.length) break;
  }
  console.log(text.trimEnd());`;

/** What a user without rights is told by init, one line a request; or why there is no answer. */
async function askAs(uid: number, init: Init, ...requests: readonly object[]): Promise<Said> {
  // This Deno may lie where only root comes.
  const [deno, program] = ["deno", "stranger.ts"].map((name) => join(init.folder, name)) as [string, string];
  await Deno.link(Deno.execPath(), deno).catch(() => Deno.copyFile(Deno.execPath(), deno));
  await Deno.writeTextFile(program, STRANGER);
  await Deno.chmod(init.folder, 0o755);
  const cache = await Deno.makeTempDir();
  await Deno.chown(cache, uid, uid);
  const lines = requests.map((request, at) => JSON.stringify({ v: 1, id: at + 1, ...request }));
  try {
    const { code, stdout, stderr } = await new Deno.Command(deno, {
      args: [
        "run",
        "-A",
        "--no-check",
        "--no-config",
        program,
        join(init.runtimeDir, "control.sock"),
        ...lines,
      ],
      env: { DENO_DIR: cache, HOME: cache, NO_COLOR: "1" },
      cwd: "/",
      uid,
      gid: uid,
    }).output();
    return { code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
}

/** A user who is neither root nor we. */
const STRANGER_UID = 65_534;

Deno.test({
  name: "supervise lets everybody look if the system says so, and nobody else change anything",
  ignore: Deno.uid() !== 0,
  async fn() {
    for (const read of ["owner", "everybody"]) {
      const units = () =>
        `export default defineSystem({ boot: defineBundle([good]), control: { read: "${read}" } });`;
      await withInit({ units }, async (init) => {
        await init.event("booted");
        const { mode } = await Deno.stat(join(init.runtimeDir, "control.sock"));
        assertEquals((mode ?? 0) & 0o777, read === "everybody" ? 0o666 : 0o600);
        const said = await askAs(
          STRANGER_UID,
          init,
          { verb: "status" },
          { verb: "stop", names: ["good"] },
          { verb: "logs", name: "good" },
          { verb: "poweroff" },
        );
        if (read === "owner") {
          assertStringIncludes(said.err, "PermissionDenied");
        } else {
          assertEquals(said.err, "");
          const [status, stop, logs, poweroff] = said.out.trimEnd().split("\n").map((line) =>
            JSON.parse(line)
          );
          assertEquals(status.result.services[0].name, "good");
          assertEquals([stop.error.code, poweroff.error.code], ["forbidden", "forbidden"]);
          assertStringIncludes(stop.error.message, `user ${STRANGER_UID} may not`);
          assertEquals(logs.result.log.to, "file");
        }
        assertEquals(init.all("stopping"), []);
      });
    }
  },
});

Deno.test("the binary is initctl if it is called so", async () => {
  await withInit({ units: () => tree }, async (init) => {
    await init.event("booted");
    const call = `exec -a /sbin/initctl '${Deno.execPath()}' run -A --no-prompt '${main}' status web`;
    const { code, stdout } = await new Deno.Command("bash", {
      args: ["-c", call],
      env: { DENIT_RUNTIME_DIR: init.runtimeDir, NO_COLOR: "1" },
    }).output();
    assertEquals(code, 0);
    assertMatch(new TextDecoder().decode(stdout), /^web +up/);
  });
});

/** How many sockets a process has open. Pipes and logs come and go with the services. */
function socketsOf(pid: number): number {
  const targets = [...Deno.readDirSync(`/proc/${pid}/fd`)].map(({ name }) => {
    try {
      return Deno.readLinkSync(`/proc/${pid}/fd/${name}`);
    } catch {
      return "";
    }
  });
  return targets.filter((target) => target.startsWith("socket:")).length;
}

Deno.test("supervise minds its services under two hundred clients of every bad kind, and leaks no socket", async () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const kinds = [
    bytes('{"v":1,"id":1,"verb":"sta'),
    bytes("x".repeat(200_000)),
    bytes("\n".repeat(20_000)),
    bytes('{"v":1,"id":1,"verb":"status"}\n'.repeat(5000)),
    new Uint8Array(100_000).map((_, at) => at * 7),
  ];
  await withInit({ units: () => tree }, async (init) => {
    await init.event("booted");
    const path = join(init.runtimeDir, "control.sock");
    const before = socketsOf(init.pid);
    const clients = await Promise.all(
      Array.from({ length: 200 }, () => Deno.connect({ transport: "unix", path })),
    );
    const work = clients.map(async (client, index) => {
      // Every third one does not read.
      const reading = index % 3 === 0 ? null : client.readable.pipeTo(new WritableStream()).catch(() => {});
      const writer = client.writable.getWriter();
      await writer.write(kinds[index % kinds.length]!).catch(() => {});
      await reading;
    });
    for (let round = 1; round <= 3; round++) {
      const pid = init.livePid("web")!;
      init.kill(pid, "SIGKILL");
      await init.up("web", pid);
    }
    assertEquals((await ctl(init, "status", "web")).code, 0);
    assert(socketsOf(init.pid) >= before + 200);
    for (const client of clients) client.close();
    await Promise.all(work);
    await init.eventually(() => socketsOf(init.pid) === before, "the end of every connection");
  });
});
