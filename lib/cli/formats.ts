import { InvalidArgumentError, Option } from "@commander-js/extra-typings";

/** The formats of `dryrun`. */
export const FORMATS = ["text", "json", "dot", "mermaid"] as const;

/** One of {@linkcode FORMATS}. */
export type Format = (typeof FORMATS)[number];

/** The option that chooses how a dry run is printed. */
export function formatOption() {
  const option = new Option("--format <format>", FORMATS.join(", "));
  return option.default("text" as Format).argParser((word): Format => {
    const format = FORMATS.find((known) => known === word);
    if (format === undefined) throw new InvalidArgumentError(`There are ${FORMATS.join(", ")}.`);
    return format;
  });
}
