/** What an entry of an image belongs to; sizes are told by it. */
export type Part = "init" | "glibc" | "programs" | "modules" | "files";

interface Common {
  /** Absolute in the image, without a slash at its end, its folder free of links. */
  readonly path: string;
  /** Who wants it there, for messages: a path of the host, an option. It does not go into the image. */
  readonly source: string;
}

export interface DirectoryEntry extends Common {
  readonly kind: "directory";
  /** Permission bits: `0o755`. */
  readonly mode: number;
}

export interface FileEntry extends Common {
  readonly kind: "file";
  readonly mode: number;
  readonly part: Part;
  /** The bytes, or the file of the host that has them. */
  readonly content: Uint8Array<ArrayBuffer> | string;
  readonly size: number;
  /** Hex digits. */
  readonly sha256: string;
}

export interface LinkEntry extends Common {
  readonly kind: "link";
  readonly target: string;
}

/** A character device. */
export interface DeviceEntry extends Common {
  readonly kind: "device";
  readonly mode: number;
  readonly major: number;
  readonly minor: number;
}

/** Something in an image. Everything belongs to root, and no time is kept. */
export type ImageEntry = DirectoryEntry | FileEntry | LinkEntry | DeviceEntry;
