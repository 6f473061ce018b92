/** Machine code of our own: what the kernel asks of a process between two instructions, JavaScript cannot do. */
import { checked, failure, libc } from "./libc.ts";

/** From <sys/mman.h>. */
const PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4, MAP_PRIVATE = 0x02, MAP_ANONYMOUS = 0x20;
const MAP_FAILED = 2n ** 64n - 1n, PAGE = 4096n;

/**
 * Loads code into memory of its own, which can be executed then but not be written any more. It stays for ever:
 * another thread may be in the middle of it.
 *
 * @param code At most a page of x86-64 instructions that work at any address.
 * @throws {OsError} `map` with ENOMEM; `protect` with EACCES where no memory may become executable.
 */
export function loadCode<T>(code: Uint8Array | readonly number[]): Deno.PointerObject<T> {
  const address = libc.mmap(0n, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0n);
  if (address === MAP_FAILED) throw failure("map", "memory");
  const page = Deno.UnsafePointer.create<T>(address)!;
  new Uint8Array(Deno.UnsafePointerView.getArrayBuffer(page, code.length)).set(code);
  checked(libc.mprotect(address, PAGE, PROT_READ | PROT_EXEC), "protect", "memory");
  return page;
}
