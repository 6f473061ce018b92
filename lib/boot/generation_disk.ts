import { dirname } from "@std/path";
import { messageOf } from "../define/message_of.ts";

/** What generations lie on, one step at a time, so that a test can cut the power between any two. */
export interface Disk {
  /** How temporary files end; two who write at the same time must not share it. */
  readonly suffix: string;
  /** The text of a file; null if there is none, or it cannot be read. */
  read(path: string): Promise<string | null>;
  /** The names of the folders in a folder; links to folders are none. */
  folders(path: string): Promise<readonly string[]>;
  /** Makes a file, or empties it, and writes a text into it. */
  write(path: string, text: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file, if there is one. */
  remove(path: string): Promise<void>;
  makeFolder(path: string): Promise<void>;
  /** Waits until the content of a file, or the names in a folder, have reached the disk; fsync(2). */
  sync(path: string): Promise<void>;
}

/** The file systems of this machine. Nothing of it blocks init: what waits for a disk waits in another thread. */
export const realDisk: Disk = {
  suffix: ".new",
  read: (path) => Deno.readTextFile(path).catch(() => null),
  async folders(path) {
    const entries = await Array.fromAsync(Deno.readDir(path)).catch((error) => {
      throw new Error(`cannot list ${path}: ${messageOf(error)}`);
    });
    return entries.filter(({ isDirectory }) => isDirectory).map(({ name }) => name);
  },
  write: (path, text) => Deno.writeTextFile(path, text, { mode: 0o644 }),
  rename: (from, to) => Deno.rename(from, to),
  async remove(path) {
    try {
      await Deno.remove(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  },
  makeFolder: (path) => Deno.mkdir(path, { recursive: true }),
  async sync(path) {
    using opened = await Deno.open(path);
    await opened.sync();
  },
};

/**
 * Replaces a file as a whole: a power cut at any moment leaves the old content or the new, never half of either.
 *
 * @throws {Error} As the file system does: no space, read-only, no permission.
 */
export async function replaceFile(disk: Disk, path: string, text: string): Promise<void> {
  const temporary = path + disk.suffix;
  await disk.write(temporary, text);
  await disk.sync(temporary);
  await disk.rename(temporary, path);
  // The new name is on the disk only once the folder is.
  await disk.sync(dirname(path));
}
