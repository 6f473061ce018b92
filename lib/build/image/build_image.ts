import { join } from "@std/path";
import { BuildFailure } from "../failure.ts";
import { stableJson } from "../manifest.ts";
import type { Progress } from "../progress.ts";
import { reasonOf } from "../project.ts";
import { sweep, temporaryPrefix } from "../temporary.ts";
import type { ImageEntry } from "./entry.ts";
import { type ImageContents, imageEntries } from "./image_entries.ts";
import { type ImageKind, type ImageManifest, type ImageRecord, imagesIn, partsOf } from "./image_manifest.ts";
import { type Compression, compressionSuffix, writeInitramfs } from "./initramfs.ts";
import { overlayEntries } from "./overlay_entries.ts";
import { writeTree } from "./write_tree.ts";

/** What image to make of a generation. */
export interface ImageOptions extends Omit<ImageContents, "init"> {
  readonly kind: ImageKind;
  /** For an initramfs. */
  readonly compression: Compression;
  /** For an overlay: whether the image below it has `/sbin` as a link into `/usr`. */
  readonly merged: boolean;
  readonly progress: Progress;
}

/** The generation that gets the image. */
export interface Built {
  readonly generation: string;
  /** Its folder, absolute. */
  readonly folder: string;
  /** The init in it. */
  readonly init: string;
}

/**
 * Makes an image of a generation, in its folder, and says in `image.json`
 * what it is. It is moved there when it is whole, so that an interrupted build
 * leaves no half image. Of the same contents come the same bytes.
 *
 * @throws {BuildFailure} If the contents do not go together, or cannot be read or written.
 */
export async function buildImage(built: Built, options: ImageOptions): Promise<ImageRecord> {
  const { kind, progress } = options;
  const { folder, generation } = built;
  const contents = { ...options, init: built.init };
  const entries = await progress.step(
    "collecting the image",
    () => kind === "overlay" ? overlayEntries(contents, options.merged) : imageEntries(contents),
  );
  try {
    await sweep(folder);
    const unfinished = await Deno.makeTempDir({ dir: folder, prefix: temporaryPrefix });
    try {
      const record = await progress.step(
        `writing the ${kind}`,
        () => writeImage(entries, unfinished, options),
      );
      await publish(unfinished, built, kind, record);
      return record;
    } finally {
      await Deno.remove(unfinished, { recursive: true }).catch(() => {});
    }
  } catch (error) {
    if (error instanceof BuildFailure) throw error;
    throw new BuildFailure(
      `cannot write the ${kind} of generation ${generation} in ${folder}: ${reasonOf(error)}`,
      "make room there, or name another folder with --out",
    );
  }
}

async function writeImage(
  entries: readonly ImageEntry[],
  folder: string,
  { kind, compression }: ImageOptions,
): Promise<ImageRecord> {
  const parts = partsOf(entries);
  const unpacked = Object.values(parts).reduce((sum, { size }) => sum + size, 0);
  if (kind === "initramfs") {
    const path = `initramfs.cpio${compressionSuffix[compression]}`;
    const written = await writeInitramfs(entries, join(folder, path), compression);
    return { path, compression, ...written, unpacked, parts, leftOut: [] };
  }
  await Deno.mkdir(join(folder, kind));
  await writeTree(entries, join(folder, kind));
  const leftOut = entries.filter((entry) => entry.kind === "device").map(({ path }) => path);
  return { path: kind, compression: null, size: unpacked, sha256: null, unpacked, parts, leftOut };
}

/** Puts a finished image in the place of the one before. */
async function publish(
  unfinished: string,
  { folder, generation }: Built,
  kind: ImageKind,
  record: ImageRecord,
): Promise<void> {
  const manifestPath = join(folder, "image.json");
  const images = imagesIn(await Deno.readTextFile(manifestPath).catch(() => null), generation);
  // rename(2) replaces a file, but of folders only an empty one.
  if (kind !== "initramfs") await moveIfThere(join(folder, record.path), join(unfinished, "old"));
  await Deno.rename(join(unfinished, record.path), join(folder, record.path));
  const manifest: ImageManifest = { image: 1, generation, images: { ...images, [kind]: record } };
  await Deno.writeTextFile(join(unfinished, "image.json"), stableJson(manifest));
  await Deno.rename(join(unfinished, "image.json"), manifestPath);
  // An initramfs that was compressed in another way has another name.
  const before = images[kind]?.path ?? record.path;
  if (before !== record.path) await moveIfThere(join(folder, before), join(unfinished, "other"));
}

async function moveIfThere(from: string, to: string): Promise<void> {
  try {
    await Deno.rename(from, to);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
