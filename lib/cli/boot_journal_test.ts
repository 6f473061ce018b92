import { assertEquals } from "@std/assert";
import { InnerJournal, parseJournal } from "./boot_journal.ts";

Deno.test("parseJournal() leaves out half a line at the end, and what is no JSON", () => {
  const text = '{"t":1,"event":"boot"}\nnonsense\n{"t":2,"event":"booted"}\n{"t":3,"ev';
  assertEquals(parseJournal(text).map(({ event }) => event), ["boot", "booted"]);
  assertEquals(parseJournal(""), []);
});

Deno.test("InnerJournal.open() finds no folder where there is no such process", () => {
  // Above the highest pid that Linux can have.
  assertEquals(InnerJournal.open(2 ** 22 + 1), null);
});
