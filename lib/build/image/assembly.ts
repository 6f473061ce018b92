import { createHash } from "node:crypto";
import { dirname } from "@std/path";
import { BuildFailure } from "../failure.ts";
import { reasonOf } from "../project.ts";
import type { FileEntry, ImageEntry, Part } from "./entry.ts";

/** A file to be put into an image. */
export interface NewFile {
  readonly path: string;
  /** The bytes, or the path of a file of the host. */
  readonly content: Uint8Array<ArrayBuffer> | string;
  readonly mode: number;
  readonly part: Part;
  /** Who wants it, for messages. Default: the path of the host. */
  readonly source?: string;
}

/** The source of what no user has asked for. */
const everyImage = "what every image has";

/** The folders that are links into `/usr` in the distributions of today. */
const mergedFolder = /^\/(bin|sbin|lib|lib64)(?=\/)/;

/**
 * An image while it is put together. The same thing twice is the same thing
 * once; two things in one place are a mistake, and the message names both.
 */
export class Assembly {
  readonly #entries = new Map<string, ImageEntry>();

  /** @param merged Whether what is wanted in `/bin`, `/sbin`, `/lib` or `/lib64` is put into the folder of that name in `/usr`. */
  constructor(readonly merged: boolean) {}

  directory(path: string, mode: number, source = everyImage): void {
    this.#put({ kind: "directory", path: this.#place(path, source), mode, source });
  }

  link(path: string, target: string, source = everyImage): void {
    this.#put({ kind: "link", path: this.#place(path, source), target, source });
  }

  device(path: string, mode: number, major: number, minor: number): void {
    this.#put({ kind: "device", path, mode, major, minor, source: everyImage });
  }

  /** @throws {BuildFailure} If the file of the host cannot be read, or something else is in its place. */
  async file({ path, content, mode, part, source }: NewFile): Promise<void> {
    const from = source ?? (typeof content === "string" ? content : "the build");
    const made = await digest(content).catch((error) => {
      throw new BuildFailure(
        `cannot put ${content} into an image: ${reasonOf(error)}`,
        `correct its path (${from})`,
        100,
      );
    });
    this.#put({ kind: "file", path: this.#place(path, from), content, mode, part, source: from, ...made });
  }

  /** Everything, folders before what is in them; always in the same order. */
  entries(): readonly ImageEntry[] {
    for (const { path, source } of [...this.#entries.values()]) this.#addParents(path, source);
    return [...this.#entries.values()].sort((a, b) => a.path < b.path ? -1 : 1);
  }

  has(path: string): boolean {
    return this.#entries.has(this.#place(path, "a look"));
  }

  /** The place of a path in this layout. */
  #place(path: string, source: string): string {
    if (!path.startsWith("/") || /(^|\/)\.{0,2}(\/|$)/.test(path.slice(1))) {
      throw new BuildFailure(
        `cannot place ${source} at ${JSON.stringify(path)}: that is no plain absolute path`,
        "name it like /usr/bin/name",
        100,
      );
    }
    return this.merged ? path.replace(mergedFolder, "/usr$&") : path;
  }

  #addParents(path: string, source: string): void {
    for (let folder = dirname(path); folder !== "/"; folder = dirname(folder)) {
      const there = this.#entries.get(folder);
      if (there === undefined) {
        this.#entries.set(folder, { kind: "directory", path: folder, mode: 0o755, source });
      } else if (there.kind !== "directory") {
        throw new BuildFailure(
          `cannot place ${source} at ${path}: ${folder} is a ${there.kind} (from ${there.source})`,
          "choose another place for one of them",
          100,
        );
      }
    }
  }

  #put(entry: ImageEntry): void {
    const there = this.#entries.get(entry.path);
    if (there === undefined) this.#entries.set(entry.path, entry);
    else if (!same(there, entry)) {
      throw new BuildFailure(
        `cannot place ${entry.source} at ${entry.path}: ${there.source} stands there already, and it is not the same`,
        "choose another place for one of them",
        100,
      );
    }
  }
}

function same(a: ImageEntry, b: ImageEntry): boolean {
  if (a.kind === "file" && b.kind === "file") return a.sha256 === b.sha256 && a.mode === b.mode;
  if (a.kind === "link" && b.kind === "link") return a.target === b.target;
  return a.kind === "directory" && b.kind === "directory" && a.mode === b.mode;
}

/** Size and hash of what a file will have. */
async function digest(content: FileEntry["content"]): Promise<Pick<FileEntry, "size" | "sha256">> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of chunksOf(content)) {
    size += chunk.length;
    hash.update(chunk);
  }
  return { size, sha256: hash.digest("hex") };
}

/** The content of a file, in pieces of the same sizes each time. */
export async function* chunksOf(content: FileEntry["content"]): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  if (typeof content !== "string") {
    yield content;
    return;
  }
  using file = await Deno.open(content);
  while (true) {
    const chunk = new Uint8Array(1 << 20);
    let filled = 0;
    for (let count: number | null = 0; count !== null && filled < chunk.length; filled += count ?? 0) {
      count = await file.read(chunk.subarray(filled));
    }
    if (filled > 0) yield chunk.subarray(0, filled);
    if (filled < chunk.length) return;
  }
}
