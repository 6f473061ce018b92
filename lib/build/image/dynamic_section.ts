import { BuildFailure } from "../failure.ts";
import { elfLength } from "../elf.ts";

/** What the loader reads of a program or a shared library; see elf(5) and ld.so(8). */
export interface DynamicSection {
  /** `PT_INTERP`, the loader that the kernel starts; null for a library and for a static program. */
  readonly interpreter: string | null;
  /** `DT_NEEDED`: names of shared libraries, in order. */
  readonly needed: readonly string[];
  /** `DT_RUNPATH`: folders for its own libraries, `$ORIGIN` as it stands. */
  readonly runpath: readonly string[];
  /** `DT_RPATH`, which counts only where there is no `DT_RUNPATH`. */
  readonly rpath: readonly string[];
}

/** A stretch of a file. */
export interface Stretch {
  readonly offset: number;
  readonly length: number;
}

interface Segment extends Stretch {
  readonly type: number;
  readonly address: number;
}

const [PT_LOAD, PT_DYNAMIC, PT_INTERP] = [1, 2, 3];
const [DT_NEEDED, DT_STRTAB, DT_STRSZ, DT_RPATH, DT_RUNPATH] = [1, 5, 10, 15, 29];

/**
 * Reads what a file needs of others, and no more of it than that takes.
 *
 * @param path A file of the host.
 * @returns Null if it is no ELF file at all.
 * @throws {BuildFailure} If it is one that x86-64 with its 64 bits cannot run, or a broken one.
 */
export function readDynamicSection(path: string): DynamicSection | null {
  using file = Deno.openSync(path);
  const header = readAt(file, { offset: 0, length: 64 });
  if (header.byteLength < 20 || header.getUint32(0) !== 0x7f454c46) return null;
  if (elfLength(new Uint8Array(header.buffer)) === null) {
    const bits = header.getUint8(4) === 1 ? "a 32-bit program" : "a program for another machine";
    throw new BuildFailure(`cannot put ${path} into an image: it is ${bits}`, "name one for x86-64, 64 bits");
  }
  try {
    return dynamicSection(file, header);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new BuildFailure(
      `cannot put ${path} into an image: it ends before what its own headers announce`,
      "it is damaged: name another, or install it again",
    );
  }
}

/** Where in a program the path of its loader stands, the NUL behind it included; null if it has none. */
export function interpreterStretch(path: string): Stretch | null {
  using file = Deno.openSync(path);
  const header = readAt(file, { offset: 0, length: 64 });
  return segments(file, header).find(({ type }) => type === PT_INTERP) ?? null;
}

function dynamicSection(file: Deno.FsFile, header: DataView<ArrayBuffer>): DynamicSection {
  const all = segments(file, header);
  const interpreter = all.find(({ type }) => type === PT_INTERP);
  const dynamic = all.find(({ type }) => type === PT_DYNAMIC);
  const tags = dynamic === undefined ? [] : tagsOf(readAt(file, dynamic));
  const first = (wanted: number) => tags.find(({ tag }) => tag === wanted)?.value;
  const names = stringTable(file, all, first(DT_STRTAB), first(DT_STRSZ) ?? 0);
  const strings = (wanted: number) =>
    tags.filter(({ tag }) => tag === wanted).map(({ value }) => stringAt(names, value));
  const folders = (tag: number) =>
    strings(tag).flatMap((list) => list.split(":")).filter((path) => path !== "");
  return {
    interpreter: interpreter === undefined ? null : stringAt(readAt(file, interpreter), 0),
    needed: strings(DT_NEEDED),
    runpath: folders(DT_RUNPATH),
    rpath: folders(DT_RPATH),
  };
}

/** The program headers, `Elf64_Phdr`: type at 0, offset at 8, address at 16, size in the file at 32. */
function segments(file: Deno.FsFile, header: DataView<ArrayBuffer>): readonly Segment[] {
  const [size, count] = [header.getUint16(54, true), header.getUint16(56, true)];
  const table = readAt(file, { offset: number(header, 32), length: size * count });
  const all = Array.from({ length: count }, (_, index) => {
    const at = index * size;
    return {
      type: table.getUint32(at, true),
      offset: number(table, at + 8),
      address: number(table, at + 16),
      length: number(table, at + 32),
    };
  });
  const end = file.statSync().size;
  if (all.some(({ offset, length }) => offset + length > end)) throw new RangeError("a segment is cut off");
  return all;
}

/** The entries of a dynamic section, `Elf64_Dyn`, up to `DT_NULL`. */
function tagsOf(section: DataView): readonly { readonly tag: number; readonly value: number }[] {
  const tags = [];
  for (let at = 0; at + 16 <= section.byteLength; at += 16) {
    // Tags of the processor and of systems are large; none of them is of interest.
    const tag = Number(section.getBigUint64(at, true));
    if (tag === 0) break;
    tags.push({ tag, value: Number(section.getBigUint64(at + 8, true)) });
  }
  return tags;
}

/** The string table, which is named by the address that it will have in memory. */
function stringTable(
  file: Deno.FsFile,
  all: readonly Segment[],
  address: number | undefined,
  length: number,
): DataView {
  if (address === undefined) return new DataView(new ArrayBuffer(0));
  const holds = (segment: Segment) =>
    segment.type === PT_LOAD && segment.address <= address && address < segment.address + segment.length;
  const segment = all.find(holds);
  if (segment === undefined) throw new RangeError("the string table lies in no segment");
  return readAt(file, { offset: segment.offset + address - segment.address, length });
}

function stringAt(table: DataView, offset: number): string {
  const bytes = new Uint8Array(table.buffer, table.byteOffset, table.byteLength);
  const end = bytes.indexOf(0, offset);
  if (offset >= bytes.length || end < 0) throw new RangeError("a string does not end");
  return new TextDecoder().decode(bytes.subarray(offset, end));
}

/** @returns Fewer bytes than wanted only where the file ends. */
function readAt(file: Deno.FsFile, { offset, length }: Stretch): DataView<ArrayBuffer> {
  // A damaged header may ask for anything.
  const bytes = new Uint8Array(Math.min(length, Math.max(0, file.statSync().size - offset)));
  file.seekSync(offset, Deno.SeekMode.Start);
  let filled = 0;
  while (filled < bytes.length) {
    const count = file.readSync(bytes.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return new DataView(bytes.buffer, 0, filled);
}

function number(view: DataView, offset: number): number {
  return Number(view.getBigUint64(offset, true));
}
