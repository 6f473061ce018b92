import type { Stretch } from "./dynamic_section.ts";

/** The folders that a glibc loader has built in, and where in the file they stand. */
export interface SystemDirs {
  /** In the order of the search, without the slash at the end. */
  readonly folders: readonly string[];
  /** Each of them in the file, as often as it stands there, the slash included and the NUL not. */
  readonly stretches: readonly Stretch[];
}

/**
 * Finds the folders of libraries that are compiled into a loader of glibc. It
 * keeps them as one run of strings, each ending with a slash and a NUL
 * (`system_dirs` in elf/dl-load.c), and their lengths in a table apart:
 * whoever changes one must keep its length.
 *
 * @param bytes A whole loader.
 * @returns Null if this is no such loader.
 */
export function systemDirs(bytes: Uint8Array): SystemDirs | null {
  const text = new TextDecoder("latin1").decode(bytes);
  // Each byte is one character, so that an index is an offset.
  const run = /(?:(?:\/[\w.+-]+)+\/\0){2,}/g;
  const runs = [...text.matchAll(run)].filter(([found]) => /\/lib/.test(found));
  const [first] = runs;
  if (first === undefined || runs.some(([found]) => found !== first[0])) return null;
  const folders = first[0].split("\0").slice(0, -1);
  const stretches = runs.flatMap(({ index }) => {
    let offset = index;
    return folders.map(({ length }) => {
      const stretch = { offset, length };
      offset += length + 1;
      return stretch;
    });
  });
  return { folders: folders.map((folder) => folder.slice(0, -1)), stretches };
}
