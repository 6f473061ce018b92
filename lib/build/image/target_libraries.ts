import { basename, join } from "@std/path";
import { readDynamicSection } from "./dynamic_section.ts";
import { lookUp } from "./root_tree.ts";

/** What is no part of an image, but of the machine that boots it. */
const ELSEWHERE = ["/proc", "/sys", "/dev", "/run"];

/** The shared libraries of an image, wherever in it they are: which of its folders its loader looks in is its own business. */
export class TargetLibraries {
  readonly #root: string;
  /** Where in the image each is, by its name; found out when somebody asks. */
  #places: ReadonlyMap<string, string> | null = null;
  /** What each file needs and does not have; null for nothing. */
  readonly #known = new Map<string, string | null>();

  constructor(root: string) {
    this.#root = root;
  }

  /**
   * The first library that a file needs, or one that it needs does, and that is nowhere in the image.
   *
   * @param host The file, on this machine.
   * @returns Null if there is none.
   */
  missing(host: string): string | null {
    const known = this.#known.get(host);
    if (known !== undefined) return known;
    // Whoever needs it in a circle finds nothing amiss here.
    this.#known.set(host, null);
    const absent = this.#find(host);
    this.#known.set(host, absent);
    return absent;
  }

  #find(host: string): string | null {
    this.#places ??= librariesBelow(this.#root);
    for (const name of needs(host)) {
      const place = this.#places.get(basename(name));
      const file = place === undefined ? null : lookUp(this.#root, place);
      if (file === null) return name;
      const deeper = this.missing(file.host);
      if (deeper !== null) return deeper;
    }
    return null;
  }
}

/** What a program or a library names as needed: one for another machine nothing. */
function needs(host: string): readonly string[] {
  try {
    return readDynamicSection(host)?.needed ?? [];
  } catch {
    return [];
  }
}

function librariesBelow(root: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const folders = ["/"];
  for (const folder of folders) {
    for (const { name, isDirectory } of Deno.readDirSync(join(root, folder))) {
      const path = join(folder, name);
      if (isDirectory && !ELSEWHERE.includes(path)) folders.push(path);
      else if (!isDirectory && /\.so(\.|$)/.test(name) && !found.has(name)) found.set(name, path);
    }
  }
  return found;
}
