import { Assembly } from "./assembly.ts";
import type { ImageEntry, Part } from "./entry.ts";
import { type KernelModules, kernelModules } from "./kernel_modules.ts";
import { checkScripts, type Program, type ProgramName, readProgram, statusOf } from "./program.ts";

/** A file for an image. */
export interface ImageFile {
  /** Its place in the image. */
  readonly path: string;
  /** The path of a file of the host, or bytes. */
  readonly content: string | Uint8Array<ArrayBuffer>;
  /** Permission bits. Default: `0o755` for a file of the host that may be executed, else `0o644`. */
  readonly mode?: number;
}

/** What goes into an image. */
export interface ImageContents {
  /** The path of an init that was built. */
  readonly init: string;
  /** Programs of the host, each with all libraries that it is linked with. */
  readonly programs?: readonly ProgramName[];
  readonly files?: readonly ImageFile[];
  /** Targets of symbolic links, by the path of the link. */
  readonly links?: Readonly<Record<string, string>>;
  readonly modules?: KernelModules;
}

/**
 * The entries of an image that boots by itself: `/init` with the C library it
 * needs, the folders that file systems are mounted over, and what else is wanted.
 *
 * Deno reads its program from `/proc/self/exe` before it can mount `/proc`. So
 * a link of that name stands in the image, and the real `/proc` hides it later.
 *
 * @returns Sorted by path; the same for the same contents, whatever machine it is made on.
 * @throws {BuildFailure} If something is missing, of the wrong kind, or in the place of something else.
 */
export async function imageEntries(contents: ImageContents): Promise<readonly ImageEntry[]> {
  const image = new Assembly(true);
  for (const [path, mode] of folders) image.directory(path, mode);
  for (const name of ["bin", "sbin", "lib", "lib64"]) {
    image.directory(`/usr/${name}`, 0o755);
    image.link(`/${name}`, `usr/${name}`);
  }
  image.device("/dev/console", 0o600, 5, 1);
  image.device("/dev/null", 0o666, 1, 3);
  image.link("/proc/self/exe", "/init");
  image.link("/sbin/init", "/init");
  image.link("/sbin/initctl", "/init");
  await addProgram(image, readProgram({ path: "/init", host: contents.init }), "init", "glibc");
  const programs = (contents.programs ?? []).map(readProgram);
  for (const program of programs) await addProgram(image, program, "programs", "programs");
  await addRest(image, contents);
  checkScripts(image, programs);
  return image.entries();
}

/** Folders that an empty system needs. */
const folders = [
  ["/dev", 0o755],
  ["/etc", 0o755],
  ["/persist", 0o755],
  ["/proc", 0o755],
  ["/root", 0o700],
  ["/run", 0o755],
  ["/sys", 0o755],
  ["/tmp", 0o1777],
  ["/var", 0o755],
] as const;

async function addProgram(image: Assembly, program: Program, part: Part, libraries: Part): Promise<void> {
  const { path, host, mode, closure } = program;
  await image.file({ path, content: host, mode, part });
  for (const library of closure?.libraries ?? []) {
    await image.file({ path: library.path, content: library.host, mode: 0o755, part: libraries });
  }
}

/** Adds what is the same for every kind of image. */
export async function addRest(
  image: Assembly,
  { files = [], links = {}, modules }: Omit<ImageContents, "init">,
): Promise<void> {
  for (const { path, content, mode } of files) {
    const executable = typeof content === "string" && ((statusOf(content).mode ?? 0) & 0o100) !== 0;
    await image.file({ path, content, mode: mode ?? (executable ? 0o755 : 0o644), part: "files" });
  }
  for (const [path, target] of Object.entries(links)) image.link(path, target, `the link to ${target}`);
  for (const file of modules === undefined ? [] : kernelModules(modules)) await image.file(file);
}
