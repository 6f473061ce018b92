import { assertEquals, assertRejects } from "@std/assert";
import { OsError } from "../error.ts";
import { callAside, within } from "./aside.ts";
import { closeFd, makePipe, writeAll } from "./pipe.ts";

/** From <asm/unistd_64.h>. */
const SYS_read = 0, SYS_access = 21, SYS_getpid = 39, SYS_pread64 = 17;

const undertaking = (limit: number) => ({ call: "try", subject: "it", limit });

Deno.test("callAside() returns what the kernel does, with up to five arguments of each kind", async () => {
  assertEquals(await callAside(undertaking(5000), SYS_getpid), Deno.pid);
  assertEquals(await callAside(undertaking(5000), SYS_access, "/proc/self", 0), 0);
});

Deno.test("callAside() passes its fourth argument where the kernel looks for it", async () => {
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, "0123456789");
  const fd = await callAside(undertaking(5000), 2, path, 0, 0);
  const bytes = new Uint8Array(new ArrayBuffer(4));
  assertEquals(await callAside(undertaking(5000), SYS_pread64, fd, bytes, 4, 3), 4);
  assertEquals(new TextDecoder().decode(bytes), "3456");
  closeFd(fd);
  await Deno.remove(path);
});

Deno.test("callAside() tells the error of its own call, whatever other threads do", async () => {
  const calls = [["/nowhere", "ENOENT"], ["/proc/self/status/x", "ENOTDIR"], ["/proc/self", null]] as const;
  const outcomes = Array.from({ length: 60 }, async (_, at) => {
    const [path, code] = calls[at % 3]!;
    const outcome = await callAside(undertaking(5000), SYS_access, path, 0).then(
      () => null,
      (error) => error,
    );
    assertEquals(outcome === null ? null : outcome.code, code);
  });
  await Promise.all(outcomes);
});

Deno.test("callAside() gives up a call that takes longer than its limit, and keeps its memory until it returns", async () => {
  const { read, write } = makePipe();
  const bytes = new Uint8Array(new ArrayBuffer(8));
  const error = await assertRejects(() => callAside(undertaking(20), SYS_read, read, bytes, 8), OsError);
  assertEquals(error.message, "cannot try it: ETIMEDOUT (it takes too long)");
  // The thread still reads, and takes what comes.
  writeAll(write, new TextEncoder().encode("late"));
  while (bytes[0] === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  assertEquals(new TextDecoder().decode(bytes.subarray(0, 4)), "late");
  closeFd(read);
  closeFd(write);
});

Deno.test("within() passes on what comes in time, also a failure", async () => {
  assertEquals(await within(Promise.resolve(7), 1000), 7);
  assertEquals(await within(new Promise(() => {}), 1), null);
  await assertRejects(() => within(Promise.reject(new Error("no")), 1000), Error, "no");
});
