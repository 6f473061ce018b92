import { join } from "@std/path";
import { type Disk, realDisk } from "./generation_disk.ts";

/** The disk for whoever holds the lock; init writes without it, and must not meet them at a temporary file. */
export const ROLE_DISK: Disk = { ...realDisk, suffix: ".tmp" };

/**
 * Waits until nobody else changes a folder of generations, by flock(2) on the file `lock` in it. The kernel opens the
 * lock when its holder ends, however it ends.
 *
 * Init itself takes no lock, as it must not wait for anybody: a verdict that meets the count of a try in the very same
 * moment may be lost, and then the generation has one try less, or one more.
 *
 * @returns The lock, open until it is disposed of.
 * @throws {Error} If there can be no such file.
 */
export async function lockGenerations(folder: string): Promise<Disposable> {
  const file = await Deno.open(join(folder, "lock"), { read: true, write: true, create: true, mode: 0o644 });
  try {
    await file.lock(true);
  } catch (error) {
    file.close();
    throw error;
  }
  return file;
}
