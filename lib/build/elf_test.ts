import { assertEquals } from "@std/assert";
import { elfLength } from "./elf.ts";

Deno.test("elfLength tells where a program on disk ends", () => {
  const bytes = Deno.readFileSync("/proc/self/exe");
  const length = elfLength(bytes);
  // This Deno has nothing appended, and linkers write the section headers last.
  assertEquals(length, bytes.length);
  const longer = new Uint8Array(bytes.length + 3);
  longer.set(bytes);
  assertEquals(elfLength(longer), length);
});

Deno.test("elfLength refuses what is no program for x86-64", () => {
  const header = Deno.readFileSync("/proc/self/exe").slice(0, 64);
  assertEquals(elfLength(header.slice(0, 63)), null);
  assertEquals(elfLength(new TextEncoder().encode("#!/bin/sh\n".repeat(10))), null);
  for (const [offset, what] of [[4, "32-bit"], [5, "big-endian"], [18, "another machine"]] as const) {
    const changed = header.slice();
    changed[offset]! ^= 3;
    assertEquals(elfLength(changed), null, what);
  }
});
