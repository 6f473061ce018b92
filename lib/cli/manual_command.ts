/** Commands as parts of a manual page: what `--help` shows, from the same definitions. */
import type { Argument, CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { argument, plain, prose, sentence, tagged, taggedInside } from "./manual_mdoc.ts";

/** A command of any shape. */
type AnyCommand = CommandUnknownOpts;

/** The subcommands that are shown, by the heading that `--help` shows them under. */
export function groupsOf(program: AnyCommand): readonly (readonly [string, readonly AnyCommand[]])[] {
  const groups = new Map<string, AnyCommand[]>();
  for (const command of program.createHelp().visibleCommands(program)) {
    const heading = command.helpGroup() || "Commands:";
    groups.set(heading, [...groups.get(heading) ?? [], command]);
  }
  return [...groups];
}

/** Each command with its arguments, options, and what else its help says. */
export function commandList(commands: readonly AnyCommand[]): string[] {
  return tagged(commands.map((command) => [synopsis(command), description(command)]));
}

/** The options of a command, but for `--help` and `--version`. */
export function optionList(command: AnyCommand): string[] {
  return tagged(ownOptions(command).map((option) => [[`.It ${flags(option)}`], prose(optionText(option))]));
}

/** What a command's help says behind the list of options, but for exit codes and examples. */
export function afterText(command: AnyCommand): string[] {
  const paragraphs = helpAfter(command).split(/\n\s*\n/).map((text) => text.trim()).filter((text) =>
    text !== ""
  );
  const told = paragraphs.filter((text) => !/^Examples:/.test(text)).map((text) =>
    text.split("\n").filter((line) => !/^Exit codes?:/.test(line)).join("\n")
  );
  return told.filter((text) => text !== "").flatMap((text) => [".Pp", ...afterParagraph(text)]);
}

/** The exit codes that a command's help names. */
export function exitCodes(command: AnyCommand): readonly (readonly [code: string, meaning: string])[] {
  const list = helpAfter(command).match(/^Exit codes?: (.*?)\.?$/m)?.[1] ?? "";
  return list.split(/, (?=\d+ )/).filter((item) => item !== "").map((item) => {
    const [code = "", ...words] = item.split(" ");
    return [code, words.join(" ")] as const;
  });
}

/** The section that says what they mean. */
export function exitCodeList(codes: readonly (readonly [string, string])[]): string[] {
  return tagged(codes.map(([code, meaning]) => [[`.It ${code}`], prose(sentence(meaning))]));
}

function synopsis(command: AnyCommand): string[] {
  return [
    ".It Xo",
    `.Cm ${argument(command.name())}`,
    ...ownOptions(command).map((option) => `.Op ${flags(option, " | ")}`),
    ...command.registeredArguments.map(argumentMacro),
    ".Xc",
  ];
}

function argumentMacro(operand: Argument): string {
  const name = `Ar ${argument(operand.name())}${operand.variadic ? " ..." : ""}`;
  return operand.required ? `.${name}` : `.Op ${name}`;
}

function description(command: AnyCommand): string[] {
  const operands = command.registeredArguments.filter((operand) =>
    operand.description !== "" || operand.argChoices !== undefined
  );
  const items = [
    ...operands.map((operand) =>
      [[`.It Ar ${argument(operand.name())}`], prose(operandText(operand))] as const
    ),
    ...ownOptions(command).map((option) => [[`.It ${flags(option)}`], prose(optionText(option))] as const),
  ];
  const codes = exitCodes(command).map(([code, meaning]) => `${code} ${meaning}`).join(", ");
  return [
    ...prose(sentence(command.description())),
    ...taggedInside(items),
    ...afterText(command),
    ...codes === "" ? [] : [".Pp", ...prose(`Exit code: ${codes}.`)],
  ];
}

function ownOptions(command: AnyCommand): readonly Option[] {
  return command.options.filter((option) => !option.hidden && option.attributeName() !== "version");
}

/** `-f, --follow <x>` as macros. */
function flags(option: Option, between = " , "): string {
  const value = option.flags.match(/[<[]([^>\]]+)[>\]]/)?.[1];
  const names = [option.short, option.long].filter((name) => name !== undefined && name !== null);
  const shown = names.map((name) => `Fl ${argument(name.slice(1))}`).join(between);
  return value === undefined ? shown : `${shown} Ar ${argument(value)}`;
}

function optionText(option: Option): string {
  const fallback: unknown = option.defaultValue;
  const negated = option.negate;
  return [
    sentence(option.description),
    option.argChoices === undefined
      ? ""
      : `One of ${option.argChoices.map((word) => `\`${word}\``).join(", ")}.`,
    negated || typeof fallback !== "string" ? "" : `Default: \`${fallback}\`.`,
  ].filter((text) => text !== "").join(" ");
}

function operandText(operand: Argument): string {
  const choices = operand.argChoices?.map((word) => `\`${word}\``).join(", ");
  return [sentence(operand.description), choices === undefined ? "" : `One of ${choices}.`].join(" ").trim();
}

/** What the help says after all that commander itself writes. */
function helpAfter(command: AnyCommand): string {
  let whole = "";
  const { writeOut } = command.configureOutput();
  command.configureOutput({ writeOut: (text) => whole += text });
  command.outputHelp();
  if (writeOut !== undefined) command.configureOutput({ writeOut });
  return whole.slice(command.helpInformation().length);
}

/** Lines that begin with spaces are shown as they stand. */
function afterParagraph(text: string): string[] {
  if (!/^ {2}/m.test(text)) return prose(text);
  const lines = text.split("\n");
  const first = lines.findIndex((line) => line.startsWith("  "));
  const shown = lines.slice(first).map((line) => plain(line.slice(2)).replaceAll("-", "\\-"));
  return [...prose(lines.slice(0, first).join("\n")), ".Bd -literal -offset indent", ...shown, ".Ed"];
}
