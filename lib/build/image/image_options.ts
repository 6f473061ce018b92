import { basename, dirname, join, normalize } from "@std/path";
import { BuildFailure } from "../failure.ts";
import { userPath } from "../project.ts";
import type { ImageFile } from "./image_entries.ts";
import type { KernelModules } from "./kernel_modules.ts";
import type { Copy } from "./libraries.ts";

/**
 * A program as a user names it: `ip` is looked for in `PATH` and in the
 * folders for root, `/usr/bin/ip` stands at the same path in the image, and
 * `out/tool:/usr/bin/tool` says where.
 *
 * @throws {BuildFailure} If there is no such program, or it is not said where it shall stand.
 */
export function programOption(text: string): Copy {
  const [host, path] = pair(text);
  if (path !== null) return { host: userPath(host), path };
  if (host.startsWith("/")) return { host, path: normalize(host) };
  if (!host.includes("/")) {
    const found = onPath(host);
    if (found !== null) return { host: found, path: found };
    throw new BuildFailure(
      `cannot include ${host}: no folder of PATH has it`,
      "install it, or name its path",
      100,
    );
  }
  throw new BuildFailure(
    `cannot include ${host}: it is not said where it shall stand in the image`,
    `say it behind a colon: --include ${host}:/usr/bin/${basename(host)}`,
    100,
  );
}

/** A symbolic link: its path in the image, and its target. */
export type Link = readonly [path: string, target: string];

/** Files and links. */
interface Tree {
  readonly files: readonly ImageFile[];
  readonly links: readonly Link[];
}

/**
 * Files as a user names them: `HOST:GUEST`. A folder stands for all files in it; links in it stay links.
 *
 * @throws {BuildFailure} If it is not of that form.
 */
export function fileOption(text: string): Tree {
  const [host, path] = pair(text);
  if (path === null) {
    throw new BuildFailure(
      `cannot understand --file ${text}: it is not said where the file shall stand in the image`,
      `say it behind a colon: --file ${text}:/etc/${basename(text)}`,
      100,
    );
  }
  return treeIn(userPath(host), normalize(path));
}

/** A link as a user names it: `PATH:TARGET`, as in `/bin/sh:busybox`. */
export function linkOption(text: string): Link {
  const [, path, target] = /^(\/[^:]*):(.+)$/.exec(text) ?? [];
  if (path !== undefined && target !== undefined) return [path, target];
  throw new BuildFailure(
    `cannot understand --link ${text}: it is not of the form PATH:TARGET`,
    "name both, as in --link /bin/sh:busybox",
    100,
  );
}

/**
 * Links by their paths.
 *
 * @throws {BuildFailure} If two have one path, and different targets.
 */
export function linkTable(links: readonly Link[]): Readonly<Record<string, string>> {
  const table = new Map<string, string>();
  for (const [path, target] of links) {
    const before = table.get(path) ?? target;
    if (before !== target) {
      throw new BuildFailure(
        `cannot link ${path} to ${target}: it is a link to ${before} already`,
        "choose another place for one of them",
        100,
      );
    }
    table.set(path, target);
  }
  return Object.fromEntries(table);
}

/**
 * Kernel modules as a user names them.
 *
 * @param names Names, with commas between them.
 * @param kernel A folder with `lib/modules/RELEASE`, or that folder itself.
 * @throws {BuildFailure} If there is not exactly one kernel.
 */
export function modulesOption(names: string, kernel: string): KernelModules {
  const wanted = names.split(",").map((name) => name.trim()).filter((name) => name !== "");
  const folder = userPath(kernel);
  if (isFile(join(folder, "modules.dep"))) {
    return { root: dirname(dirname(dirname(folder))), release: basename(folder), names: wanted };
  }
  const releases = foldersIn(join(folder, "lib/modules"));
  const [release] = releases;
  if (release !== undefined && releases.length === 1) return { root: folder, release, names: wanted };
  const found = releases.length === 0
    ? `there is no kernel in ${join(folder, "lib/modules")}`
    : `there are several in it: ${releases.join(", ")}`;
  throw new BuildFailure(
    `cannot take kernel modules from ${kernel}: ${found}`,
    "name DIR/lib/modules/RELEASE, where the modules.dep of one kernel is",
    100,
  );
}

/** `HOST:GUEST`, of which the second is an absolute path and may be missing. */
function pair(text: string): readonly [host: string, path: string | null] {
  const [, host = text, path = null] = /^(.+):(\/[^:]*)$/.exec(text) ?? [];
  return [host, path];
}

function onPath(name: string): string | null {
  const folders = [...(Deno.env.get("PATH") ?? "").split(":"), "/usr/sbin", "/sbin"];
  return folders.filter((folder) => folder.startsWith("/")).map((folder) => join(folder, name)).find(
    isFile,
  ) ?? null;
}

function treeIn(host: string, path: string): Tree {
  if (!isFolder(host)) return { files: [{ path, content: host }], links: [] };
  const trees = [...Deno.readDirSync(host)].map(({ name, isSymlink }) => {
    const [from, to] = [join(host, name), join(path, name)];
    if (!isSymlink) return treeIn(from, to);
    const link: Link = [to, Deno.readLinkSync(from)];
    return { files: [], links: [link] };
  });
  return { files: trees.flatMap(({ files }) => files), links: trees.flatMap(({ links }) => links) };
}

function foldersIn(folder: string): readonly string[] {
  try {
    return [...Deno.readDirSync(folder)].filter(({ isDirectory }) => isDirectory).map(({ name }) => name)
      .sort();
  } catch {
    return [];
  }
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
