/** finit_module(2), and the tables of depmod(8) that tell where modules are and what they need: modules.dep(5). */
import type { Millis } from "../../define/time.ts";
import { osError } from "../errno.ts";
import { OsError } from "../error.ts";
import { callAside } from "./aside.ts";
import { checked, cstring, libc } from "./libc.ts";

/** From <asm/unistd_64.h>; glibc has no function for it. */
const SYS_finit_module = 313;
/** From <linux/module.h>. */
const MODULE_INIT_COMPRESSED_FILE = 4;
/** From <fcntl.h>. */
const O_CLOEXEC = 0x8_0000;
/** A module may look for its hardware that long. */
const LONGEST: Millis = 600_000;

/**
 * Loads modules, and before each those that it needs.
 *
 * @param names Without a path; `-` and `_` are the same.
 * @param folder Where the modules of the running kernel are.
 * @returns Those that were neither loaded nor built in, in the order of loading.
 * @throws {OsError} `load module`: ENOENT if there is no such module; else as the kernel or the module says it.
 */
export async function loadModules(
  names: readonly string[],
  folder: string = `/lib/modules/${Deno.osRelease()}`,
): Promise<string[]> {
  const lines = (await textOf(`${folder}/modules.dep`)).split("\n");
  // Some thousand lines, of which a few are needed: only these are taken apart.
  const lineOf = new Map(lines.map((line) => [nameOf(line.slice(0, line.indexOf(":"))), line]));
  const builtIn = (await textOf(`${folder}/modules.builtin`)).split("\n").map(nameOf);
  const there = new Set([...builtIn, ...namesIn("/sys/module")]);
  const loaded: string[] = [];
  const load = async (name: string): Promise<void> => {
    const known = nameOf(name);
    if (there.has(known)) return;
    there.add(known);
    const [path = "", ...needs] = lineOf.get(known)?.split(/[:\s]+/).filter((file) => file !== "") ?? [];
    if (path === "") {
      const where = `it is neither loaded nor built in, nor in ${folder}/modules.dep`;
      throw osError("load module", "ENOENT", name, where);
    }
    for (const need of needs) await load(need);
    if (await insert(known, path.startsWith("/") ? path : `${folder}/${path}`)) loaded.push(known);
  };
  for (const name of names) await load(name);
  return loaded;
}

/** `kernel/drivers/md/dm-crypt.ko.xz` is known as `dm_crypt`. */
function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1).replace(/\.ko(\.\w+)?$/, "").replaceAll("-", "_");
}

/** A kernel without modules has no tables, and need not have any. */
function textOf(path: string): Promise<string> {
  return Deno.readTextFile(path).catch(() => "");
}

function namesIn(folder: string): string[] {
  try {
    return Array.from(Deno.readDirSync(folder), ({ name }) => name);
  } catch {
    return [];
  }
}

/** Loads one file; false if the module was there already. */
async function insert(name: string, path: string): Promise<boolean> {
  const file = checked(libc.open(cstring(path), O_CLOEXEC, 0), "open", path);
  const compressed = !path.endsWith(".ko");
  try {
    const flags = compressed ? MODULE_INIT_COMPRESSED_FILE : 0;
    await callAside(
      { call: "load module", subject: name, limit: LONGEST },
      SYS_finit_module,
      file,
      "",
      flags,
    );
    return true;
  } catch (error) {
    if (!(error instanceof OsError)) throw error;
    if (error.code === "EEXIST") return false;
    if (!compressed || error.code !== "EOPNOTSUPP" && error.code !== "EINVAL") throw error;
    const needed = `${path} is compressed, and the kernel needs CONFIG_MODULE_DECOMPRESS for that`;
    throw osError(error.call, error.errno, name, needed);
  } finally {
    libc.close(file);
  }
}
