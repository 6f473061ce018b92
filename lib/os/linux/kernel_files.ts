/** /proc and /sys as far as they are there: a kernel may lack a facility, and what is listed may end meanwhile. */

/** What a file says; nothing where there is no such file. */
export function readKernelFile(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}

/** The names in a folder; none where there is no such folder. */
export function namesIn(folder: string): readonly string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch {
    return [];
  }
}
