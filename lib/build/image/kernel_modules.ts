import { basename, join } from "@std/path";
import { BuildFailure } from "../failure.ts";
import { reasonOf } from "../project.ts";
import type { NewFile } from "./assembly.ts";

/** Kernel modules to put into an image. */
export interface KernelModules {
  /** A folder with `lib/modules/RELEASE` in it: `/`, or where the package of a kernel was unpacked. */
  readonly root: string;
  /** The version of the kernel, as `uname -r` prints it. */
  readonly release: string;
  /** Their names; `-` and `_` are the same. What they depend on comes along. */
  readonly names: readonly string[];
}

/**
 * The files of kernel modules and of those they depend on, by
 * `modules.dep`; and the lists beside it, cut down to what is there, so
 * that a loader in the image can resolve names. See modules.dep(5).
 *
 * The softer wishes in `modules.softdep` are not followed: name such modules.
 *
 * @throws {BuildFailure} If a module is neither there nor built into the kernel.
 */
export function kernelModules({ root, release, names }: KernelModules): readonly NewFile[] {
  const folder = join(root, "lib/modules", release);
  const all = dependencies(folder);
  const builtIn = new Set(lines(folder, "modules.builtin").map(moduleName));
  const wanted = new Set<string>();
  for (const name of names) {
    const path = all.paths.get(moduleName(name));
    if (path === undefined && !builtIn.has(moduleName(name))) {
      throw notThere(name, folder, [...all.paths.keys()]);
    }
    for (const needed of path === undefined ? [] : [path, ...all.needs.get(path) ?? []]) wanted.add(needed);
  }
  const kept = new Set([...wanted].map(moduleName));
  const keep = (name: string, of: (line: string) => string) =>
    listFile(release, name, lines(folder, name).filter((line) => kept.has(of(line))));
  return [
    ...[...wanted].sort().map((path) => moduleFile(folder, release, path)),
    keep("modules.dep", (line) => moduleName(line.replace(/:.*/, ""))),
    keep("modules.alias", (line) => moduleName(line.split(" ").at(-1) ?? "")),
    keep("modules.softdep", (line) => moduleName(line.split(" ")[1] ?? "")),
    keep("modules.order", moduleName),
    listFile(release, "modules.builtin", lines(folder, "modules.builtin")),
    ...indexes.filter((name) => isThere(join(folder, name))).map((name) => moduleFile(folder, release, name)),
  ];
}

/** What modprobe(8) of kmod reads in place of the lists. They cannot be cut down here, and are small. */
const indexes = [
  "modules.dep.bin",
  "modules.alias.bin",
  "modules.builtin.bin",
  "modules.builtin.alias.bin",
] as const;

/** The name of a module, by its file or as somebody wrote it: `kernel/net/xt-a.ko.zst` is `xt_a`. */
function moduleName(path: string): string {
  return basename(path.trim()).replace(/\.ko(\.\w+)?$/, "").replaceAll("-", "_");
}

interface Dependencies {
  /** Paths below the folder of the release, by module. */
  readonly paths: ReadonlyMap<string, string>;
  /** What each needs, directly or not. */
  readonly needs: ReadonlyMap<string, readonly string[]>;
}

function dependencies(folder: string): Dependencies {
  const paths = new Map<string, string>();
  const needs = new Map<string, readonly string[]>();
  for (const line of required(folder, "modules.dep").split("\n")) {
    const [path = "", list = ""] = line.split(":");
    if (path === "") continue;
    paths.set(moduleName(path), path);
    needs.set(path, list.split(" ").filter((needed) => needed !== ""));
  }
  return { paths, needs };
}

function required(folder: string, name: string): string {
  try {
    return Deno.readTextFileSync(join(folder, name));
  } catch (error) {
    throw new BuildFailure(
      `cannot read ${join(folder, name)}: ${reasonOf(error)}`,
      "a kernel that was only unpacked has none: depmod -b ROOT RELEASE makes it",
      100,
    );
  }
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** The lines of a list that not every kernel has. */
function lines(folder: string, name: string): readonly string[] {
  try {
    return Deno.readTextFileSync(join(folder, name)).split("\n").filter((line) =>
      line !== "" && !line.startsWith("#")
    );
  } catch {
    return [];
  }
}

function moduleFile(folder: string, release: string, path: string): NewFile {
  // Modules of others may stand outside of the folder, by an absolute path.
  const host = path.startsWith("/") ? path : join(folder, path);
  const place = path.startsWith("/") ? path : `/lib/modules/${release}/${path}`;
  return { path: place, content: host, mode: 0o644, part: "modules" };
}

function listFile(release: string, name: string, kept: readonly string[]): NewFile {
  const content = new TextEncoder().encode(kept.map((line) => line + "\n").join(""));
  return { path: `/lib/modules/${release}/${name}`, content, mode: 0o644, part: "modules", source: name };
}

function notThere(name: string, folder: string, known: readonly string[]): BuildFailure {
  const alike = known.filter((other) => other.includes(moduleName(name)));
  const hint = alike.length === 0 ? "" : ` (there is ${alike.sort().slice(0, 5).join(", ")})`;
  return new BuildFailure(
    `cannot find the kernel module ${name}: neither modules.dep nor modules.builtin of ${folder} has it${hint}`,
    "correct its name, or name another kernel",
    100,
  );
}
