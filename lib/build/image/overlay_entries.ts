import { basename } from "@std/path";
import { BuildFailure } from "../failure.ts";
import { Assembly } from "./assembly.ts";
import type { ImageEntry, Part } from "./entry.ts";
import { addRest, type ImageContents } from "./image_entries.ts";
import { type PrivateGlibc, privateGlibc, withLoader } from "./private_glibc.ts";
import { type Program, readProgram } from "./program.ts";

/**
 * The entries of an overlay that puts an init into an image which another
 * system builds, and whose C library may be musl: Buildroot's
 * `BR2_ROOTFS_OVERLAY`. The init stands at `/sbin/init`; glibc stands in a
 * folder that only the init and the programs named here look into. Nothing in
 * the image needs glibc, and no environment variable leads to it. What a script
 * named here is run by may be in that image, and is not asked for.
 *
 * strip(1) destroys the init. Buildroot strips before it copies overlays.
 *
 * @param merged Whether that image has `/sbin` as a link into `/usr` (`BR2_ROOTFS_MERGED_USR`).
 * @throws {BuildFailure} If something is missing, of the wrong kind, or in the place of something else.
 */
export async function overlayEntries(
  contents: ImageContents,
  merged = false,
): Promise<readonly ImageEntry[]> {
  const init = readProgram({ path: "/sbin/init", host: contents.init });
  const programs = (contents.programs ?? []).map(readProgram);
  const image = new Assembly(merged);
  const { interpreter, loader } = loaderOf(init);
  const glibc = privateGlibc({ interpreter, loader });
  image.link("/proc/self/exe", "/sbin/init");
  image.link("/sbin/initctl", "init");
  await image.file({ path: glibc.loader, content: glibc.bytes, mode: 0o755, part: "glibc", source: loader });
  await addPrivate(image, init, glibc, loader, ["init", "glibc"]);
  for (const program of programs) await addPrivate(image, program, glibc, loader, ["programs", "programs"]);
  await addRest(image, contents);
  return image.entries();
}

/** The loader that a program names, and that file of the host, links followed. */
function loaderOf({ host, closure }: Program): { readonly interpreter: string; readonly loader: string } {
  const interpreter = closure?.interpreter ?? null;
  const loader = closure?.libraries.find(({ path }) => path === interpreter)?.host;
  if (interpreter !== null && loader !== undefined) return { interpreter, loader };
  throw new BuildFailure(
    `cannot make an overlay of ${host}: it names no loader`,
    "name an init that deno compile has made",
  );
}

async function addPrivate(
  image: Assembly,
  program: Program,
  glibc: PrivateGlibc,
  loader: string,
  [part, libraries]: readonly [Part, Part],
): Promise<void> {
  const { path, host, mode, closure } = program;
  const isStatic = closure === null || closure.interpreter === null;
  if (!isStatic && loaderOf(program).loader !== loader) {
    throw new BuildFailure(
      `cannot put ${host} into an overlay: its loader is ${closure.interpreter}, not that of the init`,
      `take it with --file ${host}:${path}, if the image has that loader`,
      100,
    );
  }
  const content = isStatic ? host : withLoader(host, glibc.loader);
  await image.file({ path, content, mode, part, source: host });
  for (const library of closure?.libraries ?? []) {
    if (library.host === loader) continue;
    const place = `${glibc.folder}/${basename(library.path)}`;
    if (!image.has(place)) {
      await image.file({ path: place, content: library.host, mode: 0o755, part: libraries });
    }
  }
}
