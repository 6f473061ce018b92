import { assert, assertEquals, assertGreater, assertThrows } from "@std/assert";
import { OsError } from "../error.ts";
import {
  cgroupOf,
  cgroupRoot,
  controlCgroup,
  controllersOf,
  isPopulated,
  killCgroup,
  makeCgroup,
  removeCgroup,
  usageOf,
} from "./cgroup.ts";
import { linuxOs } from "./linux_os.ts";

const root = cgroupRoot();
/** Where we make cgroups, if we may: in a container not even root can, mostly. */
const own = cgroupOf("self");
const ignore = own === null || !mayMakeCgroups();

function mayMakeCgroups(): boolean {
  try {
    makeCgroup(`${own}/denit-test-${Deno.pid}`);
    removeCgroup(`${own}/denit-test-${Deno.pid}`);
    return true;
  } catch {
    return false;
  }
}

/** A cgroup of a test's own. */
function withCgroup(body: (cgroup: string) => Promise<void> | void): () => Promise<void> {
  return async () => {
    const cgroup = `${own}/denit-test-${Deno.pid}`;
    makeCgroup(cgroup);
    try {
      await body(cgroup);
    } finally {
      removeCgroup(cgroup);
    }
  };
}

Deno.test("cgroupRoot() is where the hierarchy of version 2 is", { ignore: root === null }, () => {
  assert(Deno.statSync(`${root}/cgroup.procs`).isFile);
  assert(cgroupOf("self")!.startsWith(root!));
  assertEquals(cgroupOf(2 ** 22 + 1), null);
});

Deno.test({
  name: "killCgroup() ends all that was born in a cgroup, and isPopulated() tells when it is empty",
  ignore,
  fn: withCgroup(async (cgroup) => {
    const inner = `${cgroup}/inner`;
    makeCgroup(inner);
    makeCgroup(inner);
    const os = linuxOs();
    try {
      // The second one leaves the group and the session, but not the cgroup.
      const argv = ["/bin/sh", "-c", "setsid sleep 1000 & sleep 1000"] as const;
      const { read, write } = os.pipe();
      const pid = os.spawn({ argv, env: {}, fds: [{ from: write, to: 1 }], attributes: { cgroup: inner } });
      os.close(write);
      assertEquals(cgroupOf(pid), inner);
      assertEquals([isPopulated(inner), isPopulated(cgroup)], [true, true]);
      const busy = assertThrows(() => removeCgroup(cgroup), OsError);
      assertEquals([busy.call, busy.code, busy.subject], ["remove cgroup", "EBUSY", inner]);
      killCgroup(cgroup);
      os.watch(read);
      // Whoever still lives holds the pipe open.
      const byte = new Uint8Array(1);
      while (os.read(read, byte) !== 0) await os.wait(10_000);
      let ended = 0;
      while (ended === 0) {
        await os.wait(10_000);
        ended += os.reap().filter((exit) => exit.pid === pid).length;
      }
      while (isPopulated(cgroup)) await os.wait(1);
    } finally {
      os.dispose();
    }
  }),
});

Deno.test({
  name: "removeCgroup() takes those inside too, and is content with none",
  ignore,
  fn: withCgroup((cgroup) => {
    makeCgroup(`${cgroup}/a`);
    makeCgroup(`${cgroup}/a/b`);
    removeCgroup(`${cgroup}/a`);
    removeCgroup(`${cgroup}/a`);
    assertThrows(() => Deno.statSync(`${cgroup}/a`), Deno.errors.NotFound);
    const orphan = assertThrows(() => makeCgroup(`${cgroup}/a/b`), OsError);
    assertEquals([orphan.call, orphan.code], ["make cgroup", "ENOENT"]);
  }),
});

Deno.test({
  name: "controlCgroup() writes what the kernel takes, and tells what it does not",
  ignore,
  fn: withCgroup((cgroup) => {
    controlCgroup(cgroup, "cgroup.freeze", 1);
    assertEquals(Deno.readTextFileSync(`${cgroup}/cgroup.freeze`), "1\n");
    const wrong = assertThrows(() => controlCgroup(cgroup, "cgroup.freeze", 7), OsError);
    assertEquals(wrong.call, "write");
    assert(wrong.subject.startsWith('"7" to '));
    if (!controllersOf(cgroup).includes("memory")) {
      const missing = assertThrows(() => controlCgroup(cgroup, "memory.max", 1 << 20), OsError);
      assert(["ENOENT", "EACCES"].includes(missing.code), missing.message);
    } else {
      controlCgroup(cgroup, "memory.max", 1 << 20);
      assertEquals(Deno.readTextFileSync(`${cgroup}/memory.max`), "1048576\n");
    }
  }),
});

Deno.test({
  name: "usageOf() reads what there is",
  ignore,
  fn: withCgroup(async (cgroup) => {
    assertEquals(usageOf(`${cgroup}/none`), {
      memory: null,
      memoryPeak: null,
      cpuMicros: null,
      processes: null,
      oomKills: null,
      pressure: { cpu: null, memory: null, io: null },
    });
    const os = linuxOs();
    try {
      const argv = ["/bin/sh", "-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"] as const;
      os.spawn({ argv, env: {}, fds: [], attributes: { cgroup } });
      while (os.reap().length === 0) await os.wait(10_000);
    } finally {
      os.dispose();
    }
    const { cpuMicros, memory } = usageOf(cgroup);
    assertGreater(cpuMicros ?? 0, 1000);
    assertEquals(memory !== null, controllersOf(cgroup).includes("memory"));
  }),
});
