/** docs/features.md names tests that there are, and has an answer to every question of the sections it is about. */
import { assertEquals } from "@std/assert";
import { read } from "../../tools/tree.ts";

/** How many rows each section has. */
const SECTIONS = { C: 16, D: 13, E: 11, F: 14, G: 5 };

interface Row {
  readonly number: string;
  readonly answer: string;
  readonly proof: string;
}

function rows(): Row[] {
  const found: Row[] = [];
  for (const line of read("docs/features.md").split("\n")) {
    const [, number = "", , answer = "", , proof = ""] = line.split("|").map((cell) => cell.trim());
    if (/^[A-Z]\d+$/.test(number)) found.push({ number, answer, proof });
  }
  return found;
}

Deno.test("docs/features.md answers each question once", () => {
  const expected = Object.entries(SECTIONS).flatMap(([letter, count]) =>
    Array.from({ length: count }, (_, index) => `${letter}${index + 1}`)
  );
  assertEquals(rows().map(({ number }) => number), expected);
  assertEquals(rows().filter(({ answer }) => !["yes", "partial", "no"].includes(answer)), []);
});

Deno.test("docs/features.md proves what it says by tests that there are", () => {
  const faults = rows().flatMap(({ number, answer, proof }) => {
    if (answer === "no") return [];
    const named = /^`([^`]+_test\.ts)`: (.+)$/.exec(proof);
    if (named === null) return [`${number} names no test`];
    const [, path = "", title = ""] = named;
    let text: string;
    try {
      text = read(path);
    } catch {
      return [`${number}: there is no ${path}`];
    }
    return text.includes(title) ? [] : [`${number}: ${path} has no test "${title}"`];
  });
  assertEquals(faults, []);
});
