/** What a service has said of itself, for people: immutable, another object after every change. */
export interface Notice {
  /** Its STATUS, on one line; null if it has none. */
  readonly text: string | null;
  /** What it says that it is doing. */
  readonly doing: "reloading" | "stopping" | null;
  /** What it says to have failed of. */
  readonly complaints: readonly string[];
  /** The names of the descriptors that are kept for it. */
  readonly kept: readonly string[];
  /** How many of its messages, or lines of them, were refused since its start, and what the last one was. */
  readonly refused: { readonly count: number; readonly last: string } | null;
}

/** Of a service that has said nothing. */
export const silence: Notice = { text: null, doing: null, complaints: [], kept: [], refused: null };

/** The longest text of a service that is shown. */
const LONGEST_TEXT = 1000;

/** A text of somebody else as people can be shown it: nothing in it can control a terminal. */
export function presentable(text: string): string {
  return text.slice(0, LONGEST_TEXT).replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, "?");
}

/** Everything but the text, a sentence each. */
export function notesOf({ doing, complaints, kept, refused }: Notice): string[] {
  const said = {
    reloading: "says that it reads its configuration",
    stopping: "says that it is about to end",
  };
  const descriptors = `${kept.length} descriptor${kept.length === 1 ? " is" : "s are"} kept for it: ${
    kept.join(", ")
  }`;
  return [
    ...doing === null ? [] : [said[doing]],
    ...complaints.map((line) => `said ${line}`),
    ...kept.length === 0 ? [] : [descriptors],
    ...refused === null ? [] : [`refused ${refused.count}: ${refused.last}`],
  ];
}
