import { join, resolve } from "@std/path";
import { messageOf } from "../define/message_of.ts";

/** The folder for sockets, journal and logs: chosen, or from `DENIT_RUNTIME_DIR`, or where such things belong. */
export function runtimeFolder(chosen: string | undefined): string {
  const given = chosen ?? Deno.env.get("DENIT_RUNTIME_DIR");
  if (given !== undefined && given !== "") return given;
  const session = Deno.env.get("XDG_RUNTIME_DIR");
  return Deno.uid() === 0 || session === undefined ? "/run/denit" : join(session, "denit");
}

/** Somebody else supervises in this runtime directory. */
export class FolderTaken extends Error {
  override readonly name = "FolderTaken";
}

/** A runtime directory that is ours, as far as there is one. */
export interface OpenFolder {
  readonly journal: Deno.FsFile | null;
  /** Why there is no journal, or no lock. */
  readonly fault: string | null;
  close(): void;
}

/**
 * Takes a runtime directory, which is made if it is missing, and begins its
 * journal, or goes on with the one that is there. Where that cannot be, as on a read-only file system, the supervisor
 * does without.
 *
 * @throws {FolderTaken} If another supervisor has it.
 */
export function openRuntimeFolder(folder: string, goesOn = false): OpenFolder {
  let lock: Deno.FsFile | null = null;
  try {
    Deno.mkdirSync(folder, { recursive: true, mode: 0o755 });
    lock = Deno.openSync(join(folder, "lock"), { read: true, write: true, create: true, mode: 0o644 });
    if (!lock.tryLockSync(true)) throw new FolderTaken(takenBy(folder, lock));
    lock.truncateSync();
    lock.writeSync(new TextEncoder().encode(`${Deno.pid}\n`));
    const path = join(folder, "boot.jsonl");
    const journal = Deno.openSync(path, {
      write: true,
      append: goesOn,
      create: true,
      truncate: !goesOn,
      mode: 0o644,
    });
    return { journal, fault: null, close: () => lock?.close() };
  } catch (error) {
    if (error instanceof FolderTaken) {
      lock?.close();
      throw error;
    }
    const reason = messageOf(error);
    return {
      journal: null,
      fault: `cannot keep a journal in ${folder}: ${reason}`,
      close: () => lock?.close(),
    };
  }
}

/**
 * The folder for the mailboxes of services, made if that is possible; where it is not, a service that needs one says so.
 * Services have working directories of their own, so that the path is an absolute one.
 */
export function openNotifyFolder(folder: string): string {
  const path = join(resolve(folder), "notify");
  try {
    Deno.mkdirSync(path, { recursive: true, mode: 0o755 });
  } catch {
    // On a read-only file system there is no folder.
  }
  return path;
}

function takenBy(folder: string, lock: Deno.FsFile): string {
  const text = new Uint8Array(16);
  const pid = new TextDecoder().decode(text.subarray(0, lock.readSync(text) ?? 0)).trim();
  return `cannot supervise in ${folder}: process ${
    pid || "?"
  } already does; give another one by --runtime-dir`;
}
