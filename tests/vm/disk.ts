import { dirname, join } from "@std/path";
import { hostCommand } from "./host_command.ts";

/** A file for a disk whose permission bits matter. */
export interface DiskFile {
  readonly text: string;
  readonly mode: number;
}

/** What a disk is to hold. */
export interface DiskSettings {
  /** The file of the host to make; its folder exists. */
  readonly path: string;
  /** Contents by absolute path on the disk. Without a mode everybody may read them. They belong to whoever makes the disk. */
  readonly files?: Readonly<Record<string, string | DiskFile>>;
  /** Size of the file system in MiB. Default: 64. */
  readonly size?: number;
  /** The label of the file system, at most 16 bytes. Default: none. */
  readonly label?: string;
}

/** Beside the file system, in MiB: what cryptsetup wants for the header while it encrypts in place. */
const HEADER_ROOM = 32;

/** The kernel modules that a guest loads to open an encrypted disk, whatever its processor can do. */
export const encryptionModules = ["dm_crypt", "xts", "ecb"] as const;

/** Makes a disk that is one ext4 file system, without being root and without mounting anything; its path. */
export async function makeDisk(settings: DiskSettings): Promise<string> {
  const { path, files = {}, size = 64, label } = settings;
  const content = await Deno.makeTempDir({ prefix: "denit-disk-" });
  try {
    await Deno.chmod(content, 0o755);
    for (const [place, one] of Object.entries(files)) {
      const { text, mode } = typeof one === "string" ? { text: one, mode: 0o644 } : one;
      const file = join(content, place);
      await Deno.mkdir(dirname(file), { recursive: true });
      await Deno.writeTextFile(file, text);
      await Deno.chmod(file, mode);
    }
    const owner = ["-E", "root_owner=0:0"];
    const named = label === undefined ? [] : ["-L", label];
    await hostCommand(["mkfs.ext4", "-q", ...owner, ...named, "-d", content, path, `${size}M`]);
    return path;
  } finally {
    await Deno.remove(content, { recursive: true });
  }
}

/**
 * Makes a disk that is one LUKS2 volume with an ext4 file system in it. The
 * derivation of its key is as quick as it can be, and so protects nothing.
 *
 * @param key The content of the key file that opens it.
 */
export async function makeEncryptedDisk(settings: DiskSettings & { readonly key: string }): Promise<string> {
  const path = await makeDisk(settings);
  await Deno.truncate(path, ((settings.size ?? 64) + HEADER_ROOM) * 1024 * 1024);
  const keyFile = await Deno.makeTempFile({ prefix: "denit-key-" });
  try {
    await Deno.writeTextFile(keyFile, settings.key);
    // This encrypts in user space: where the kernel has no dm-crypt, as in a container, and without root.
    await hostCommand([
      "cryptsetup",
      "reencrypt",
      "--encrypt",
      "--type",
      "luks2",
      "--reduce-device-size",
      `${HEADER_ROOM}M`,
      "--pbkdf",
      "pbkdf2",
      "--pbkdf-force-iterations",
      "1000",
      "--batch-mode",
      "--key-file",
      keyFile,
      path,
    ]);
    return path;
  } finally {
    await Deno.remove(keyFile);
  }
}

/**
 * Decrypts a disk of a machine that has ended, without being root: what {@linkcode readFromDisk} and
 * {@linkcode wasUnmounted} then look at is a copy of the file system in it.
 *
 * @param key The content of the key file that opens it.
 * @param copy The file of the host to make.
 * @returns The path of the copy.
 */
export async function decryptDisk(path: string, key: string, copy: string): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "denit-key-" });
  try {
    const keyFile = join(folder, "key"), header = join(folder, "header");
    await Deno.writeTextFile(keyFile, key);
    await Deno.copyFile(path, copy);
    const how = ["--decrypt", "--force-offline-reencrypt", "--batch-mode"];
    await hostCommand(["cryptsetup", "reencrypt", ...how, "--header", header, "--key-file", keyFile, copy]);
    return copy;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What a file on the ext4 disk of a machine that has ended holds. @throws {Error} If it is not there. */
export async function readFromDisk(path: string, file: string): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "denit-disk-" });
  try {
    // debugfs prints its version and its complaints, and does not fail; what it has dumped tells.
    const copy = join(folder, "copy");
    await hostCommand(["debugfs", "-R", `dump ${file} ${copy}`, path]);
    return await Deno.readTextFile(copy).catch((error: unknown) => {
      throw new Error(`cannot read ${file} on ${path}: it is not there`, { cause: error });
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Whether an ext4 disk was unmounted in order; if not, the next mount repairs it from its journal. */
export async function wasUnmounted(path: string): Promise<boolean> {
  return !/^Filesystem features:.*\bneeds_recovery\b/m.test(await hostCommand(["dumpe2fs", "-h", path]));
}

/** A disk of 16 MiB without anything on it, for whoever only needs the device. */
export async function emptyDisk(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await Deno.makeTempFile({ prefix: "denit-disk-" });
  await Deno.truncate(path, 16 * 1024 * 1024);
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path) };
}
