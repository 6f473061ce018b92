/**
 * An absolute path in the one form in which two paths of the same file are
 * equal, as far as that can be told without looking: `/a//b/../c/` is `/a/c`.
 */
export function normalPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/** A path in normal form and all that it lies in, from the inside out, without the root. */
export function enclosing(path: string): readonly string[] {
  const found: string[] = [];
  for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) found.push(path.slice(0, end));
  return found;
}

/** Whether a path is a folder, or lies in it. */
export function isWithin(path: string, folder: string): boolean {
  const outer = normalPath(folder);
  return outer === "/" || normalPath(path) === outer || normalPath(path).startsWith(`${outer}/`);
}
