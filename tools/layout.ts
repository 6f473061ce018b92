/**
 * The layout of this repository as data: what the lint plugin, the tests of
 * the architecture and the gates all go by, written once.
 *
 * @module
 */

/** The folders that use no I/O, clock, timers or randomness. */
export const pureFolders = [
  "lib/check",
  "lib/supervisor",
  "lib/graph",
  "lib/kinds",
  "lib/readiness",
  "lib/define",
] as const;

/**
 * Every folder and every entry point, topmost first: one may import only what
 * stands below it, or itself. The tests, the benchmarks and the tools stand
 * outside and import what they like; nothing imports them.
 */
export const order = [
  "init.ts",
  "units",
  "build.ts",
  "lib/cli",
  "lib/build/image",
  "lib/build",
  "lib/testing",
  "lib/boot",
  "lib/control",
  "lib/driver",
  "lib/log",
  "lib/os/fake",
  "lib/os/linux",
  "lib/os",
  ...pureFolders,
] as const;

/** Folders whose code runs in PID 1, where every child is started and reaped by the driver alone. */
export const initFolders = [
  "lib/boot",
  "lib/control",
  "lib/driver",
  "lib/log",
  "lib/os",
  ...pureFolders,
] as const;

/** The only folder that may load native code. */
export const ffiFolder = "lib/os/linux";

/** Folders whose modules are units, or are written like them. */
export const unitFolders = ["units", "examples"] as const;

/** The most lines that a file may have. */
export const lineLimit = 300;

/** Tables of the C library: as long as what they list. */
export const tables = ["lib/os/errno.ts", "lib/os/signals.ts", "lib/os/linux/libc.ts"] as const;

/** The most lines that `init.ts` may have: PID 1 on one screen. */
export const initLineLimit = 60;

/**
 * The most lines of code that `init.ts` may import, itself included; units, third-party code, comments, and the tables
 * of the C library aside. What decides, lib/supervisor and lib/graph, is a seventh of them; lib/driver and lib/control
 * are a third, the kernel boundary with its own way to start processes a fifth, the duties of the init of a machine
 * another.
 */
export const auditableLines = 14500;

/** The most type parameters on anything exported. */
export const typeParameterLimit = 2;

/** Folders below the root that hold no code of ours. */
export const notOurs = ["dist", "node_modules", "coverage"] as const;

/** The folder or entry point of {@linkcode order} that a path from the root belongs to; null if none. */
export function folderOf(path: string): string | null {
  const owners = order.filter((entry) => path === entry || path.startsWith(`${entry}/`));
  return owners.reduce<string | null>(
    (best, entry) => entry.length > (best?.length ?? 0) ? entry : best,
    null,
  );
}

/** Whether a path from the root lies in one of the folders. */
export function isIn(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => path.startsWith(`${folder}/`));
}

/** Whether a path from the root is a test or serves tests only. */
export function isTest(path: string): boolean {
  return path.endsWith("_test.ts") || path.startsWith("tests/");
}
