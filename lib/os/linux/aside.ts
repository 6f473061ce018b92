/** System calls that a dead disk or server may keep waiting for ever: they run in another thread, each with a limit. */
import type { Millis } from "../../define/time.ts";
import { type ErrnoName, osError } from "../errno.ts";
import { cstring } from "./libc.ts";
import { loadCode } from "./machine_code.ts";

/**
 * syscall(2) without its last step. In C, errno belongs to the thread that made the call, and a nonblocking call runs
 * in a thread that we cannot ask; the kernel itself returns the number, negated. The arguments move from where a C
 * function finds them to where the kernel does.
 */
// deno-fmt-ignore
const CODE = [
  0xf3, 0x0f, 0x1e, 0xfa, // endbr64
  0x48, 0x89, 0xf8,       // mov rax, rdi: the number of the call
  0x48, 0x89, 0xf7,       // mov rdi, rsi
  0x48, 0x89, 0xd6,       // mov rsi, rdx
  0x48, 0x89, 0xca,       // mov rdx, rcx
  0x4d, 0x89, 0xc2,       // mov r10, r8
  0x4d, 0x89, 0xc8,       // mov r8, r9
  0x0f, 0x05,             // syscall
  0xc3,                   // ret
];

const DEFINITION = {
  parameters: ["u64", "u64", "u64", "u64", "u64", "u64"],
  result: "i32",
  nonblocking: true,
} as const satisfies Deno.ForeignFunction;

let made: Deno.UnsafeFnPointer<typeof DEFINITION> | null = null;

function kernel(): Deno.UnsafeFnPointer<typeof DEFINITION> {
  if (made !== null) return made;
  const pointer = loadCode<Omit<typeof DEFINITION, "nonblocking">>(CODE);
  return made = new Deno.UnsafeFnPointer(pointer, DEFINITION);
}

/** Memory that the kernel may still use, kept from the garbage collector. */
const lent = new Set<unknown>();

/** What is done, to what, and how long that may take. */
export interface Undertaking {
  /** As {@linkcode OsError} names it: `unmount`. */
  readonly call: string;
  readonly subject: string;
  readonly limit: Millis;
}

/**
 * Makes a system call in another thread.
 *
 * @param number Of the call, from <asm/unistd_64.h>.
 * @param args At most five; texts and bytes are passed by their address.
 * @returns What the call returns.
 * @throws {OsError} As the call; ETIMEDOUT once the limit has passed, and then it goes on behind our back.
 */
export async function callAside(
  { call, subject, limit }: Undertaking,
  number: number,
  ...args: readonly (string | number | Uint8Array<ArrayBuffer>)[]
): Promise<number> {
  const memory = args.map((arg) => typeof arg === "string" ? cstring(arg) : arg);
  const [a = 0n, b = 0n, c = 0n, d = 0n, e = 0n] = memory.map((arg) =>
    typeof arg === "number" ? BigInt(arg) : Deno.UnsafePointer.value(Deno.UnsafePointer.of(arg))
  );
  lent.add(memory);
  const running = kernel().call(BigInt(number), a, b, c, d, e).finally(() => lent.delete(memory));
  const result = await within(running, limit);
  if (result === null) {
    throw osError(call, "ETIMEDOUT" satisfies ErrnoName, subject, "it takes too long");
  }
  if (result < 0) throw osError(call, -result, subject);
  return result;
}

/** What a promise is fulfilled with, or null if that takes longer than a limit. */
export async function within<T>(promise: Promise<T>, limit: Millis): Promise<T | null> {
  const late = Promise.withResolvers<null>();
  const timer = setTimeout(late.resolve, Math.max(0, limit), null);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
