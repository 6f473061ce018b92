/**
 * The files of this repository, read from disk rather than from git, so that
 * a file is held to the rules before it is committed.
 *
 * @module
 */
import { fromFileUrl, join, relative } from "@std/path";
import { isTest, notOurs } from "./layout.ts";

/** The root of the repository. */
export const root = fromFileUrl(new URL("..", import.meta.url)).replace(/\/$/, "");

/** Paths from the root of all files, sorted; hidden folders other than `.ci`, and what is not ours, left out. */
export function files(folder = ""): string[] {
  const found: string[] = [];
  for (const entry of Deno.readDirSync(join(root, folder))) {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if ((notOurs as readonly string[]).includes(path)) continue;
    if (entry.isFile) found.push(path);
    else if (entry.isDirectory && (!entry.name.startsWith(".") || path === ".ci")) found.push(...files(path));
  }
  return found.sort();
}

/** Paths from the root of all TypeScript files. */
export function sources(): string[] {
  return files().filter((path) => path.endsWith(".ts"));
}

/** Paths from the root of the test modules in a folder of the tree. */
export function testModules(folder: string): string[] {
  return sources().filter((path) => path.startsWith(`${folder}/`) && path.endsWith("_test.ts"));
}

/** Paths from the root of the modules in a folder that are no tests. */
export function modules(folder: string): string[] {
  return sources().filter((path) => path.startsWith(`${folder}/`) && !isTest(path));
}

/** The text of a file, by its path from the root. */
export function read(path: string): string {
  return Deno.readTextFileSync(join(root, path));
}

/** A source text without its comments, but for those that share a line with code. */
export function withoutComments(text: string): string {
  return text.replace(/^\s*\/\*[\s\S]*?\*\//gm, "").replace(/^\s*\/\/.*$/gm, "");
}

/** The lines of a text that hold code. */
export function codeLines(text: string): number {
  return withoutComments(text).split("\n").filter((line) => line.trim() !== "").length;
}

/** The path from the root that a `file:` URL names; null if it lies outside or is no such URL. */
export function pathOf(url: string): string | null {
  if (!url.startsWith("file:")) return null;
  const path = relative(root, fromFileUrl(url));
  return path.startsWith("..") ? null : path;
}
