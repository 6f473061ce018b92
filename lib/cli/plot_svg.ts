/** The little of SVG that a drawing needs. */

/** Attributes of an element; those that are undefined are left out. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** An element as text; `content` has been escaped before. */
export function element(name: string, attributes: Attributes, ...content: readonly string[]): string {
  const written = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined
      ? []
      : [` ${key}="${typeof value === "number" ? coordinate(value) : escapeXml(value)}"`]
  );
  const start = `<${name}${written.join("")}`;
  return content.length === 0 ? `${start}/>` : `${start}>${content.join("")}</${name}>`;
}

/** A text at a place. */
export function text(
  x: number,
  y: number,
  words: string,
  style: string,
  attributes: Attributes = {},
): string {
  return element("text", { x, y, class: style, ...attributes }, escapeXml(words));
}

/** The data of a path: letters and numbers. */
export function path(...parts: readonly (string | number)[]): string {
  return parts.map((part) => typeof part === "number" ? coordinate(part) : part).join(" ");
}

/** A number without more digits than a picture can show. */
export function coordinate(value: number): string {
  return String(Number(value.toFixed(2)));
}

/** Text for XML: characters that mean something to it are written otherwise, those that it does not allow are dropped. */
export function escapeXml(words: string): string {
  return words
    // deno-lint-ignore no-control-regex
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu, "")
    .replace(/[&<>"']/g, (found) => `&#${found.charCodeAt(0)};`);
}

/** The most that a text may be wide, in the widest of the fonts that a viewer may take. */
export function widthOf(words: string, size: number): number {
  return words.length * size * 0.64;
}

/** A text that is no longer than `most` characters: of a longer one the middle goes. */
export function shortened(words: string, most: number): string {
  if (words.length <= most) return words;
  const head = Math.ceil((most - 1) / 2);
  return `${words.slice(0, head)}…${words.slice(words.length - (most - 1 - head))}`;
}
