/** random(4) and getrandom(2): what is carried over from one boot to the next. */
import { writeAll } from "../write_all.ts";
import { checked, cstring, libc } from "./libc.ts";

/** From <linux/random.h>. */
const RNDADDENTROPY = 0x4008_5203n, GRND_NONBLOCK = 1, GRND_INSECURE = 4;
/** From <fcntl.h>. */
const O_CLOEXEC = 0x8_0000;
/** As many bytes as the kernel's generator has of state. */
const SEED = 32;
/** More of a file is not read. */
const LONGEST_SEED = 512;

/**
 * Gives the kernel the seed in a file, once the file has another one on the disk: a power cut at any moment costs the
 * seed at most, and never lets it be used again.
 *
 * @returns How many bits were given; 0 if there is no seed yet.
 * @throws {OsError} EPERM without CAP_SYS_ADMIN. @throws {Error} As the file system does.
 */
export async function loadSeed(path: string): Promise<number> {
  const seed = await readSeed(path);
  if (seed.length === 0) {
    // What the kernel has no randomness for yet would be the same on many machines.
    if (isRandom()) await saveSeed(path);
    return 0;
  }
  // Unknown to whoever did not know the old one, even if the kernel has nothing to add.
  const mixed = new Uint8Array([...seed, ...randomBytes(GRND_INSECURE)]);
  await replace(path, new Uint8Array(await crypto.subtle.digest("SHA-256", mixed)));
  const bits = 8 * Math.min(seed.length, SEED);
  // struct rand_pool_info: the bits and the bytes that there are, both 32 bits wide, then the bytes.
  const info = new Uint8Array(8 + seed.length);
  new Uint32Array(info.buffer, 0, 2).set([bits, seed.length]);
  info.set(seed, 8);
  const device = checked(libc.open(cstring("/dev/urandom"), O_CLOEXEC, 0), "open", "/dev/urandom");
  try {
    checked(libc.ioctl(device, RNDADDENTROPY, info), "use the seed in", path);
  } finally {
    libc.close(device);
  }
  return bits;
}

/**
 * Leaves a fresh seed for the next boot.
 *
 * @throws {OsError} EAGAIN if the kernel has gathered too little randomness yet. @throws {Error} As the file system does.
 */
export async function saveSeed(path: string): Promise<void> {
  await replace(path, randomBytes(GRND_NONBLOCK));
}

function randomBytes(flags: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(SEED);
  checked(libc.getrandom(bytes, BigInt(SEED), flags), "get randomness from", "the kernel");
  return bytes;
}

function isRandom(): boolean {
  return libc.getrandom(new Uint8Array(1), 1n, GRND_NONBLOCK) === 1;
}

async function readSeed(path: string): Promise<Uint8Array> {
  try {
    return (await Deno.readFile(path)).subarray(0, LONGEST_SEED);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return new Uint8Array();
    throw error;
  }
}

async function replace(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.new`;
  await Deno.remove(temporary).catch(() => {});
  {
    using file = await Deno.open(temporary, { write: true, createNew: true, mode: 0o600 });
    await writeAll(file, bytes);
    await file.sync();
  }
  await Deno.rename(temporary, path);
  // The new name is on the disk only once the folder is.
  // No library for this: the stage of `boot` runs this folder without an import map.
  using folder = await Deno.open(path.slice(0, path.lastIndexOf("/") + 1) || ".");
  await folder.sync();
}
