/** Text as source of a manual page, in the macros of mdoc(7). */

/** The width that source lines are filled to; how the page is filled is the reader's business. */
const WIDTH = 78;

/** A line of macros or text; a text that begins like a macro is kept from being one. */
export function textLine(text: string): string {
  return /^[.']/.test(text) ? `\\&${text}` : text;
}

/** Text with nothing in it that roff would act on. */
export function plain(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("…", "...").replaceAll("\u00a0", "\\ ");
}

/** Words to be typed as they stand. */
export function code(text: string): string {
  return `\\fB${plain(text).replaceAll("-", "\\-")}\\fR`;
}

/** Quotes an argument of a macro that has spaces, or would be taken for a macro itself. */
export function argument(text: string): string {
  const safe = plain(text).replaceAll('"', "\\(dq");
  return /\s/.test(safe) ? `"${safe}"` : /^[A-Z][a-z]$|^[[\](){}.,:;!?|]$/.test(safe) ? `\\&${safe}` : safe;
}

/**
 * Text of a docstring: paragraphs, lists whose items begin with `- `, blocks
 * of code between fences, words in backticks.
 */
export function prose(text: string): string[] {
  const lines: string[] = [];
  const parts = text.trim().split(/^```[a-z]*\n([\s\S]*?)^```$/m);
  for (const [index, part] of parts.entries()) {
    if (index % 2 === 1) lines.push(...block(part.trimEnd()));
    else {
      for (const chunk of part.trim().split(/\n\s*\n/).filter((chunk) => chunk.trim() !== "")) {
        if (lines.length > 0) lines.push(".Pp");
        lines.push(...(/^- /.test(chunk) ? bullets(chunk) : filled(chunk)));
      }
    }
  }
  return lines;
}

/** Lines to be shown as they stand. */
export function block(text: string): string[] {
  const shown = text.split("\n").map((line) => textLine(plain(line).replaceAll("-", "\\-")));
  return [".Bd -literal -offset indent", ...shown, ".Ed"];
}

/** Terms, each with the line that begins it, and what there is to say of them. */
export type Terms = readonly (readonly [tag: readonly string[], body: readonly string[]])[];

/** A list of terms. */
export function tagged(items: Terms): string[] {
  return list(items, "");
}

/** A list of terms inside of another, below what is said before. */
export function taggedInside(items: Terms): string[] {
  return items.length === 0 ? [] : [".Pp", ...list(items, " -compact")];
}

function list(items: Terms, how: string): string[] {
  if (items.length === 0) return [];
  return [`.Bl -tag -width Ds${how}`, ...items.flatMap(([tag, body]) => [...tag, ...body]), ".El"];
}

/** A section that has something to say. */
export function section(title: string, body: readonly string[]): string[] {
  return body.length === 0 ? [] : [`.Sh ${argument(title.toUpperCase())}`, ...body];
}

/** A phrase as a sentence. */
export function sentence(phrase: string): string {
  const text = phrase.trim();
  if (text === "") return "";
  // Only a plain word begins with a capital; names of files and settings stay as they are.
  const begun = /^[a-z]+([ ,:;]|$)/.test(text) ? text[0]!.toUpperCase() + text.slice(1) : text;
  return /[.!?:]$/.test(begun) ? begun : `${begun}.`;
}

/** The beginning of a page. */
export function head(page: {
  readonly name: string;
  readonly chapter: number;
  readonly purpose: string;
  readonly date: string;
  readonly version: string;
}): string[] {
  return [
    '.\\" Written by tools/manual.ts from the definitions of the program: change those, then run deno task man.',
    `.Dd ${page.date}`,
    `.Dt ${page.name.toUpperCase()} ${page.chapter}`,
    `.Os "Denit ${page.version}"`,
    ".Sh NAME",
    `.Nm ${page.name}`,
    `.Nd ${plain(page.purpose)}`,
  ];
}

/** The whole page. */
export function pageText(lines: readonly string[]): string {
  return `${lines.join("\n")}\n`;
}

function bullets(chunk: string): string[] {
  const items = chunk.split(/^- /m).slice(1);
  return [".Bl -bullet -compact", ...items.flatMap((item) => [".It", ...filled(item)]), ".El"];
}

/** Fills lines; each sentence begins one, as roff wants it. */
function filled(text: string): string[] {
  const joined = text.replaceAll(/\{@link(?:code)? ([^}]+)\}/g, "`$1`").replaceAll(/\s+/g, " ").trim();
  const marked = joined.split("`").map((part, index) => index % 2 === 1 ? code(part) : plain(part)).join("");
  return marked.split(/(?<=[\w)"'][.!?]) (?=[A-Z"(\\])/).flatMap((one) => wrapped(one)).map(textLine);
}

function wrapped(text: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + word.length + 1 > WIDTH) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return line === "" ? lines : [...lines, line];
}
