import { Option } from "@commander-js/extra-typings";

/** The formats of `dryrun`. */
export const FORMATS = ["text", "json", "dot", "mermaid"] as const;

/** One of {@linkcode FORMATS}. */
export type Format = (typeof FORMATS)[number];

/** The option that chooses how a dry run is printed. */
export function formatOption() {
  return new Option("--format <format>", "how it is printed").choices(FORMATS).default("text" as const);
}
