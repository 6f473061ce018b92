/** What may come next on a command line, told from the very commands that would carry it out. PID 1 does not load it. */
import type { CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { SIGNAL_NAMES } from "../os/signals.ts";
import { type LiveName, liveNames } from "./completion_names.ts";
import { print } from "./ctl_verb.ts";
import { EXIT_CODES } from "./exit_codes.ts";

/** A word that may come next, or a request to the shell to complete a path. */
export type Candidate =
  | { readonly value: string; readonly text: string }
  | { readonly path: "file" | "folder" };

/** A command of any shape. */
export type AnyCommand = CommandUnknownOpts;

/** Where the words so far have led. */
interface Place {
  readonly command: AnyCommand;
  /** Arguments of the command so far. */
  readonly given: readonly string[];
  /** The option whose value comes next. */
  readonly option: Option | null;
  /** Whether `--` has ended the options. */
  readonly ended: boolean;
  readonly runtimeDir: string | undefined;
}

/**
 * Prints the candidates for the last of the words, one a line: the word, a
 * tab, what it means. `:files` and `:dirs` ask the shell for paths. Where
 * there is nothing to say it says nothing, and it never fails.
 *
 * @param program What the words are for.
 * @param words The words after the program's name, up to the one at the cursor, which may be empty.
 * @returns The exit code, 0.
 */
export async function completeRole(program: AnyCommand, words: readonly string[]): Promise<number> {
  const lines = (await complete(program, words)).map((candidate) =>
    "path" in candidate
      ? candidate.path === "file" ? ":files\n" : ":dirs\n"
      : `${candidate.value}\t${candidate.text.replaceAll(/\s+/g, " ")}\n`
  );
  await print(lines.join(""));
  return EXIT_CODES.yes;
}

/** The candidates for the last of the words. */
export async function complete(program: AnyCommand, words: readonly string[]): Promise<readonly Candidate[]> {
  const [first = "", ...rest] = words;
  // These are for a program of its own, which reads its words itself.
  if (rest.length > 0 && program.name() === "init" && (first === "ctl" || first === "completion")) {
    const { ctlProgram } = await import("./ctl_command.ts");
    return await complete(ctlProgram(() => {}), first === "ctl" ? rest : words);
  }
  const place = walk(program, words.slice(0, -1));
  return place === null ? [] : await candidatesAt(place, words.at(-1) ?? "");
}

/** Follows the finished words; null where no command would understand them. */
function walk(program: AnyCommand, words: readonly string[]): Place | null {
  let command = program;
  let given: string[] = [];
  let option: Option | null = null;
  let ended = false;
  let runtimeDir: string | undefined;
  for (const word of words) {
    if (option !== null) {
      // Bash makes words of their own of `=` and of what follows it.
      if (word === "=") continue;
      if (option.attributeName() === "runtimeDir") runtimeDir = word;
      option = null;
    } else if (!ended && word === "--") ended = true;
    else if (!ended && word.startsWith("-") && word !== "-") {
      const [flag, value] = split(word);
      const known = optionsOf(command).find((other) => other.short === flag || other.long === flag);
      if (known?.required !== true) continue;
      if (value === null) option = known;
      else if (known.attributeName() === "runtimeDir") runtimeDir = value;
    } else if (command.commands.length > 0 && word !== "help") {
      const next = command.commands.find((other) => other.name() === word || other.aliases().includes(word));
      if (next === undefined) return null;
      command = next;
      given = [];
    } else if (command.commands.length === 0) given.push(word);
  }
  return { command, given, option, ended, runtimeDir };
}

async function candidatesAt(place: Place, word: string): Promise<readonly Candidate[]> {
  const { command, given, option, ended, runtimeDir } = place;
  if (option !== null) return matching(valuesOf(option), word === "=" ? "" : word);
  if (!ended && word.startsWith("-")) {
    const [flag, value] = split(word);
    if (value === null) {
      return matching(optionsOf(command).filter((known) => !known.hidden).flatMap(optionWords), word);
    }
    const known = optionsOf(command).find((other) => other.short === flag || other.long === flag);
    if (known?.required !== true) return [];
    return matching(
      valuesOf(known).map((item) => "path" in item ? item : { ...item, value: `${flag}=${item.value}` }),
      word,
    );
  }
  if (command.commands.length > 0) {
    const visible = command.createHelp().visibleCommands(command);
    return matching(visible.map((verb) => ({ value: verb.name(), text: verb.description() })), word);
  }
  const known = command.registeredArguments;
  const argument = known[given.length] ?? (known.at(-1)?.variadic === true ? known.at(-1) : undefined);
  if (argument === undefined) return [];
  if (argument.argChoices !== undefined) {
    return matching(argument.argChoices.map((value) => ({ value, text: "" })), word);
  }
  switch (argument.name()) {
    case "name":
    case "bundle": {
      // A verb that takes several takes bundles, too.
      const kinds: readonly LiveName["kind"][] = argument.name() === "bundle"
        ? ["bundle"]
        : argument.variadic
        ? ["service", "bundle"]
        : ["service"];
      const names = (await liveNames(runtimeDir)).filter(({ kind, value }) =>
        kinds.includes(kind) && !given.includes(value)
      );
      return matching(names.map(({ value, text }) => ({ value, text })), word);
    }
    case "verb": {
      const service = (await liveNames(runtimeDir)).find(({ value }) => value === given[0]);
      return matching((service?.verbs ?? []).map((value) => ({ value, text: "" })), word);
    }
    case "signal": {
      // Both HUP and SIGHUP are understood; nobody wants to see each twice.
      const names = SIGNAL_NAMES.map((name) => /^sig/i.test(word) ? name : name.slice("SIG".length));
      return matching(names.map((value) => ({ value, text: "" })), word.toUpperCase());
    }
    case "init":
    case "file":
      return [{ path: "file" }];
    case "dir":
      return [{ path: "folder" }];
    default:
      return [];
  }
}

/** The options of a command and of those that it belongs to; what each has of its own, such as `--help`, once. */
function optionsOf(command: AnyCommand): readonly Option[] {
  const outer = command.parent === null
    ? []
    : command.parent.options.filter((option) => option.attributeName() !== "version");
  return [...command.createHelp().visibleOptions(command), ...outer];
}

function optionWords(option: Option): readonly Candidate[] {
  // What an option is called in full also says what it does.
  const value = option.long ?? option.short;
  return value === undefined || value === null ? [] : [{ value, text: option.description }];
}

/** The values of an option: those that it names, or paths where it wants one. */
function valuesOf(option: Option): readonly Candidate[] {
  if (option.argChoices !== undefined) return option.argChoices.map((value) => ({ value, text: "" }));
  if (/<dir>/.test(option.flags)) return [{ path: "folder" }];
  return /<(file|init)>/.test(option.flags) ? [{ path: "file" }] : [];
}

function matching(candidates: readonly Candidate[], word: string): readonly Candidate[] {
  return candidates.filter((candidate) => "path" in candidate || candidate.value.startsWith(word));
}

/** `--format=dot` as option and value. */
function split(word: string): readonly [flag: string, value: string | null] {
  const equals = word.startsWith("--") ? word.indexOf("=") : -1;
  return equals === -1 ? [word, null] : [word.slice(0, equals), word.slice(equals + 1)];
}
