/** The layouts that this folder gives to C, against the C library and the kernel of this machine. */
import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { monotonic } from "./clock.ts";
import { SIZEOF_FILE_ACTIONS } from "./file_actions.ts";
import { libc } from "./libc.ts";
import { closeFd, makePipe } from "./pipe.ts";
import { WORDS } from "./poll.ts";
import { SIZEOF_SIGSET, SIZEOF_SPAWNATTR } from "./posix_spawn.ts";
import { decode, SI_CODE, SI_PID, SI_STATUS, SIGINFO_WORDS } from "./process.ts";

const extra = Deno.dlopen("libc.so.6", {
  getuid: { parameters: [], result: "u32" },
}).symbols;

/** How many bytes a call writes, from the first to the last that it touches. */
function written(call: (memory: Uint8Array<ArrayBuffer>) => void): number {
  let end = 0;
  for (const canary of [0xa5, 0x5a]) {
    const memory = new Uint8Array(1024).fill(canary);
    call(memory);
    end = Math.max(end, memory.findLastIndex((byte) => byte !== canary) + 1);
  }
  return end;
}

Deno.test("posix_spawn_file_actions_t is as long as glibc makes it", () => {
  assertEquals(written((memory) => libc.posix_spawn_file_actions_init(memory)), SIZEOF_FILE_ACTIONS);
});

Deno.test("posix_spawnattr_t is as long as glibc makes it", () => {
  assertEquals(written((memory) => libc.posix_spawnattr_init(memory)), SIZEOF_SPAWNATTR);
});

Deno.test("sigset_t is as long as glibc takes it", () => {
  const attributes = new Uint8Array(SIZEOF_SPAWNATTR);
  libc.posix_spawnattr_init(attributes);
  libc.posix_spawnattr_setsigmask(attributes, new Uint8Array(1024).fill(0xa5));
  assertEquals(attributes.filter((byte) => byte === 0xa5).length, SIZEOF_SIGSET);
});

Deno.test("epoll_event is packed: one after another every 12 bytes, the data behind the events", () => {
  const epoll = libc.epoll_create1(0);
  const pipes = [makePipe(), makePipe()];
  for (const [at, { read, write }] of pipes.entries()) {
    const event = new Uint32Array([1, 0x1111_1110 + at, 0x2222_2220 + at]);
    assertEquals(libc.epoll_ctl(epoll, 1, read, event), 0);
    closeFd(write);
  }
  const events = new Uint32Array(10).fill(0xffff_ffff);
  assertEquals(libc.epoll_wait(epoll, events, 2, 0), 2);
  assertEquals(WORDS, 3);
  const EPOLLHUP = 0x10;
  assertEquals([...events.subarray(0, 3)], [EPOLLHUP, 0x1111_1110, 0x2222_2220]);
  assertEquals([...events.subarray(3, 6)], [EPOLLHUP, 0x1111_1111, 0x2222_2221]);
  assertEquals([...events.subarray(6)], [0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff]);
  for (const { read } of pipes) closeFd(read);
  closeFd(epoll);
});

Deno.test("siginfo_t has code, pid and status where waitid() puts them", async () => {
  const child = new Deno.Command("/bin/sh", { args: ["-c", "exit 77"] }).spawn();
  const info = new Int32Array(SIGINFO_WORDS + 8).fill(-1);
  // WEXITED and WNOWAIT without WNOHANG: this waits for the end and leaves the zombie to its owner.
  assertEquals(libc.waitid(1, child.pid, info, 4 | 0x0100_0000), 0);
  const SIGCHLD = 17, CLD_EXITED = 1;
  assertEquals(info[0], SIGCHLD);
  assertEquals([info[SI_CODE], info[SI_PID], info[SI_STATUS]], [CLD_EXITED, child.pid, 77]);
  assertEquals(info[SI_PID + 1], extra.getuid());
  assertEquals([...info.subarray(SIGINFO_WORDS)], new Array(8).fill(-1));
  assertEquals((await child.status).code, 77);
});

Deno.test("decode() reads si_status as what si_code says it is", () => {
  assertEquals(decode(1, 9), { code: 9 });
  assertEquals(decode(2, 9), { signal: "SIGKILL", core: false });
  assertEquals(decode(3, 11), { signal: "SIGSEGV", core: true });
  assertEquals(decode(2, 36), { signal: "SIGRTMIN+2", core: false });
});

Deno.test("timespec gives the seconds of /proc/uptime, and monotonic() goes on in fractions of a millisecond", () => {
  const uptime = () => Number(Deno.readTextFileSync("/proc/uptime").split(" ")[0]) * 1000;
  const now = monotonic();
  assert(Number.isFinite(now));
  // CLOCK_MONOTONIC lacks the time that the machine was suspended, and /proc/uptime is in hundredths.
  assertGreater(now, 0);
  assertLess(now, uptime() + 20);
  const seen = new Set(Array.from({ length: 1000 }, () => monotonic() % 1));
  assertGreater(seen.size, 10);
});
