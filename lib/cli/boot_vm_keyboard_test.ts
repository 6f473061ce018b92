import { assertEquals } from "@std/assert";
import { Keyboard } from "./boot_vm_keyboard.ts";

/** What passes of some keys, and how often Ctrl-C was for us. */
function typed(...pieces: string[]): [passed: string, interrupts: number] {
  let interrupts = 0;
  const keyboard = new Keyboard(() => interrupts++);
  const passed = pieces.map((piece) => keyboard.take(new TextEncoder().encode(piece)));
  return [passed.map((bytes) => new TextDecoder().decode(bytes)).join(""), interrupts];
}

Deno.test("Keyboard passes everything but Ctrl-C", () => {
  assertEquals(typed("ls\r\x04\x1a\x1b[A"), ["ls\r\x04\x1a\x1b[A", 0]);
  assertEquals(typed("a\x03b", "\x03"), ["ab", 2]);
});

Deno.test("Keyboard passes a Ctrl-C after Ctrl-V, also one that comes later, and that Ctrl-V before other keys", () => {
  assertEquals(typed("\x16\x03"), ["\x03", 0]);
  assertEquals(typed("\x16", "\x03", "\x03"), ["\x03", 1]);
  assertEquals(typed("\x16\x16", "\x03"), ["\x16", 1]);
  assertEquals(typed("\x16x\x03"), ["\x16x", 1]);
});
