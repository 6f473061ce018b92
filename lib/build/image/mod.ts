/**
 * Images that boot: an `init` with the C library, programs and kernel modules
 * it needs, as an initramfs, as a folder, or as an overlay for an image whose
 * C library is another.
 *
 * May import: lib/build, lib/driver, lib/os/linux, lib/os, lib/graph, lib/kinds, lib/define.
 *
 * @example
 * ```ts
 * import { imageEntries, writeInitramfs } from "../image/mod.ts";
 *
 * async function main() {
 *   const entries = await imageEntries({ init: "dist/current/init", programs: ["/bin/busybox"] });
 *   await writeInitramfs(entries, "initramfs.cpio.zst", "zstd");
 * }
 * ```
 *
 * @module
 */
export { checkTarget } from "./check_target.ts";
export { buildImage, type Built, type ImageOptions } from "./build_image.ts";
export type { DeviceEntry, DirectoryEntry, FileEntry, ImageEntry, LinkEntry, Part } from "./entry.ts";
export { type ImageContents, imageEntries, type ImageFile } from "./image_entries.ts";
export { type ImageKind, imageKinds, type ImageManifest, type ImageRecord } from "./image_manifest.ts";
export {
  fileOption,
  type Link,
  linkOption,
  linkTable,
  modulesOption,
  programOption,
} from "./image_options.ts";
export {
  type Compression,
  compressions,
  compressionSuffix,
  writeInitramfs,
  type Written,
} from "./initramfs.ts";
export { debianKernel, type Flavour, type Kernel } from "./debian_kernel.ts";
export type { KernelModules } from "./kernel_modules.ts";
export type { Copy } from "./libraries.ts";
export { overlayEntries } from "./overlay_entries.ts";
export { writeTree } from "./write_tree.ts";
