import { join } from "@std/path";
import { BuildFailure } from "./failure.ts";
import { elfLength } from "./elf.ts";
import { reasonOf } from "./project.ts";
import { sha256 } from "./sha256.ts";
import { temporaryPrefix } from "./temporary.ts";

/** A runtime on disk. */
export interface CachedRuntime {
  readonly path: string;
  readonly sha256: string;
}

/** The folder that runtimes are kept in between builds. */
export function cacheFolder(): string {
  const home = Deno.env.get("HOME");
  const base = Deno.env.get("XDG_CACHE_HOME") ?? (home === undefined ? undefined : join(home, ".cache"));
  if (base !== undefined && base.startsWith("/")) return join(base, "denit", "runtime");
  throw new BuildFailure(
    "cannot tell where to keep the runtime: neither XDG_CACHE_HOME nor HOME is an absolute path",
    "set XDG_CACHE_HOME, or pass a runtime of your own: --runtime PATH",
  );
}

/** The runtime kept under a label such as `npm-2.7.11`, if it is there and still has the hash in its name. */
export async function findCached(label: string): Promise<CachedRuntime | null> {
  const folder = cacheFolder();
  try {
    for await (const { name } of Deno.readDir(folder)) {
      const hash = name.startsWith(`${label}-`) ? name.slice(label.length + 1) : "";
      const path = join(folder, name);
      if (/^[0-9a-f]{64}$/.test(hash) && await sha256(await Deno.readFile(path)) === hash) {
        return { path, sha256: hash };
      }
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return null;
}

/**
 * Cuts the runtime out of a compiled program and keeps it. Builds may do this
 * at the same time: each writes a file of its own and renames it.
 *
 * @param program Path of a program that `deno compile` made.
 * @param label What to keep it under.
 * @param expected The hash that it must have; null if none is known.
 * @throws {BuildFailure} If it is no such program, has another hash, or cannot be written.
 */
export async function keepRuntime(
  program: string,
  label: string,
  expected: string | null,
): Promise<CachedRuntime> {
  const bytes = await Deno.readFile(program);
  const length = elfLength(bytes);
  if (length === null || length > bytes.length) {
    throw new BuildFailure(
      `cannot take the runtime out of ${program}: it is no program for x86-64`,
      "pass a runtime of your own: --runtime PATH",
    );
  }
  const runtime = bytes.subarray(0, length);
  const hash = await sha256(runtime);
  if (expected !== null && hash !== expected) {
    throw new BuildFailure(
      `cannot use the runtime in ${program}: its SHA-256 is ${hash}, not ${expected}`,
      "do not trust where it came from; pass a runtime of your own: --runtime PATH",
    );
  }
  const folder = cacheFolder();
  const path = join(folder, `${label}-${hash}`);
  try {
    await Deno.mkdir(folder, { recursive: true });
    const temporary = await Deno.makeTempFile({ dir: folder, prefix: temporaryPrefix });
    await Deno.writeFile(temporary, runtime);
    await Deno.chmod(temporary, 0o755);
    await Deno.rename(temporary, path);
  } catch (error) {
    throw new BuildFailure(
      `cannot keep the runtime in ${folder}: ${reasonOf(error)}`,
      "make room there, or set XDG_CACHE_HOME to another folder",
    );
  }
  return { path, sha256: hash };
}
