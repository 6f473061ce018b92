/** The tables of errors and signals, against the C library of this machine, which knows those of its headers. */
import { assertEquals } from "@std/assert";
import { ERRNO } from "../errno.ts";
import { SIGNAL_NAMES, signalNumber } from "../signals.ts";

const libc = Deno.dlopen("libc.so.6", {
  strerrorname_np: { parameters: ["i32"], result: "pointer" },
  strerror: { parameters: ["i32"], result: "pointer" },
  sigabbrev_np: { parameters: ["i32"], result: "pointer" },
  __libc_current_sigrtmin: { parameters: [], result: "i32" },
  __libc_current_sigrtmax: { parameters: [], result: "i32" },
}).symbols;

function text(pointer: Deno.PointerValue): string | null {
  return pointer === null ? null : Deno.UnsafePointerView.getCString(pointer);
}

Deno.test("ERRNO has exactly the errors of the C library, with its numbers", () => {
  const theirs: Record<string, number> = {};
  for (let number = 1; number < 200; number++) {
    const name = text(libc.strerrorname_np(number));
    if (name !== null) theirs[name] = number;
  }
  const ours = Object.fromEntries(Object.entries(ERRNO).map(([name, [number]]) => [name, number]));
  assertEquals(ours, theirs);
});

Deno.test("ERRNO says of each error what strerror(3) says", () => {
  for (const [number, meaning] of Object.values(ERRNO)) {
    assertEquals(meaning.toLowerCase(), text(libc.strerror(number))?.toLowerCase());
  }
});

Deno.test("SIGNAL_NAMES has exactly the names of the C library, in the order of its numbers", () => {
  const theirs = SIGNAL_NAMES.map((_, index) => `SIG${text(libc.sigabbrev_np(index + 1))}`);
  // glibc calls number 29 by its older name.
  assertEquals(SIGNAL_NAMES.map((name) => name === "SIGIO" ? "SIGPOLL" : name), theirs);
  assertEquals(text(libc.sigabbrev_np(SIGNAL_NAMES.length + 1)), null);
});

Deno.test("signalNumber() knows the real-time signals of the C library", () => {
  const first = libc.__libc_current_sigrtmin(), last = libc.__libc_current_sigrtmax();
  assertEquals(signalNumber("SIGRTMIN"), first);
  assertEquals(signalNumber(`SIGRTMIN+${last - first}`), last);
});
