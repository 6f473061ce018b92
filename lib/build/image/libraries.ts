import { basename, dirname, join } from "@std/path";
import { BuildFailure } from "../failure.ts";
import { type DynamicSection, readDynamicSection } from "./dynamic_section.ts";
import { configuredFolders } from "./configured_folders.ts";
import { systemDirs } from "./system_dirs.ts";

/** A file of the host and its place in an image. */
export interface Copy {
  readonly path: string;
  readonly host: string;
}

/** What a program needs to run. */
export interface Closure {
  /** The loader, as the program names it; null for a static program. */
  readonly interpreter: string | null;
  /** Loader and libraries, each once, where the loader of the image will look for them. */
  readonly libraries: readonly Copy[];
}

/**
 * Every file that the loader opens before a program's first instruction,
 * found where the host's loader would find it: in the folders that the files
 * themselves name, in those of `/etc/ld.so.conf`, in those built into the
 * loader (ld.so(8)). What a program opens later, by dlopen(3), no file tells.
 *
 * An image has no `/etc/ld.so.cache`. So what only `/etc/ld.so.conf` leads to
 * is put into the first of the folders that the loader has built in.
 *
 * @param program The program, and its place in the image, from which `$ORIGIN` counts.
 * @returns Null if it is no ELF file.
 * @throws {BuildFailure} If a library is not there, or is not one for x86-64.
 */
export function libraryClosure(program: Copy): Closure | null {
  const section = readDynamicSection(program.host);
  if (section === null) return null;
  const { interpreter } = section;
  if (interpreter === null) return { interpreter, libraries: [] };
  const host = realPath(interpreter);
  if (host === null) {
    throw new BuildFailure(
      `cannot put ${program.host} into an image: there is no ${interpreter}, the loader that it names`,
      "install the C library that the program was linked with",
    );
  }
  const built = systemDirs(Deno.readFileSync(host))?.folders ?? muslFolders;
  const search = { folders: knownFolders(built), loader: basename(interpreter) };
  const found = new Map<string, Copy>([[search.loader, { path: interpreter, host }]]);
  const queue: Needing[] = [{ ...program, section, inherited: [] }];
  for (const next of queue) queue.push(...addNeeded(next, search, found));
  return { interpreter, libraries: [...found.values()] };
}

/** Where musl looks if it is told nothing; its loader keeps them in a form of its own. */
const muslFolders = ["/lib", "/usr/local/lib", "/usr/lib"] as const;

/** A folder of the host to look in, and the folder of the image for what is found there. */
type Folder = Copy;

function knownFolders(built: readonly string[]): readonly Folder[] {
  const own = built.map((folder) => ({ host: folder, path: folder }));
  const configured = configuredFolders().filter((folder) => !built.includes(folder));
  return [...configured.map((folder) => ({ host: folder, path: built[0] ?? "/lib" })), ...own];
}

interface Search {
  /** Folders for every library. */
  readonly folders: readonly Folder[];
  /** The name of the loader, which is a library too. */
  readonly loader: string;
}

/** A file whose libraries are to be found, and the `DT_RPATH` of those that have asked for it. */
interface Needing extends Copy {
  readonly section: DynamicSection;
  readonly inherited: readonly Folder[];
}

/** Finds what one file needs, and says what was new. */
function addNeeded(needing: Needing, search: Search, found: Map<string, Copy>): Needing[] {
  const { section: { needed, runpath, rpath } } = needing;
  const passedOn = runpath.length > 0 ? needing.inherited : [...named(rpath, needing), ...needing.inherited];
  const folders = [...(runpath.length > 0 ? named(runpath, needing) : passedOn), ...search.folders];
  const added: Needing[] = [];
  for (const name of needed) {
    if (found.has(name) || isLoader(name, search.loader)) continue;
    const library = findLibrary(name, folders);
    if (library === null) {
      throw new BuildFailure(
        `cannot put ${needing.host} into an image: it needs ${name}, which is in none of ${
          folders.map(({ host }) => host).join(", ")
        }`,
        "install the package that has it, or name its folder in /etc/ld.so.conf",
      );
    }
    found.set(name, { path: library.path, host: realPath(library.host) ?? library.host });
    const section = readDynamicSection(library.host);
    if (section !== null) added.push({ ...library, section, inherited: passedOn });
  }
  return added;
}

/** The folders that a file names itself. */
function named(folders: readonly string[], { path, host }: Copy): readonly Folder[] {
  const from = (folder: string, origin: string) => join(folder.replace(/\$(ORIGIN|\{ORIGIN\})/g, origin));
  return folders.map((folder) => ({ host: from(folder, dirname(host)), path: from(folder, dirname(path)) }));
}

/** musl is its own loader, by several names. */
function isLoader(name: string, loader: string): boolean {
  return name === loader || (loader.startsWith("ld-musl") && /^libc\.(so$|musl)/.test(name));
}

function findLibrary(name: string, folders: readonly Folder[]): Copy | null {
  if (name.includes("/")) return realPath(name) === null ? null : { path: name, host: name };
  const candidates = folders.map(({ host, path }) => ({ host: join(host, name), path: join(path, name) }));
  return candidates.find(({ host }) => isLibrary(host)) ?? null;
}

/** One for another machine, in a folder for several, is passed over, as the loader does. */
function isLibrary(path: string): boolean {
  try {
    return realPath(path) !== null && readDynamicSection(path) !== null;
  } catch (error) {
    if (error instanceof BuildFailure) return false;
    throw error;
  }
}

function realPath(path: string): string | null {
  try {
    return Deno.realPathSync(path);
  } catch {
    return null;
  }
}
