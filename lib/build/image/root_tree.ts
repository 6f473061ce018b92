import { join } from "@std/path";

/** As many links as the kernel follows: path_resolution(7). */
const MOST_LINKS = 40;

/** What is at a path of a tree that will be somebody's root; links in it mean what they will mean there. */
export interface Found {
  /** Where it is on this machine. */
  readonly host: string;
  readonly status: Deno.FileInfo;
}

/**
 * Looks a path up as a process with that root will.
 *
 * @returns Null if there is nothing.
 */
export function lookUp(root: string, path: string): Found | null {
  const rest = path.split("/").reverse();
  let here: string[] = [], links = 0;
  for (let name = rest.pop(); name !== undefined; name = rest.pop()) {
    if (name === "" || name === ".") continue;
    if (name === "..") {
      here.pop();
      continue;
    }
    const host = join(root, ...here, name);
    const status = statusOf(host);
    if (status === null) return null;
    if (!status.isSymlink) {
      here.push(name);
      continue;
    }
    if (++links > MOST_LINKS) return null;
    const target = Deno.readLinkSync(host);
    if (target.startsWith("/")) here = [];
    rest.push(...target.split("/").reverse());
  }
  const host = join(root, ...here);
  const status = statusOf(host);
  return status === null ? null : { host, status };
}

function statusOf(path: string): Deno.FileInfo | null {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    // A file in the place of a folder is as good as nothing.
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
    throw error;
  }
}
