import { basename } from "@std/path";
import { BuildFailure } from "../failure.ts";
import { interpreterStretch, type Stretch } from "./dynamic_section.ts";
import { systemDirs } from "./system_dirs.ts";

/** A C library in a folder of its own, for programs in an image whose C library is another. */
export interface PrivateGlibc {
  /** The folder, of the image: nobody else's. */
  readonly folder: string;
  /** The path of the loader in it. */
  readonly loader: string;
  /** That loader: the host's, but it knows only this folder. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Makes a loader that finds its libraries in a folder of its own, and nowhere
 * else. No environment variable does: children would inherit it. Nor can the
 * loader be started with the program as an argument, as `/proc/self/exe`,
 * where Deno finds its program, would be the loader. So the folders that are
 * built into the loader are replaced in a copy of it, each by a path of the
 * same length, with more slashes where it is shorter. The paths of
 * `ld.so.cache` and `ld.so.preload`, which are the image's, are led astray too.
 *
 * @param host The loader of the host, and the path by which programs name it.
 * @throws {BuildFailure} If it is not a loader of glibc.
 */
export function privateGlibc(host: { readonly loader: string; readonly interpreter: string }): PrivateGlibc {
  const bytes = Deno.readFileSync(host.loader);
  const known = systemDirs(bytes);
  const configured = ["/etc/ld.so.cache", "/etc/ld.so.preload"].flatMap((path) => stretchesOf(bytes, path));
  const folder = choices.find((choice) => {
    const fits = ({ length }: Stretch) => length >= choice.length + 1;
    return known?.stretches.some(fits) && `${choice}/ld.so`.length <= host.interpreter.length;
  });
  if (known === null || folder === undefined || configured.length < 2) {
    throw new BuildFailure(
      `cannot take ${host.loader} into an overlay: the folders built into it are not where glibc has them, or too short`,
      "build on a distribution whose init needs another glibc, such as Debian 12",
    );
  }
  for (const stretch of known.stretches) overwrite(bytes, stretch, folderOf(folder, stretch.length));
  // A name in our own folder, which is never there.
  for (const stretch of configured) overwrite(bytes, stretch, folder.padEnd(stretch.length - 1, "/") + "-");
  return { folder, loader: `${folder}/ld.so`, bytes };
}

/** Folders for it, the usual one first; the others fit into loaders whose own folders have short names. */
const choices = ["/usr/lib/denit", "/usr/denit", "/denit"] as const;

/**
 * A copy of a program that names another loader. Its length stays, and so does
 * the place of everything in it, also of what `deno compile` has appended.
 *
 * @param path A file of the host, whose loader has a path at least as long.
 */
export function withLoader(path: string, loader: string): Uint8Array<ArrayBuffer> {
  const stretch = interpreterStretch(path);
  if (stretch === null || stretch.length <= loader.length) {
    throw new BuildFailure(
      `cannot give ${basename(path)} the loader ${loader}: it has no room for that path`,
      "link it with the C library of the image, and include it with --file",
    );
  }
  const bytes = Deno.readFileSync(path);
  overwrite(bytes, stretch, loader.padEnd(stretch.length, "\0"));
  return bytes;
}

/** A path of an exact length, with a slash at its end: the folder, or one without libraries if there is no room. */
function folderOf(folder: string, length: number): string {
  return (length > folder.length ? folder : "/sys").padEnd(length, "/");
}

/** Where a string with a NUL on both sides stands. */
function stretchesOf(bytes: Uint8Array, text: string): readonly Stretch[] {
  const all = new TextDecoder("latin1").decode(bytes);
  return [...all.matchAll(new RegExp(`(?<=\\0)${text.replaceAll(".", "\\.")}(?=\\0)`, "g"))]
    .map(({ index }) => ({ offset: index, length: text.length }));
}

function overwrite(bytes: Uint8Array, { offset, length }: Stretch, text: string): void {
  const replacement = new TextEncoder().encode(text);
  if (replacement.length !== length) throw new RangeError(`${text} is not of length ${length}`);
  bytes.set(replacement, offset);
}
