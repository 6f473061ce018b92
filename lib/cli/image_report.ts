import type { ImageRecord } from "../build/image/mod.ts";

/** What the parts of an image are, beside their names. */
const explanations = {
  init: "the init of this generation",
  glibc: "its loader and C library",
  programs: "programs, and libraries that only they need",
  modules: "kernel modules and their lists",
  files: "other files",
} as const;

/**
 * An image as lines of text: its size, and that of each part, the largest first.
 *
 * @param path The image, as the user shall read it.
 */
export function renderImage(path: string, record: ImageRecord): string {
  const { compression, size, unpacked, parts, leftOut } = record;
  const packed = compression === null || compression === "none"
    ? ""
    : ` ${compression}, ${megabytes(unpacked)} unpacked`;
  const sizes = Object.entries(parts).sort(([, a], [, b]) => b.size - a.size);
  const rows = sizes.map(([name, part]) => {
    const count = part.files.length === 1 ? "1 file" : `${part.files.length} files`;
    const explanation = Object.entries(explanations).find(([known]) => known === name)?.[1] ?? "";
    return `${megabytes(part.size).padStart(10)}  ${name.padEnd(9)} ${count.padStart(9)}  ${explanation}`;
  });
  const lines = [`${path} (${megabytes(size)}${packed})`, ...rows];
  if (leftOut.length > 0) {
    lines.push(`left out: ${leftOut.join(", ")}; the kernel's devtmpfs has them (CONFIG_DEVTMPFS_MOUNT)`);
  }
  return lines.join("\n");
}

function megabytes(bytes: number): string {
  return bytes < 1e5 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
