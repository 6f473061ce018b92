import { basename } from "@std/path";
import { BuildFailure } from "../failure.ts";
import { reasonOf } from "../project.ts";
import type { Assembly } from "./assembly.ts";
import { type Closure, type Copy, libraryClosure } from "./libraries.ts";

/** A program to be put into an image. */
export interface Program extends Copy {
  /** Permission bits. */
  readonly mode: number;
  /** Loader and libraries; null for a script. */
  readonly closure: Closure | null;
  /** The programs that a script names in its first line: its interpreter, and what that is to start. */
  readonly interpreters: readonly string[];
}

/** A program by the path that it has on the host and in the image, or by both. */
export type ProgramName = string | Copy;

/**
 * Looks at a program of the host.
 *
 * @throws {BuildFailure} If it is not there, or is neither a program for x86-64 nor a script.
 */
export function readProgram(name: ProgramName): Program {
  const copy = typeof name === "string" ? { path: name, host: name } : name;
  const { mode, uid } = statusOf(copy.host);
  const closure = libraryClosure(copy);
  const interpreters = closure === null ? interpretersOf(copy.host) : [];
  if (interpreters === null) {
    throw new BuildFailure(
      `cannot put ${copy.host} into an image as a program: it is neither an ELF file nor a script`,
      "name a program, or take it for data with --file HOST:GUEST",
      100,
    );
  }
  const setuid = uid === 0 ? (mode ?? 0) & 0o4000 : 0;
  return { ...copy, mode: 0o755 | setuid, closure, interpreters };
}

/**
 * Puts scripts to the proof that what runs them is in the image.
 *
 * @throws {BuildFailure} If it is not.
 */
export function checkScripts(image: Assembly, programs: readonly Program[]): void {
  for (const { host, interpreters } of programs) {
    for (const interpreter of interpreters) {
      const places = interpreter.startsWith("/")
        ? [interpreter]
        : searched.map((folder) => `${folder}/${interpreter}`);
      if (places.some((place) => image.has(place))) continue;
      throw new BuildFailure(
        `cannot put ${host} into an image alone: it is a script, and ${interpreter}, which runs it, is not there`,
        `include that too: --include ${interpreter}`,
        100,
      );
    }
  }
}

/** Where env(1) will find a program, the usual `PATH`. */
export const searched = [
  "/usr/local/bin",
  "/usr/bin",
  "/bin",
  "/usr/local/sbin",
  "/usr/sbin",
  "/sbin",
] as const;

/** The status of a file of the host. */
export function statusOf(path: string): Deno.FileInfo {
  const cure = "correct its path, or install what it belongs to";
  try {
    const status = Deno.statSync(path);
    if (status.isFile) return status;
    throw new BuildFailure(`cannot put ${path} into an image: it is not a file`, cure, 100);
  } catch (error) {
    if (error instanceof BuildFailure) throw error;
    throw new BuildFailure(`cannot put ${path} into an image: ${reasonOf(error)}`, cure, 100);
  }
}

/** What the first line of a script names, execve(2); null if it is no script. */
export function interpretersOf(path: string): readonly string[] | null {
  using file = Deno.openSync(path);
  const bytes = new Uint8Array(256);
  const length = file.readSync(bytes) ?? 0;
  const line = /^#![ \t]*(\S+)(?:[ \t]+(?:-S[ \t]+)?(\S+))?/.exec(
    new TextDecoder().decode(bytes.subarray(0, length)),
  );
  if (line === null) return null;
  const [, interpreter = "", argument] = line;
  return basename(interpreter) === "env" && argument !== undefined ? [interpreter, argument] : [interpreter];
}
