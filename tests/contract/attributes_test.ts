/**
 * What a process may be given beyond its program, each as the process itself sees it, and each stage that may fail.
 * The virtual machine has none of it.
 */
import { assert, assertEquals, assertFalse, assertLess, assertMatch, assertThrows } from "@std/assert";
import { cstring, libc } from "../../lib/os/linux/libc.ts";
import { linuxOs } from "../../lib/os/linux/mod.ts";
import { becomeSubreaper } from "../../lib/os/linux/machine.ts";
import { cgroupOf, controlCgroup, makeCgroup, removeCgroup } from "../../lib/os/linux/cgroup.ts";
import { CAPABILITIES, LIMITS, OsError, type SpawnAttributes } from "../../lib/os/mod.ts";
import { linux } from "./linux_machine.ts";
import { exits, type Program, stays } from "./program.ts";
import { asUser, has, withoutCapabilities } from "./privileges.ts";
import { defineTest, type Machine, type Session } from "./session.ts";
import { contract } from "./suite.ts";

/** The same suite for the other way of starting processes: it must not be seen which one it was. */
const byPosixSpawn: Machine = {
  ...linux,
  name: "linux by posix_spawn",
  open() {
    becomeSubreaper();
    return linuxOs("posix_spawn");
  },
};
contract(byPosixSpawn);

const isRoot = Deno.uid() === 0;
const PR_GET_DUMPABLE = 3, CAP_SYS_ADMIN = 21, CAP_SYS_NICE = 23, CAP_SYS_RESOURCE = 24;
const isAdmin = isRoot && has(CAP_SYS_ADMIN);

const test = (name: string, body: (session: Session) => Promise<void> | void) =>
  defineTest(linux, name, body);
const testAsRoot = (name: string, body: (session: Session) => Promise<void> | void) =>
  defineTest(linux, name, body, { ignore: !isRoot });
const testAsAdmin = (name: string, body: (session: Session) => Promise<void> | void) =>
  defineTest(linux, name, body, { ignore: !isAdmin });

/** What a program says on its standard output until it ends. */
async function said(session: Session, argv: Program, attributes: SpawnAttributes = {}): Promise<string> {
  const { pid, out } = session.listenTo(argv, { attributes });
  await session.exit(pid);
  return await session.text(out);
}

async function shell(session: Session, text: string, attributes: SpawnAttributes = {}): Promise<string> {
  return await said(session, ["/bin/sh", "-c", text], attributes);
}

/** A field of proc_pid_status(5), its blanks made one each. */
async function status(session: Session, field: string, attributes: SpawnAttributes = {}): Promise<string> {
  const text = await said(session, ["/bin/cat", "/proc/self/status"], attributes);
  return new RegExp(`^${field}:(.*)$`, "m").exec(text)![1]!.trim().replaceAll(/\s+/g, " ");
}

/** A field of proc_pid_stat(5), counted from one. */
async function stat(session: Session, field: number, attributes: SpawnAttributes): Promise<string> {
  const text = await said(session, ["/bin/cat", "/proc/self/stat"], attributes);
  return text.trim().split(") ")[1]!.split(" ")[field - 3]!;
}

/** That a process is not started, and why. */
function refused({ os }: Session, attributes: SpawnAttributes, message: string, cwd?: string): void {
  const request = { argv: exits(0), env: {}, fds: [], attributes, ...(cwd === undefined ? {} : { cwd }) };
  assertEquals(assertThrows(() => os.spawn(request), OsError).message, message);
  assertEquals(os.poll(), null);
  assertEquals(os.reap(), [], "the process that failed was left behind");
}

function bits(...names: (typeof CAPABILITIES)[number][]): string {
  const sum = names.reduce((all, name) => all | 1n << BigInt(CAPABILITIES.indexOf(name)), 0n);
  return sum.toString(16).padStart(16, "0");
}

async function withFolder(body: (folder: string) => Promise<void> | void): Promise<void> {
  const folder = Deno.makeTempDirSync();
  try {
    await body(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

testAsRoot(
  "spawn() gives a process its user and groups, all of them, and no right of ours",
  async (session) => {
    const attributes = { uid: 1234, gid: 2345, groups: [30, 20] };
    const text = await said(session, ["/bin/cat", "/proc/self/status"], attributes);
    assertMatch(text, /^Uid:\t1234\t1234\t1234\t1234$/m);
    assertMatch(text, /^Gid:\t2345\t2345\t2345\t2345$/m);
    assertMatch(text, /^Groups:\t20 30 *$/m);
    for (const set of ["CapInh", "CapPrm", "CapEff", "CapAmb"]) {
      assertMatch(text, new RegExp(`^${set}:\t0{16}$`, "m"));
    }
    assertEquals(await status(session, "Uid"), "0 0 0 0");
  },
);

testAsRoot("spawn() gives no groups of ours to another user or group", async (session) => {
  const ours = "id -G | wc -w";
  assertEquals(await status(session, "Groups", { uid: 1234 }), "");
  assertEquals(await status(session, "Groups", { gid: 1234 }), "");
  assertEquals(await status(session, "Groups", { groups: [7] }), "7");
  assertEquals(await shell(session, ours), await shell(session, ours, {}));
});

testAsRoot("spawn() leaves us as we are after a process that has another user", async (session) => {
  const all = () =>
    Deno.readTextFileSync("/proc/self/status").replaceAll(
      /^(State|Vm|Rss|volun|nonvol|SigQ|Threads|FDSize).*$/gm,
      "",
    );
  const owner = () => Deno.statSync(`/proc/${Deno.pid}/environ`).uid;
  const before = all();
  const attributes = { uid: 1234, umask: 0o77, nice: 5, oomScoreAdj: 300, noNewPrivileges: true };
  await said(session, ["/bin/true"], attributes);
  assertEquals(all(), before);
  // Memory that leaves no core makes the files of its process in /proc root's, and it cannot be debugged.
  assertEquals(owner(), Deno.uid());
  assertEquals(libc.prctl(PR_GET_DUMPABLE, 0n, 0n, 0n, 0n), 1);
});

testAsRoot("spawn() sees the working directory and the program as the user does", async (session) => {
  await withFolder((folder) => {
    Deno.chmodSync(folder, 0o700);
    refused(
      session,
      { uid: 1234 },
      `cannot chdir ${folder}: EACCES (permission denied)`,
      folder,
    );
    Deno.writeTextFileSync(`${folder}/program`, "#!/bin/sh\n", { mode: 0o755 });
    const error = assertThrows(
      () => session.os.spawn({ argv: [`${folder}/program`], env: {}, fds: [], attributes: { uid: 1234 } }),
      OsError,
    );
    assertEquals([error.call, error.code], ["exec", "EACCES"]);
    assertEquals(error.detail, "user 1234 may not execute it, or its file system is mounted noexec");
    Deno.chmodSync(folder, 0o755);
  });
  const { out } = session.listenTo(["/bin/pwd"], { cwd: "/usr", attributes: { uid: 1234 } });
  assertEquals(await session.text(out), "/usr\n");
});

test("spawn() gives a process its umask", async (session) => {
  assertEquals(await shell(session, "umask", { umask: 0o027 }), "0027\n");
  assertEquals(await shell(session, "umask", { umask: 0 }), "0000\n");
});

test("spawn() gives a process each of its limits", async (session) => {
  const present = (text: string) =>
    Object.fromEntries(
      text.trim().split("\n").slice(1).map((line) => {
        const [, name = "", soft, hard] = /^(.{26})(\S+)\s+(\S+)/.exec(line)!;
        return [name.trim(), [soft, hard]];
      }),
    );
  const titles = {
    cpu: "Max cpu time",
    fsize: "Max file size",
    data: "Max data size",
    stack: "Max stack size",
    core: "Max core file size",
    rss: "Max resident set",
    nproc: "Max processes",
    nofile: "Max open files",
    memlock: "Max locked memory",
    as: "Max address space",
    locks: "Max file locks",
    sigpending: "Max pending signals",
    msgqueue: "Max msgqueue size",
    nice: "Max nice priority",
    rtprio: "Max realtime priority",
    rttime: "Max realtime timeout",
  };
  const before = present(await said(session, ["/bin/cat", "/proc/self/limits"]));
  const values = {
    cpu: 1000,
    fsize: 2 ** 33 + 1,
    data: 2 ** 34 + 3,
    stack: 2 ** 21,
    core: 4099,
    rss: 2 ** 35,
    nproc: 5000,
    nofile: 77,
    memlock: 8191,
    as: 2 ** 27 + 1,
    locks: 99,
    sigpending: 88,
    msgqueue: 66,
    rttime: 1_000_003,
    // Nobody may raise these two here, so that they can only be taken away, if there are any.
    nice: 0,
    rtprio: 0,
  };
  const limits = Object.fromEntries(
    LIMITS.map((name) => [name, { soft: values[name] >> 1, hard: values[name] }]),
  );
  for (const name of ["fsize", "data", "rss", "as"] as const) {
    limits[name] = { soft: values[name] - 1, hard: values[name] };
  }
  const text = await said(session, ["/bin/cat", "/proc/self/limits"], { limits });
  const after = present(text);
  for (const name of LIMITS) {
    const { soft, hard } = limits[name]!;
    assertEquals(after[titles[name]], [String(soft), String(hard)], name);
    if (values[name] !== 0) assert(before[titles[name]]!.join() !== after[titles[name]]!.join(), name);
  }
  const unlimited = { core: { soft: 0, hard: "unlimited" } } as const;
  const core = before["Max core file size"]![1] === "unlimited";
  if (core) {
    const left = present(await said(session, ["/bin/cat", "/proc/self/limits"], { limits: unlimited }));
    assertEquals(left["Max core file size"], ["0", "unlimited"]);
  }
});

test("spawn() gives 1024 descriptors to whoever asks for nothing else, however many we may have", async (session) => {
  const [, hard = ""] = /^Max open files +\S+ +(\S+)/m.exec(Deno.readTextFileSync("/proc/self/limits"))!;
  const least = String(Math.min(1024, Number(hard) || 1024));
  for (const attributes of [{}, { limits: { core: { soft: 0, hard: 0 } } }]) {
    assertEquals(await shell(session, "ulimit -Sn; ulimit -Hn", attributes), `${least}\n${hard}\n`);
  }
  const plain = session.listenTo(["/bin/sh", "-c", "ulimit -Sn"]);
  assertEquals(await session.text(plain.out), `${least}\n`);
});

defineTest(byPosixSpawn, "spawn() gives 1024 descriptors too", async (session) => {
  // The limit is set when the process runs already: it has to be given the time.
  const { read, write } = session.os.pipe();
  const argv = ["/bin/sh", "-c", "read line; ulimit -Sn"] as const;
  const { out } = session.listenTo(argv, { fds: [{ from: read, to: 0 }] });
  session.os.close(write);
  session.os.close(read);
  const [, hard = ""] = /^Max open files +\S+ +(\S+)/m.exec(Deno.readTextFileSync("/proc/self/limits"))!;
  assertEquals(await session.text(out), `${Math.min(1024, Number(hard) || 1024)}\n`);
});

test("spawn() sets how urgent a process is", async (session) => {
  assertEquals(await stat(session, 19, { nice: 7 }), "7");
  assertEquals(await stat(session, 41, { scheduler: { policy: "batch" } }), "3");
  assertEquals(await stat(session, 41, { scheduler: { policy: "idle" } }), "5");
  if (!isRoot || !has(CAP_SYS_NICE)) return;
  assertEquals(await stat(session, 19, { nice: -3 }), "-3");
  assertEquals(await stat(session, 40, { scheduler: { policy: "rr", priority: 4 } }), "4");
  assertEquals(await stat(session, 41, { scheduler: { policy: "rr", priority: 4 } }), "2");
  assertEquals(await stat(session, 41, { scheduler: { policy: "fifo", priority: 1 } }), "1");
});

test("spawn() sets how urgent the input and output of a process are", (session) => {
  const SYS_ioprio_get = 252, IOPRIO_WHO_PROCESS = 1;
  for (
    const [ioPriority, expected] of [
      [{ class: "best-effort", level: 6 }, 2 << 13 | 6],
      [{ class: "idle" }, 3 << 13],
    ] as const
  ) {
    const pid = session.start(["/bin/sleep", "1000"], { attributes: { ioPriority } });
    assertEquals(libc.ioprio_get(SYS_ioprio_get, IOPRIO_WHO_PROCESS, pid), expected);
  }
});

test("spawn() keeps a process to its processors", async (session) => {
  assertEquals(await status(session, "Cpus_allowed_list", { affinity: [0] }), "0");
});

test("spawn() sets which process is killed first for the lack of memory", async (session) => {
  const ours = Deno.readTextFileSync("/proc/self/oom_score_adj");
  assertEquals(await said(session, ["/bin/cat", "/proc/self/oom_score_adj"], { oomScoreAdj: 543 }), "543\n");
  assertEquals(Deno.readTextFileSync("/proc/self/oom_score_adj"), ours);
});

testAsRoot("spawn() bounds capabilities", async (session) => {
  const attributes = { capabilities: { bounding: ["kill", "checkpoint_restore"] } } as const;
  const text = await said(session, ["/bin/cat", "/proc/self/status"], attributes);
  const expected = bits("kill", "checkpoint_restore");
  for (const set of ["CapPrm", "CapEff", "CapBnd"]) {
    assertMatch(text, new RegExp(`^${set}:\t${expected}$`, "m"));
  }
  assertEquals(await status(session, "CapBnd", { capabilities: { bounding: [] } }), "0".repeat(16));
});

testAsRoot("spawn() gives a user capabilities, and nothing else of root's", async (session) => {
  const ambient = ["net_bind_service", "perfmon"] as const;
  const bounding = ["net_bind_service", "perfmon", "chown"] as const;
  for (const noNewPrivileges of [false, true]) {
    const attributes = { uid: 1234, gid: 1234, noNewPrivileges, capabilities: { ambient, bounding } };
    const text = await said(session, ["/bin/cat", "/proc/self/status"], attributes);
    for (const set of ["CapInh", "CapPrm", "CapEff", "CapAmb"]) {
      assertMatch(text, new RegExp(`^${set}:\t${bits(...ambient)}$`, "m"));
    }
    assertMatch(text, new RegExp(`^CapBnd:\t${bits(...bounding)}$`, "m"));
    assertMatch(text, /^Uid:\t1234\t1234\t1234\t1234$/m);
  }
  // Nothing is left that would keep capabilities over another change of the user: 0 are the usual securebits.
  const secure = await secureBits(session, { uid: 1234, capabilities: { ambient: ["setpcap"] } });
  assertEquals(secure, "0");
});

/** PR_GET_SECUREBITS as a process sees it; needs perl. */
async function secureBits(session: Session, attributes: SpawnAttributes): Promise<string> {
  return await said(session, ["/usr/bin/perl", "-e", "print syscall(157, 27, 0, 0, 0, 0)"], attributes);
}

testAsRoot("spawn() forbids new privileges", async (session) => {
  assertEquals(await status(session, "NoNewPrivs"), "0");
  assertEquals(await status(session, "NoNewPrivs", { noNewPrivileges: true }), "1");
});

testAsRoot("spawn() sets securebits", async (session) => {
  const SECBIT_NOROOT = 1, SECBIT_NOROOT_LOCKED = 2;
  const securebits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED;
  assertEquals(await status(session, "CapEff", { securebits }), "0".repeat(16));
  assertEquals(await secureBits(session, { securebits }), "3");
  const ambient = { uid: 1234, securebits, capabilities: { ambient: ["kill"] } } as const;
  assertEquals(await secureBits(session, ambient), "3");
});

testAsAdmin("spawn() gives a process namespaces of its own, and those only", async (session) => {
  const names = { mount: "mnt", network: "net", uts: "uts", ipc: "ipc", cgroup: "cgroup" } as const;
  const links = `for n in ${Object.values(names).join(" ")}; do readlink /proc/self/ns/$n; done`;
  const ours = (await shell(session, links)).trim().split("\n");
  for (const [at, name] of (Object.keys(names) as (keyof typeof names)[]).entries()) {
    const theirs = (await shell(session, links, { namespaces: [name] })).trim().split("\n");
    assertEquals(theirs.map((link, index) => link === ours[index]), ours.map((_, index) => index !== at));
  }
});

testAsAdmin(
  "spawn() makes a process PID 1 of its own namespace, with which all in it end",
  async (session) => {
    const attributes = { namespaces: ["pid"], mounts: [{ type: "proc", at: "/proc" }] } as const;
    const { pid, out } = session.listenTo(
      ["/bin/sh", "-c", "setsid sleep 1000 & echo $$ /proc/[0-9]*; exec sleep 1000"],
      { attributes },
    );
    await session.said(out, "1 /proc/1");
    assert(pid > 1);
    session.os.kill(pid, "SIGKILL", "process");
    assertEquals(await session.exit(pid), { signal: "SIGKILL", core: false });
    // The other one had a session of its own, and held the pipe open.
    await session.all(out);
  },
);

testAsAdmin(
  "spawn() sets up the loopback interface of a network that is the process's own",
  async (session) => {
    const text = await shell(session, "cat /proc/net/dev /proc/net/fib_trie", { namespaces: ["network"] });
    assertEquals(
      [...text.matchAll(/^ *(\w+):/gm)].map(([, name]) => name).filter((name) => name === "eth0"),
      [],
    );
    assertMatch(text, /^ *lo:/m);
    assertMatch(text, /127\.0\.0\.1/);
  },
);

testAsAdmin("spawn() gives a process mounts that nobody else sees", async (session) => {
  await withFolder(async (folder) => {
    for (const name of ["private", "writable", "fixed", "secret", "fixed/inner"]) {
      Deno.mkdirSync(`${folder}/${name}`);
    }
    Deno.writeTextFileSync(`${folder}/secret/key`, "key");
    Deno.writeTextFileSync(`${folder}/password`, "password");
    Deno.writeTextFileSync(`${folder}/fixed/file`, "file\n");
    const mounts = [
      { type: "tmpfs", at: `${folder}/private`, flags: 2 | 4, options: "mode=1777" },
      { bind: `${folder}/fixed`, at: `${folder}/writable` },
      { type: "tmpfs", at: `${folder}/fixed/inner` },
      { bind: `${folder}/fixed`, at: `${folder}/fixed`, readOnly: true },
      { hide: `${folder}/secret` },
      { hide: `${folder}/password` },
    ];
    const text =
      `cd ${folder}; echo x >private/x; cat writable/file; echo w >writable/made && echo written; ` +
      `echo x 2>&1 >fixed/x; echo x 2>&1 >fixed/inner/x; ls -A secret; cat password; ls private; stat -c %a private secret; ` +
      `grep ${folder}/private /proc/self/mountinfo | cut -d' ' -f6`;
    const seen = await shell(session, text, { mounts });
    const lines = seen.replaceAll(/^.*Read-only file system$/gm, "read-only").split("\n");
    assertEquals(lines, [
      "file",
      "written",
      "read-only",
      "read-only",
      "x",
      "1777",
      "0",
      "rw,nosuid,nodev,relatime",
      "",
    ]);
    assertEquals([...Deno.readDirSync(`${folder}/private`)], []);
    assertEquals(Deno.readTextFileSync(`${folder}/fixed/made`), "w\n");
    assertFalse([...Deno.readDirSync(`${folder}/fixed`)].some(({ name }) => name === "x"));
    assertFalse(Deno.readTextFileSync("/proc/self/mountinfo").includes(folder));
    // Without the attribute each of these is different.
    assertEquals(await shell(session, `cat ${folder}/secret/key ${folder}/password`), "keypassword");
  });
});

/** Where /lib, /bin and so on are links into /usr, that folder is a whole system to a shell. */
const merged = (() => {
  try {
    return Deno.statSync("/usr/lib64/ld-linux-x86-64.so.2").isFile && Deno.statSync("/usr/bin/sh").isFile;
  } catch {
    return false;
  }
})();

defineTest(linux, "spawn() gives a process another root", async (session) => {
  const names = [...Deno.readDirSync("/usr")].map(({ name }) => `/${name}`).sort().join(" ");
  const look = ["/bin/sh", "-c", "pwd; echo /*"] as const;
  for (const namespaces of [[], ["mount"]] as const) {
    const attributes = { root: "/usr", namespaces };
    assertEquals(await said(session, look, attributes), `/\n${names}\n`);
    const found = session.listenTo(["sh", "-c", "pwd"], { cwd: "/lib", env: { PATH: "/bin" }, attributes });
    assertEquals(await session.text(found.out), "/lib\n");
    const error = assertThrows(
      () => session.os.spawn({ argv: ["/usr/bin/sh"], env: {}, fds: [], attributes }),
      OsError,
    );
    assertEquals(error.message, "cannot exec /usr/bin/sh: ENOENT (no such file)");
  }
  const mounts = [{ type: "tmpfs", at: "/local" }];
  assertEquals(await shell(session, "echo /local/*", { root: "/usr", mounts }), "/local/*\n");
  assertFalse(Deno.readTextFileSync("/proc/self/mountinfo").includes(" /usr/local "));
}, { ignore: !isAdmin || !merged });

/** A terminal of its own: its two ends, by ioctl_tty(2). */
function openTerminal(): { master: number; terminal: number } {
  const O_RDWR_NOCTTY_CLOEXEC = 2 | 0o400 | 0o2000000, TIOCSPTLCK = 0x4004_5431n, TIOCGPTN = 0x8004_5430n;
  const number = new Uint32Array(1);
  const master = libc.open(cstring("/dev/ptmx"), O_RDWR_NOCTTY_CLOEXEC, 0);
  assertEquals([libc.ioctl(master, TIOCSPTLCK, number), libc.ioctl(master, TIOCGPTN, number)], [0, 0]);
  return { master, terminal: libc.open(cstring(`/dev/pts/${number[0]}`), O_RDWR_NOCTTY_CLOEXEC, 0) };
}

test("spawn() gives a process the terminal on its descriptor 0", async (session) => {
  const { master, terminal } = openTerminal();
  try {
    const argv = ["/bin/sh", "-c", "(exec 3</dev/tty) 2>&1 && echo ours || :"] as const;
    const fds = [{ from: terminal, to: 0 }];
    const without = session.listenTo(argv, { fds });
    assertMatch(await session.text(without.out), /cannot open/);
    const having = session.listenTo(argv, { fds, attributes: { controllingTerminal: true } });
    assertEquals(await session.text(having.out), "ours\n");
    for (const { pid } of [without, having]) await session.exit(pid);
  } finally {
    libc.close(terminal);
    libc.close(master);
  }
  refused(
    session,
    { controllingTerminal: true },
    "cannot control the terminal on descriptor 0: ENOTTY (inappropriate ioctl for device)",
  );
});

const ourCgroup = cgroupOf("self");
const cgroup = `${ourCgroup}/denit-attributes-${Deno.pid}`;
const hasCgroups = ourCgroup !== null && (() => {
  try {
    makeCgroup(cgroup);
    removeCgroup(cgroup);
    return true;
  } catch {
    return false;
  }
})();

defineTest(linux, "spawn() starts a process in its cgroup", async (session) => {
  makeCgroup(cgroup);
  try {
    const text = await said(session, ["/bin/cat", "/proc/self/cgroup"], { cgroup });
    assertMatch(text, new RegExp(`^0::.*/denit-attributes-${Deno.pid}$`, "m"));
    assertEquals(cgroupOf("self"), ourCgroup);
  } finally {
    await session.until(
      () => Deno.readTextFileSync(`${cgroup}/cgroup.procs`) === "",
      "the end of the process",
    );
    removeCgroup(cgroup);
  }
  refused(session, { cgroup }, `cannot enter cgroup ${cgroup}: ENOENT (no such file or directory)`);
  refused(session, { cgroup: "/tmp" }, "cannot enter cgroup /tmp: EBADF (bad file descriptor)");
  refused(session, { cgroup: "/dev/null" }, "cannot enter cgroup /dev/null: ENOTDIR (not a directory)");
}, { ignore: !hasCgroups });

/** Starts a process in a cgroup that is frozen, so that it cannot begin, while somebody else does something to it. */
async function beginFrozen(session: Session, deed: string): Promise<OsError> {
  makeCgroup(cgroup);
  controlCgroup(cgroup, "cgroup.freeze", 1);
  try {
    const text = `cd ${cgroup}; until read pid <cgroup.procs; do :; done; ${deed}`;
    const other = session.start(["/bin/sh", "-c", text]);
    const request = { argv: exits(0), env: {}, fds: [], attributes: { cgroup } };
    const error = assertThrows(() => session.os.spawn(request), OsError);
    assertEquals(await session.exit(other), { code: 0 });
    assertEquals(Deno.readTextFileSync(`${cgroup}/cgroup.procs`), "");
    return error;
  } finally {
    removeCgroup(cgroup);
  }
}

defineTest(
  linux,
  "spawn() does not wait for a process that somebody has stopped before its exec",
  async (session) => {
    // Whoever has the user that a process gets may do so: it must not stop us too.
    const error = await beginFrozen(session, "kill -STOP $pid; echo 0 >cgroup.freeze");
    assertEquals(error.message, "cannot exec /bin/sh: EINTR (somebody has stopped the process before)");
  },
  { ignore: !hasCgroups },
);

defineTest(linux, "spawn() does not wait for ever for a process that cannot begin", async (session) => {
  const error = await beginFrozen(session, ":");
  const why = "it takes too long: its file system does not answer, or its cgroup is frozen";
  assertEquals(error.message, `cannot exec /bin/sh: ETIMEDOUT (${why})`);
}, { ignore: !hasCgroups });

test("spawn() refuses what it cannot express", (session) => {
  const capabilities = { ambient: ["net_bind_servce" as "kill"] };
  refused(
    session,
    { capabilities },
    "cannot set capabilities net_bind_servce: EINVAL (there is no such capability)",
  );
  refused(session, { root: "/a\0b" }, 'cannot pass "/a\\u0000b": EINVAL (it contains a NUL byte)');
});

test("spawn() tells which attribute a process cannot have", (session) => {
  refused(session, { affinity: [1000] }, "cannot run on processors 1000: EINVAL (invalid argument)");
  refused(session, { oomScoreAdj: 1001 }, "cannot set oom_score_adj 1001: EINVAL (invalid argument)");
  const none = { scheduler: { policy: "fifo", priority: 0 } } as const;
  refused(session, none, "cannot schedule by fifo 0: EINVAL (invalid argument)");
  const limits = { as: { soft: 2, hard: 1 } };
  refused(session, { limits }, "cannot limit as: EINVAL (invalid argument)");
});

testAsAdmin("spawn() tells which folder it cannot use", (session) => {
  const missing = "ENOENT (no such file or directory)";
  refused(session, { root: "/none" }, `cannot chroot to /none: ${missing}`);
  refused(session, { root: "/none", namespaces: ["mount"] }, `cannot mount /none: ${missing}`);
  refused(session, { mounts: [{ bind: "/usr", at: "/none" }] }, `cannot mount /none: ${missing}`);
  refused(session, { mounts: [{ hide: "/none" }] }, `cannot mount /none: ${missing}`);
  refused(
    session,
    { mounts: [{ type: "no-such-fs", at: "/tmp" }] },
    "cannot mount /tmp: ENODEV (no such device)",
  );
});

testAsRoot("spawn() tells which capability we lack for an attribute", (session) => {
  const cases: readonly (readonly [SpawnAttributes, string])[] = [
    [{ uid: 1, groups: [7] }, "cannot setgroups 7: EPERM (it needs CAP_SETGID)"],
    [{ gid: 1 }, "cannot setgroups: EPERM (it needs CAP_SETGID)"],
    [{ root: "/" }, "cannot chroot to /: EPERM (it needs CAP_SYS_CHROOT)"],
    [{ namespaces: ["uts", "ipc"] }, "cannot unshare uts and ipc: EPERM (it needs CAP_SYS_ADMIN)"],
    [{ mounts: [{ hide: "/tmp" }] }, "cannot unshare mount: EPERM (it needs CAP_SYS_ADMIN)"],
    [{ namespaces: ["pid"] }, "cannot unshare pid: EPERM (operation not permitted)"],
    [{ nice: -1 }, "cannot set nice -1: EACCES (permission denied)"],
    [
      { ioPriority: { class: "realtime" } },
      "cannot set I/O priority realtime 0: EPERM (it needs CAP_SYS_ADMIN or CAP_SYS_NICE)",
    ],
    [{ scheduler: { policy: "rr", priority: 1 } }, "cannot schedule by rr 1: EPERM (it needs CAP_SYS_NICE)"],
    [{ capabilities: { bounding: [] } }, "cannot bound capabilities: EPERM (it needs CAP_SETPCAP)"],
    [{ securebits: 4 }, "cannot set securebits 0x4: EPERM (it needs CAP_SETPCAP)"],
  ];
  for (const [attributes, message] of cases) withoutCapabilities(() => refused(session, attributes, message));
});

testAsRoot(
  "spawn() tells which identity we may not give, and that we cannot give what we have not",
  (session) => {
    asUser(1234, () => {
      refused(session, { uid: 1, groups: [] }, "cannot setgroups: EPERM (it needs CAP_SETGID)");
      refused(session, { uid: 1 }, "cannot setgroups: EPERM (it needs CAP_SETGID)");
      refused(session, { oomScoreAdj: -900 }, "cannot set oom_score_adj -900: EACCES (permission denied)");
    });
    refused(
      session,
      { capabilities: { bounding: [], ambient: ["kill"] } },
      "cannot set capabilities kill: EPERM (it needs them to be permitted to us and in the bounding set)",
    );
  },
);

if (!has(CAP_SYS_RESOURCE)) {
  test("spawn() tells which limit it cannot raise", (session) => {
    for (const name of ["nice", "rtprio"] as const) {
      const text = Deno.readTextFileSync("/proc/self/limits");
      if (/^Max (nice|realtime) priority +\d+ +[1-9]/m.test(text)) return;
      const limits = { [name]: { soft: 1, hard: 1 } };
      refused(
        session,
        { limits },
        `cannot limit ${name}: EPERM (it needs CAP_SYS_RESOURCE to raise a hard limit)`,
      );
    }
  });
}

testAsRoot("spawn() works as another user than root, with what such a one may do", async (session) => {
  const { read, write } = session.os.pipe();
  asUser(1234, () => {
    session.start(["/bin/sh", "-c", "cat /proc/self/status; ulimit -f; umask"], {
      fds: [{ from: write, to: 1 }],
      attributes: {
        noNewPrivileges: true,
        umask: 0o77,
        nice: 3,
        oomScoreAdj: 100,
        limits: { fsize: { soft: 512_000, hard: 512_000 } },
        affinity: [0],
      },
    });
  });
  session.os.close(write);
  session.watch(read);
  const text = await session.text(read);
  assertMatch(text, /^Uid:\t1234\t1234\t1234\t1234$/m);
  assertMatch(text, /^NoNewPrivs:\t1$/m);
  assertMatch(text, /\n1000\n0077\n$/);
});

defineTest(byPosixSpawn, "spawn() says that it cannot give attributes", (session) => {
  refused(
    session,
    { nice: 1 },
    "cannot give attributes to /bin/sh: ENOSYS (this machine refuses it: cannot clone3: ENOSYS (it is not to be used))",
  );
});

/** A filter of seccomp(2), as sandboxes of containers have it, for one call of the thread that runs this. */
const refuseClone3 = `
  import { linuxOs } from "${import.meta.resolve("../../lib/os/linux/mod.ts")}";
  import { libc } from "${import.meta.resolve("../../lib/os/linux/libc.ts")}";
  const address = (memory) => Deno.UnsafePointer.value(Deno.UnsafePointer.of(memory));
  const LOAD_NUMBER = [0x20, 0], IF_CLONE3 = [0x0100_0015, 435], REFUSE = [6, 0x5_0000 | 38], ALLOW = [6, 0x7fff_0000];
  const filter = new Uint32Array([...LOAD_NUMBER, ...IF_CLONE3, ...REFUSE, ...ALLOW]);
  const program = new BigUint64Array([4n, address(filter)]);
  const installed = [libc.prctl(38, 1n, 0n, 0n, 0n), libc.prctl(22, 2n, address(program), 0n, 0n)];
  const os = linuxOs();
  const plain = { argv: ["/bin/sh", "-c", "exit 7"], env: {}, fds: [] };
  const pid = os.spawn(plain);
  const exits = [];
  while (exits.length === 0) { await os.wait(10000); exits.push(...os.reap()); }
  let message = "";
  try { os.spawn({ ...plain, attributes: { nice: 1 } }); } catch (error) { message = error.message; }
  os.dispose();
  console.log(JSON.stringify({ installed, isSame: pid === exits[0].pid, status: exits[0].status, message }));`;

Deno.test("Os (linux) spawn() does without clone3() where a sandbox does not let it through", async () => {
  const child = new Deno.Command(Deno.execPath(), { args: ["eval", "--ext=js", refuseClone3] });
  const { stdout, stderr } = await child.output();
  const text = new TextDecoder().decode(stdout);
  assert(text !== "", new TextDecoder().decode(stderr));
  const why = "ENOSYS (this machine refuses it: cannot clone3: ENOSYS (function not implemented))";
  assertEquals(JSON.parse(text), {
    installed: [0, 0],
    isSame: true,
    status: { code: 7 },
    message: `cannot give attributes to /bin/sh: ${why}`,
  });
});

testAsRoot("spawn() tells that a user has too many processes", (session) => {
  const limits = { nproc: { soft: 0, hard: 0 } };
  session.start(stays, { attributes: { uid: 4321 } });
  refused(
    session,
    { uid: 4321, limits },
    "cannot exec /bin/sh: EAGAIN (its user has as many processes as the limit nproc allows)",
  );
});

test("spawn() costs nothing that lasts: neither processes, nor descriptors, nor memory", async (session) => {
  const attributes: SpawnAttributes = isRoot
    ? { uid: 1234, gid: 1234, capabilities: { bounding: ["kill"], ambient: ["kill"] } }
    : { nice: 1 };
  const round = async (count: number) => {
    for (let left = count; left > 0; left--) {
      if (left % 10 === 0) {
        refused(session, { affinity: [1000] }, "cannot run on processors 1000: EINVAL (invalid argument)");
      }
      const { read, write } = session.os.pipe();
      const fds = [{ from: write, to: 1 }];
      session.start(["/bin/true"], left % 2 === 0 ? { fds } : { fds, attributes });
      session.os.close(write);
      session.os.close(read);
      while (session.exits.size === 0) session.note(await session.os.wait(10_000));
      session.exits.clear();
    }
  };
  await round(300);
  const fds = linux.openFds(session.os);
  const maps = () => Deno.readTextFileSync("/proc/self/maps").split("\n").length;
  const [before, mapsBefore] = [Deno.memoryUsage().rss, maps()];
  await round(3000);
  assertEquals(linux.openFds(session.os), fds);
  assertEquals(session.os.reap(), []);
  assertLess(maps() - mapsBefore, 100);
  assertLess(Deno.memoryUsage().rss - before, 64 * 1024 * 1024);
});

test("spawn() starts a process among very many descriptors, and gives it only its own", async (session) => {
  const { os } = session;
  const first = await shell(session, "echo /proc/self/fd/*");
  const many = Array.from({ length: 300 }, () => os.blob(new Uint8Array(1)));
  const pipes = Array.from({ length: 20 }, () => os.pipe());
  // More than the window holds: then all are copied, and all but these are closed.
  for (const count of [1, 15, 16, 20]) {
    const fds = pipes.slice(0, count).map(({ write }, at) => ({ from: write, to: at + 3 }));
    const { out } = session.listenTo(["/bin/sh", "-c", "ls /proc/self/fd; echo end >&3"], { fds });
    const numbers = (await session.text(out)).trim().split("\n").map(Number).sort((a, b) => a - b);
    // The last one is that of ls, which reads the folder.
    assertEquals(numbers.slice(0, count + 3), Array.from({ length: count + 3 }, (_, fd) => fd));
    assertEquals(numbers.length, count + 4);
    const said = new Uint8Array(10);
    assertEquals(os.read(pipes[0]!.read, said), 4);
  }
  // The table of steps grows with them.
  const fan = Array.from({ length: 200 }, (_, at) => ({ from: pipes[1]!.write, to: at + 3 }));
  const { out } = session.listenTo(["/bin/sh", "-c", "ls /proc/self/fd | wc -l"], { fds: fan });
  assertEquals(await session.text(out), "204\n");
  for (const { write } of pipes) os.close(write);
  // Nothing holds a copy of the writing ends, or this would not be the end.
  for (const { read } of pipes) assertEquals(os.read(read, new Uint8Array(1)), 0);
  for (const { read } of pipes) os.close(read);
  for (const fd of many) os.close(fd);
  assertEquals(await shell(session, "echo /proc/self/fd/*"), first);
});

testAsAdmin(
  "mounts: a folder with contents is seen by the process alone, and read by its owner alone",
  async (session) => {
    const at = await Deno.makeTempDir({ prefix: "denit-secrets-" });
    await Deno.chmod(at, 0o755);
    try {
      const encode = (text: string) => new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;
      const contents = {
        key: encode("of the\0door"),
        long: new Uint8Array(100_000).fill(120),
        none: encode(""),
      };
      const look =
        `cd ${at}; wc -c key long none; stat -c '%a %u %g' . key; cat key | tr '\\0' ' '; echo more >key || echo kept`;
      const owner = { uid: 4321, gid: 4322 };
      const attributes = { ...owner, mounts: [{ at, contents, ...owner }] };
      assertEquals((await shell(session, look, attributes)).split("\n").map((line) => line.trim()), [
        "11 key",
        "100000 long",
        "0 none",
        "100011 total",
        "700 4321 4322",
        "400 4321 4322",
        "of the doorkept",
        "",
      ]);
      assertEquals([...Deno.readDirSync(at)], []);
      const absent = { mounts: [{ at: `${at}/none`, contents }] };
      assertThrows(
        () => session.os.spawn({ argv: ["/bin/true"], env: {}, fds: [], attributes: absent }),
        OsError,
        `mount ${at}/none: ENOENT`,
      );
    } finally {
      await Deno.remove(at);
    }
  },
);

testAsAdmin("mounts: a part of what is read-only for the process may be writable", async (session) => {
  const folder = await Deno.makeTempDir({ prefix: "denit-mounts-" });
  try {
    await Deno.mkdir(`${folder}/own`);
    const mounts = [
      { bind: folder, at: folder, readOnly: true },
      { bind: `${folder}/own`, at: `${folder}/own`, readOnly: false },
    ];
    const look = `cd ${folder}; echo x >own/x && cat own/x; (echo y >y) 2>/dev/null || echo refused`;
    assertEquals(await shell(session, look, { mounts }), "x\nrefused\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
