import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { PassThrough, Readable, type Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, createGzip, createZstdCompress } from "node:zlib";
import { cpio } from "./cpio.ts";
import type { ImageEntry } from "./entry.ts";

/** How an initramfs can be compressed: each in a way that kernels are commonly built to read. */
export const compressions = ["none", "gzip", "zstd"] as const;
export type Compression = typeof compressions[number];

/** What the names of compressed files end in. */
export const compressionSuffix = { none: "", gzip: ".gz", zstd: ".zst" } as const satisfies Record<
  Compression,
  string
>;

/** A file that was written. */
export interface Written {
  readonly size: number;
  readonly sha256: string;
}

/**
 * Writes a file for the kernel's `initrd`: an archive of the entries,
 * compressed. It streams, so that an init of 100 MB takes no 100 MB of memory.
 *
 * @param entries What {@linkcode imageEntries} returned.
 * @param path The file to write, which is replaced.
 */
export async function writeInitramfs(
  entries: readonly ImageEntry[],
  path: string,
  compression: Compression = "zstd",
): Promise<Written> {
  const hash = createHash("sha256");
  let size = 0;
  const measure = async function* (chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      size += chunk.length;
      hash.update(chunk);
      yield chunk;
    }
  };
  await pipeline(
    Readable.from(cpio(entries), { objectMode: false, highWaterMark: 1 << 20 }),
    compressor(compression),
    measure,
    createWriteStream(path),
  );
  return { size, sha256: hash.digest("hex") };
}

function compressor(compression: Compression): Transform {
  switch (compression) {
    case "none":
      return new PassThrough();
    case "gzip":
      return createGzip({ level: 6 });
    case "zstd":
      // The kernel refuses a window of more than 128 MB; this level has one of 2.
      return createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 3 } });
  }
}
