/** What the subcommands of `initctl` have in common. */
import { Command, InvalidArgumentError } from "@commander-js/extra-typings";
import { verbHelp } from "../control/verb_help.ts";
import type { Verb } from "../control/verbs.ts";
import { writeAll } from "../os/write_all.ts";
import { CtlSession } from "./ctl_session.ts";

/** Told the exit code when a command has done its work. */
export type Done = (code: number) => void;

/** The subcommand of a verb, with the sentence that the protocol has for it. */
export function verbCommand(verb: Verb) {
  return new Command(verb).description(verbHelp[verb]);
}

/** Talks to the init that a command names, whatever comes of it. */
export async function withSession(
  command: { optsWithGlobals(): unknown },
  work: (session: CtlSession) => Promise<void>,
): Promise<void> {
  const session = await CtlSession.open(runtimeDirOf(command));
  try {
    await work(session);
  } finally {
    session.close();
  }
}

/** The option stands before the verb, so that only the whole command knows it. */
export function runtimeDirOf(command: { optsWithGlobals(): unknown }): string | undefined {
  const options = command.optsWithGlobals();
  if (typeof options !== "object" || options === null || !("runtimeDir" in options)) return undefined;
  return typeof options.runtimeDir === "string" ? options.runtimeDir : undefined;
}

/** A length of time on the command line, in seconds; as milliseconds. */
export function secondsOption(text: string): number {
  const milliseconds = Math.round(Number(text) * 1000);
  if (text.trim() === "" || !(milliseconds >= 0) || milliseconds > 0x7fff_ffff) {
    throw new InvalidArgumentError("Give seconds, such as 2.5.");
  }
  return milliseconds;
}

/** A whole number on the command line. */
export function wholeOption(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number)) {
    throw new InvalidArgumentError("Give a whole number.");
  }
  return number;
}

/** Writes all of a text, or of bytes, to standard output. */
export async function print(text: string | Uint8Array): Promise<void> {
  await writeAll(Deno.stdout, typeof text === "string" ? new TextEncoder().encode(text) : text);
}
