import { assertEquals } from "@std/assert";
import { newestBoot, readJournal } from "./analysis_journal.ts";

Deno.test("readJournal() keeps what are entries, whatever else is in the file", () => {
  const journal = [
    '{"t":1000000,"event":"boot","pid":1}',
    '{"t":2000000,"event":"from-the-future","service":"web","novelty":[1]}',
    "",
    "not JSON",
    "[1]",
    "null",
    '{"event":"up","service":"web"}',
    '{"t":"3","event":"up","service":"web"}',
    '{"t":4000000,"event":7}',
    '{"t":5000000,"event":"up","service":5}',
    '{"t":6000000,"event":"up","serv',
  ].join("\n");
  assertEquals(readJournal(journal).map(({ t, event, service }) => [t, event, service]), [
    [1, "boot", null],
    [2, "from-the-future", "web"],
    [5, "up", null],
  ]);
  assertEquals(readJournal(""), []);
});

Deno.test("readJournal() reads a journal that was cut off anywhere", () => {
  const whole = '{"t":1000000,"event":"boot"}\n{"t":2000000,"event":"up","service":"web"}\n';
  for (let length = 0; length <= whole.length; length++) {
    const read = readJournal(whole.slice(0, length));
    const events = ["boot", "up"].slice(0, read.length);
    assertEquals(read.map(({ event }) => event), events);
  }
});

Deno.test("newestBoot() begins at the last boot, or at the beginning if that is lost", () => {
  const entries = readJournal(
    ["boot", "up", "boot", "start"].map((event, t) => JSON.stringify({ t, event })).join("\n"),
  );
  assertEquals(newestBoot(entries), entries.slice(2));
  assertEquals(newestBoot(entries.slice(3)), entries.slice(3));
  assertEquals(newestBoot([]), []);
});
