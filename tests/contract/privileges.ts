/** What this thread may do, changed for a moment: a process that it starts meanwhile begins with that. */
import { assertEquals } from "@std/assert";
import { libc } from "../../lib/os/linux/libc.ts";

/** From <linux/capability.h> and <asm/unistd_64.h>. */
const VERSION = 0x2008_0522, SYS_setresuid = 117;
/** From <sys/prctl.h>. A process that has changed its user may not even open its own files in /proc, unless it says so. */
const PR_SET_DUMPABLE = 4;

function capabilities(): Uint32Array<ArrayBuffer> {
  const sets = new Uint32Array(6);
  assertEquals(libc.capget(Uint32Array.of(VERSION, 0), sets), 0);
  return sets;
}

/** Whether this thread has a capability. */
export function has(number: number): boolean {
  return (capabilities()[number < 32 ? 0 : 3]! >>> (number & 31) & 1) === 1;
}

/** Does something without any capability in effect, but as the same user. */
export function withoutCapabilities(body: () => void): void {
  const before = capabilities();
  const none = before.slice();
  none[0] = none[3] = 0;
  assertEquals(libc.capset(Uint32Array.of(VERSION, 0), none), 0);
  try {
    body();
  } finally {
    assertEquals(libc.capset(Uint32Array.of(VERSION, 0), before), 0);
  }
}

/** Does something as another user, of whose rights none are root's; only this thread changes. */
export function asUser(uid: number, body: () => void): void {
  assertEquals(libc.setresuid_of_thread(SYS_setresuid, uid, uid, 0), 0);
  libc.prctl(PR_SET_DUMPABLE, 1n, 0n, 0n, 0n);
  try {
    body();
  } finally {
    assertEquals(libc.setresuid_of_thread(SYS_setresuid, 0, 0, 0), 0);
    libc.prctl(PR_SET_DUMPABLE, 1n, 0n, 0n, 0n);
  }
}
