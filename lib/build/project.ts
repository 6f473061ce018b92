import { fromFileUrl, join, resolve } from "@std/path";
import { BuildFailure } from "./failure.ts";
import { messageOf } from "../define/message_of.ts";

/** The folder of this checkout, without a slash at its end. */
export const projectRoot = fromFileUrl(new URL("../..", import.meta.url)).replace(/\/$/, "");

/** The units module that is meant where none is named. */
export const ownUnits = join(projectRoot, "units", "mod.ts");

/**
 * A path as the user meant it. `deno task` moves to the folder of `deno.json`
 * and says in `INIT_CWD` where the user stood; that variable may come from
 * further outside too, so that it counts only where this move is to be seen.
 */
export function userPath(path: string): string {
  const here = Deno.cwd();
  const stood = here === projectRoot ? Deno.env.get("INIT_CWD") ?? here : here;
  return resolve(stood, path);
}

/**
 * The absolute path of a units module, links followed.
 *
 * @throws {BuildFailure} If it is not there, or not a file.
 */
export async function unitsFile(path: string | undefined): Promise<string> {
  const wanted = path === undefined ? ownUnits : userPath(path);
  const cure = "name a TypeScript module with --units FILE, of the same shape as units/mod.ts";
  try {
    const found = await Deno.realPath(wanted);
    if (!(await Deno.stat(found)).isFile) {
      throw new BuildFailure(`cannot read units from ${wanted}: it is not a file`, cure, 100);
    }
    return found;
  } catch (error) {
    if (error instanceof BuildFailure) throw error;
    throw new BuildFailure(`cannot read units from ${wanted}: ${reasonOf(error)}`, cure, 100);
  }
}

/** An error as the part of a message after the colon. */
export function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  return messageOf(error);
}

/** The version of Denit, from `deno.json`. */
export async function denitVersion(): Promise<string> {
  const { version } = JSON.parse(await Deno.readTextFile(join(projectRoot, "deno.json")));
  if (typeof version === "string") return version;
  throw new BuildFailure(
    "cannot tell the version of Denit: deno.json has no version",
    'add "version": "0.1.0" to deno.json',
  );
}
