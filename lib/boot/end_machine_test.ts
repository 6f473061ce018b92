import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { canUnshare, runAsInit } from "../../tests/fixtures/namespaces.ts";

const ignore = !canUnshare;

/** The end of a machine that lets go of what is mounted in `FOLDER` alone, and of no device of the host. */
const end = (power: string, prepare: string) =>
  runAsInit(`
    import { endMachine } from "LIB/boot/end_machine.ts";
    import { lastProcesses } from "LIB/boot/last_processes.ts";
    import { holdsOfMount } from "LIB/boot/release_all.ts";
    import { linuxOs, listMounts, mount, MS_BIND } from "LIB/os/linux/mod.ts";
    const os = linuxOs();
    mount("tmpfs", "FOLDER", "tmpfs");
    const spawn = (script) => os.spawn({ argv: ["/bin/sh", "-c", script], env: { PATH: "/usr/bin:/bin" }, fds: [] });
    const until = async (what) => { while (!what()) await os.wait(20); };
    const exists = (path) => { try { Deno.statSync(path); return true; } catch { return false; } };
    ${prepare}
    const mounts = () => listMounts().filter(({ point }) => point.startsWith("FOLDER/"));
    await endMachine("${power}", {
      os,
      say: (text) => console.log(text),
      shown: () => {
        console.log("left: " + mounts().map(({ point }) => point).join(" "));
        console.log("alive: " + lastProcesses().map(({ name }) => name).join(" "));
        console.log("written: " + ["obeyed", "woken"].filter((name) => exists("FOLDER/" + name)).join(" "));
        return Promise.resolve();
      },
      watchdog: null,
    }, () => mounts().toReversed().flatMap(holdsOfMount));`);

/** How reboot(2) ends the init of a namespace, as unshare(1) passes it on: SIGHUP for a restart, SIGINT otherwise. */
const RESTARTED = 128 + 1, SWITCHED_OFF = 128 + 2;

Deno.test({
  name: "endMachine() ends what obeys and what does not, unmounts in reverse, and restarts the machine",
  ignore,
  async fn() {
    const { code, text } = await end(
      "reboot",
      `
      spawn("trap 'echo obeyed >FOLDER/obeyed; exit' TERM; echo >FOLDER/ready1; while :; do sleep 0.01; done");
      spawn("trap '' TERM; cd FOLDER; echo >FOLDER/ready2; while :; do sleep 0.01; done");
      const stopped = spawn("trap 'echo obeyed >FOLDER/woken; exit' TERM; echo >FOLDER/ready3; while :; do sleep 0.01; done");
      // Somebody whose parent is gone.
      spawn("(trap '' HUP; sleep 1000) & echo >FOLDER/ready4");
      await until(() => [1, 2, 3, 4].every((n) => exists("FOLDER/ready" + n)));
      os.kill(stopped, "SIGSTOP", "process");
      for (const name of ["a", "b", "c"]) Deno.mkdirSync("FOLDER/" + name);
      mount("tmpfs", "FOLDER/a", "tmpfs");
      Deno.mkdirSync("FOLDER/a/in");
      mount("tmpfs", "FOLDER/a/in", "tmpfs");
      mount("FOLDER/a/in", "FOLDER/b", "", MS_BIND);
      mount("tmpfs", "FOLDER/c", "tmpfs");
      mount("tmpfs", "FOLDER/c", "tmpfs");
`,
    );
    assertMatch(
      text,
      /^process \d+ \(sh\) is killed: it ignores SIGTERM\n(process \d+ \(sleep\) .*\n)?left: \nalive: \nwritten: obeyed woken\n$/,
    );
    assertEquals(code, RESTARTED);
  },
});

Deno.test({
  name: "endMachine() ends and reaps the children of children",
  ignore,
  async fn() {
    const { code, text } = await end(
      "poweroff",
      `
      for (let n = 0; n < 20; n++) spawn("(sleep 1000 & sleep 1000)");`,
    );
    assertEquals(text, "left: \nalive: \nwritten: \n");
    assertEquals(code, SWITCHED_OFF);
  },
});

Deno.test({
  name: "endMachine() restarts instead of starting a kernel that nobody has loaded, and says so",
  ignore,
  async fn() {
    const { code, text } = await end("kexec", "");
    assertStringIncludes(
      text,
      "cannot start another kernel: none is loaded, see kexec(8); the machine reboots instead",
    );
    assertEquals(code, RESTARTED);
  },
});

Deno.test({
  name: "endMachine() tells who uses what it cannot unmount, and ends all the same",
  ignore,
  async fn() {
    const { code, text } = await end(
      "halt",
      `
      Deno.mkdirSync("FOLDER/busy");
      // Any file system that is not in memory would do, and this one needs no disk.
      mount("proc", "FOLDER/busy", "proc");
      const held = Deno.openSync("FOLDER/busy/uptime");`,
    );
    assertMatch(
      text,
      /^cannot unmount .*\/busy: EBUSY \(device or resource busy\), used by process 1 \(init: .*\/busy\/uptime\); it is read-only now$/m,
    );
    assertStringIncludes(text, "/empty/busy\n");
    assertEquals(code, SWITCHED_OFF);
  },
});
