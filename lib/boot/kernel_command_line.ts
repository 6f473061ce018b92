import type { Millis } from "../define/time.ts";

/** What the kernel's command line asks of init. */
export interface KernelCommandLine {
  /** `denit.generation=ID`: the generation that the boot loader has chosen. */
  readonly generation: string | null;
  /** `denit.single`: a shell on the console first, and the boot once it is left. */
  readonly single: boolean;
  /** `denit.debug`: tell more. */
  readonly debug: boolean;
  /** `denit.rescue`: where a boot has failed, a shell on the console before anything that the system says. */
  readonly rescue: boolean;
  /** `denit.deadline=SECONDS`: how long the boot may take, whatever the system says. */
  readonly deadline: Millis | null;
  /** Every word with its value, null for one without. Of words that stand there twice, the last counts. */
  readonly words: ReadonlyMap<string, string | null>;
  /** What is wrong with words that begin with `denit.`, and what to write instead. */
  readonly faults: readonly string[];
}

type Value = string | null;

const isSwitch = (value: Value) => value === null || value === "1" || value === "0";
const isSeconds = (value: Value) => value !== null && /^\d*\.?\d+$/.test(value) && Number(value) > 0;

/** The words for init: how each is written, and which values it takes. */
const KNOWN: ReadonlyMap<string, readonly [form: string, takes: (value: Value) => boolean]> = new Map([
  ["denit.generation", ["denit.generation=ID", (value: Value) => value !== null && value !== ""]],
  ["denit.single", ["denit.single", isSwitch]],
  ["denit.debug", ["denit.debug", isSwitch]],
  ["denit.rescue", ["denit.rescue", isSwitch]],
  ["denit.deadline", ["denit.deadline=SECONDS", isSeconds]],
]);

/**
 * Reads a kernel command line, as it stands in /proc/cmdline: bootparam(7). Words end at blanks outside of double
 * quotes, which may surround a value or a whole word. What follows `--` are arguments of init, and not read here.
 */
export function parseKernelCommandLine(text: string): KernelCommandLine {
  const words = new Map(wordsOf(text));
  /** The value of a word, if it is there and the word takes it. */
  const valueOf = (word: string): Value | undefined => {
    const value = words.get(word);
    return value !== undefined && KNOWN.get(word)![1](value) ? value : undefined;
  };
  const isOn = (word: string) => [null, "1"].some((on) => valueOf(word) === on);
  const deadline = valueOf("denit.deadline");
  return {
    generation: valueOf("denit.generation") ?? null,
    single: isOn("denit.single"),
    debug: isOn("denit.debug"),
    rescue: isOn("denit.rescue"),
    deadline: deadline === undefined ? null : Number(deadline) * 1000,
    words,
    faults: [...words].flatMap(([word, value]) => word.startsWith("denit.") ? faultsOf(word, value) : []),
  };
}

function wordsOf(text: string): [string, Value][] {
  const words: [string, Value][] = [];
  for (const [word] of text.trimEnd().matchAll(/(?:"[^"]*(?:"|$)|[^\s"])+/g)) {
    if (word === "--") break;
    const whole = word.startsWith('"') ? word.replace(/^"|"$/g, "") : word;
    const equals = whole.indexOf("=", 1);
    if (equals === -1) words.push([whole, null]);
    else words.push([whole.slice(0, equals), whole.slice(equals + 1).replace(/^"(.*?)"?$/s, "$1")]);
  }
  return words;
}

function faultsOf(word: string, value: Value): readonly string[] {
  const written = value === null ? word : `${word}=${value}`;
  const known = KNOWN.get(word);
  if (known === undefined) {
    const names = [...KNOWN.keys()].sort((a, b) => distance(word, a) - distance(word, b));
    return [
      `cannot use ${written} of the kernel's command line: there is no such word; did you mean ${names[0]}?`,
    ];
  }
  if (known[1](value)) return [];
  return [`cannot use ${written} of the kernel's command line: it takes another value; write ${known[0]}`];
}

/** How many letters have to be changed, put in or left out to make one word of another. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (const [index, letter] of [...a].entries()) {
    const next = [index + 1];
    for (let at = 0; at < b.length; at++) {
      const changed = row[at]! + (letter === b[at] ? 0 : 1);
      next.push(Math.min(changed, row[at + 1]! + 1, next[at]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
