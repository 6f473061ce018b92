import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Agenda, type Entry } from "./agenda.ts";

interface Named extends Entry {
  readonly name: number;
}

Deno.test("Agenda gives entries by time, and equal times in the order of their setting, whatever was moved or taken out", () => {
  const change = fc.tuple(fc.nat(9), fc.oneof(fc.nat(5), fc.constant(Infinity)));
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const entries = Array.from(
        { length: 10 },
        (_, name): Named => ({ name, due: Infinity, turn: 0, place: -1 }),
      );
      const agenda = new Agenda<Named>();
      const model = new Map<number, [due: number, turn: number]>();
      for (const [turn, [name, due]] of changes.entries()) {
        agenda.set(entries[name]!, due);
        if (due === Infinity) model.delete(name);
        else model.set(name, [due, turn]);
      }
      const expected = [...model].sort(([, a], [, b]) => a[0] - b[0] || a[1] - b[1]).map(([name]) => name);
      const seen: number[] = [];
      for (let next = agenda.first; next !== undefined; next = agenda.first) {
        seen.push(next.name);
        agenda.set(next, Infinity);
      }
      assertEquals(seen, expected);
    }),
  );
});
