import { chunksOf } from "./assembly.ts";
import type { ImageEntry } from "./entry.ts";

/** File types of st_mode, inode(7). */
const types = { directory: 0o040000, file: 0o100000, link: 0o120000, device: 0o020000 } as const;

/**
 * An archive as the kernel unpacks it into its first file system: cpio of the
 * kind "newc", see Documentation/driver-api/early-userspace/buffer-format.rst
 * of the kernel. Owner and group are root, times are 0, and inode numbers are
 * counted, so that the same entries give the same bytes.
 *
 * @param entries Folders before what is in them.
 */
export async function* cpio(entries: readonly ImageEntry[]): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let written = 0;
  for (const [index, entry] of entries.entries()) {
    const body = entry.kind === "link"
      ? encode(entry.target)
      : entry.kind === "file"
      ? entry.content
      : encode("");
    const size = entry.kind === "file" ? entry.size : body.length;
    const header = head(entry, index + 1, size);
    yield header;
    let given = 0;
    for await (const chunk of chunksOf(body)) {
      given += chunk.length;
      yield chunk;
    }
    if (given !== size) throw new Error(`cannot archive ${entry.source}: it was changed while it was read`);
    yield padding(size, 4);
    written += header.length + size + padding(size, 4).length;
  }
  const trailer = record({ name: "TRAILER!!!", links: 1 });
  yield trailer;
  yield padding(written + trailer.length, 512);
}

function head(entry: ImageEntry, inode: number, size: number): Uint8Array<ArrayBuffer> {
  const mode = types[entry.kind] | (entry.kind === "link" ? 0o777 : entry.mode);
  const { major, minor } = entry.kind === "device" ? entry : { major: 0, minor: 0 };
  const links = entry.kind === "directory" ? 2 : 1;
  return record({ name: entry.path.slice(1), inode, mode, links, size, major, minor });
}

/** The fields of a header that are not always 0. */
interface Fields {
  readonly name: string;
  readonly links: number;
  readonly inode?: number;
  readonly mode?: number;
  readonly size?: number;
  readonly major?: number;
  readonly minor?: number;
}

function record(
  { name, links, inode = 0, mode = 0, size = 0, major = 0, minor = 0 }: Fields,
): Uint8Array<ArrayBuffer> {
  const length = encode(name).length + 1;
  const [uid, gid, time, deviceMajor, deviceMinor, check] = [0, 0, 0, 0, 0, 0];
  const fields = [
    inode,
    mode,
    uid,
    gid,
    links,
    time,
    size,
    deviceMajor,
    deviceMinor,
    major,
    minor,
    length,
    check,
  ];
  const text = "070701" + fields.map((field) => field.toString(16).padStart(8, "0")).join("") + name + "\0";
  const bytes = encode(text);
  return encode(text + "\0".repeat(padding(bytes.length, 4).length));
}

function padding(length: number, multiple: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array((multiple - length % multiple) % multiple);
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
