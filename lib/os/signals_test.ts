import { assertEquals, assertThrows } from "@std/assert";
import { OsError } from "./error.ts";
import { defaultAction, signalName, signalNumber } from "./signals.ts";

Deno.test("signalNumber() and signalName() are inverse", () => {
  for (let number = 1; number <= 31; number++) assertEquals(signalNumber(signalName(number)), number);
  for (let number = 34; number <= 64; number++) assertEquals(signalNumber(signalName(number)), number);
});

Deno.test("signalNumber() knows aliases", () => {
  assertEquals([signalNumber("SIGPOLL"), signalNumber("SIGIOT"), signalNumber("SIGCLD")], [29, 6, 17]);
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
