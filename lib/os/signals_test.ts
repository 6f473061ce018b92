import { assertEquals, assertThrows } from "@std/assert";
import { OsError } from "./error.ts";
import { defaultAction, SIGNAL_NAMES, signalName, signalNumber } from "./signals.ts";

const libc = Deno.dlopen("libc.so.6", {
  sigabbrev_np: { parameters: ["i32"], result: "pointer" },
  __libc_current_sigrtmin: { parameters: [], result: "i32" },
  __libc_current_sigrtmax: { parameters: [], result: "i32" },
}).symbols;

Deno.test("SIGNAL_NAMES has exactly the names of the C library, in the order of its numbers", () => {
  const theirs: string[] = [];
  for (let number = 1; number < 32; number++) {
    const name = libc.sigabbrev_np(number);
    theirs.push(name === null ? "" : `SIG${Deno.UnsafePointerView.getCString(name)}`);
  }
  // glibc calls number 29 by its older name.
  assertEquals(SIGNAL_NAMES.map((name) => name === "SIGIO" ? "SIGPOLL" : name), theirs);
});

Deno.test("signalNumber() and signalName() are inverse", () => {
  for (let number = 1; number <= 31; number++) assertEquals(signalNumber(signalName(number)), number);
  for (let number = 34; number <= 64; number++) assertEquals(signalNumber(signalName(number)), number);
});

Deno.test("signalNumber() knows aliases and the real-time signals of the C library", () => {
  assertEquals([signalNumber("SIGPOLL"), signalNumber("SIGIOT"), signalNumber("SIGCLD")], [29, 6, 17]);
  const first = libc.__libc_current_sigrtmin(), last = libc.__libc_current_sigrtmax();
  assertEquals(signalNumber("SIGRTMIN"), first);
  assertEquals(signalNumber(`SIGRTMIN+${last - first}`), last);
});

Deno.test("signalNumber() refuses what is no signal", () => {
  const wrong = [
    "SIG",
    "SIGterm",
    "SIGRTMIN+31",
    "SIGRTMIN-1",
    "SIGRTMIN+1.5",
    "SIGRTMIN+",
    "SIGRTMINx",
    "SIGRTMIN3",
    "SIGRTMIN+ 3",
    "SIG9",
  ] as const;
  for (const name of wrong) {
    const error = assertThrows(() => signalNumber(name), OsError, undefined, name);
    assertEquals(error.code, "EINVAL");
  }
});

Deno.test("defaultAction() tells of real-time signals that they end a process", () => {
  assertEquals(defaultAction("SIGRTMIN+5"), "terminate");
  assertEquals([defaultAction("SIGSEGV"), defaultAction("SIGCHLD")], ["core", "ignore"]);
  assertEquals([defaultAction("SIGSTOP"), defaultAction("SIGCONT")], ["stop", "continue"]);
});
