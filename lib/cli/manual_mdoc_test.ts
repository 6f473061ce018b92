import { assertEquals } from "@std/assert";
import { argument, code, prose, sentence, textLine } from "./manual_mdoc.ts";

Deno.test("prose() begins a line with each sentence, and turns words in backticks and links bold", () => {
  assertEquals(prose("One `a-b`\nof {@linkcode Log.keep}. Two."), [
    "One \\fBa\\-b\\fR of \\fBLog.keep\\fR.",
    "Two.",
  ]);
});

Deno.test("prose() knows paragraphs, lists and blocks of code", () => {
  assertEquals(prose("A:\n\n- one\n- two\n\n```ts\nx = 1;\n\n.y\n```\n"), [
    "A:",
    ".Pp",
    ".Bl -bullet -compact",
    ".It",
    "one",
    ".It",
    "two",
    ".El",
    ".Bd -literal -offset indent",
    "x = 1;",
    "",
    "\\&.y",
    ".Ed",
  ]);
});

Deno.test("prose() fills lines, none of which roff takes for a macro", () => {
  const lines = prose(`${"word ".repeat(30)}.Pp ${"word ".repeat(30)}`);
  assertEquals(lines.filter((line) => line.length > 80 || line.startsWith(".")), []);
  assertEquals(textLine("'quote"), "\\&'quote");
});

Deno.test("code() and argument() leave nothing for roff to act on", () => {
  assertEquals(code("a\\b-c"), "\\fBa\\eb\\-c\\fR");
  assertEquals(argument("two words"), '"two words"');
  assertEquals(argument('a "b"'), '"a \\(dqb\\(dq"');
  assertEquals(argument("Ar"), "\\&Ar");
});

Deno.test("sentence() makes a sentence of a phrase, and leaves names as they are", () => {
  assertEquals(sentence("wait no longer"), "Wait no longer.");
  assertEquals(sentence("$HOME is it."), "$HOME is it.");
  assertEquals(sentence("boot.jsonl there"), "boot.jsonl there.");
});
