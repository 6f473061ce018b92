import type { ImageEntry, Part } from "./entry.ts";
import type { Compression } from "./initramfs.ts";

/** The kinds of image. */
export const imageKinds = ["initramfs", "rootfs", "overlay"] as const;
export type ImageKind = typeof imageKinds[number];

/** A file in an image. Sizes are bytes. */
export interface ImageFileRecord {
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
}

/** One image, in `image.json`. Sizes are bytes. */
export interface ImageRecord {
  /** Its name in the folder of the generation. */
  readonly path: string;
  /** How it is compressed; null for a folder. */
  readonly compression: Compression | null;
  /** The size of the file; for a folder that of all files in it. */
  readonly size: number;
  /** The hash of the file; null for a folder, each file of which has its own. */
  readonly sha256: string | null;
  /** The size of all files in it. */
  readonly unpacked: number;
  /** What it is made of. Links and empty folders are not listed. */
  readonly parts: Readonly<Partial<Record<Part, PartRecord>>>;
  /** What a folder cannot hold, and something else has to provide. */
  readonly leftOut: readonly string[];
}

/** Everything in an image that belongs together. */
export interface PartRecord {
  readonly size: number;
  readonly files: readonly ImageFileRecord[];
}

/** `image.json`, beside the images of a generation. */
export interface ImageManifest {
  /** Version of this format. */
  readonly image: 1;
  readonly generation: string;
  readonly images: Readonly<Partial<Record<ImageKind, ImageRecord>>>;
}

/** What an image is made of, by part. */
export function partsOf(entries: readonly ImageEntry[]): ImageRecord["parts"] {
  const parts: Partial<Record<Part, PartRecord>> = {};
  for (const entry of entries) {
    if (entry.kind !== "file") continue;
    const { part, path, sha256, size } = entry;
    const { size: before, files } = parts[part] ?? { size: 0, files: [] };
    parts[part] = { size: before + size, files: [...files, { path, sha256, size }] };
  }
  return parts;
}

/**
 * The images that a folder has according to its `image.json`; none if that
 * is not there, is damaged, or tells of another generation.
 */
export function imagesIn(text: string | null, generation: string): ImageManifest["images"] {
  try {
    const manifest: ImageManifest = JSON.parse(text ?? "{}");
    return manifest.image === 1 && manifest.generation === generation ? manifest.images : {};
  } catch {
    return {};
  }
}
