import { dirname, join } from "@std/path";

/**
 * The folders of shared libraries that a host has configured: those of
 * `/etc/ld.so.conf` and of the files that it includes, as ldconfig(8) reads them.
 *
 * @param file The configuration; another one in tests.
 */
export function configuredFolders(file = "/etc/ld.so.conf"): readonly string[] {
  return [...new Set(configured(file, new Set()))];
}

function configured(file: string, seen: Set<string>): string[] {
  if (seen.has(file)) return [];
  seen.add(file);
  const folders: string[] = [];
  for (const line of linesOf(file)) {
    const pattern = /^include\s+(.+)$/.exec(line)?.[1];
    if (pattern === undefined) {
      // `/usr/lib=libc5` is an old way to name a kind of library.
      if (line.startsWith("/")) folders.push(line.replace(/=.*$/, "").replace(/(?<=.)\/+$/, ""));
      continue;
    }
    for (const included of matching(join(pattern.startsWith("/") ? "/" : dirname(file), pattern))) {
      folders.push(...configured(included, seen));
    }
  }
  return folders;
}

function linesOf(file: string): string[] {
  try {
    return Deno.readTextFileSync(file).split("\n").map((line) => line.replace(/#.*$/, "").trim());
  } catch {
    // A machine without the file, as with musl, has only the folders built in.
    return [];
  }
}

/** The files that a glob(7) pattern names, sorted; stars in the last part only, which is where they are used. */
function matching(pattern: string): string[] {
  const folder = dirname(pattern);
  const parts = pattern.slice(folder.length + 1).split("*").map((part) =>
    part.replace(/[.+?^${}()|[\]\\]/g, "\\$&")
  );
  const name = new RegExp(`^${parts.join("[^/]*")}$`);
  try {
    return [...Deno.readDirSync(folder)].map((entry) => entry.name)
      .filter((entry) => name.test(entry) && !entry.startsWith(".")).sort().map((entry) =>
        join(folder, entry)
      );
  } catch {
    return [];
  }
}
