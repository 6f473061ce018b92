/**
 * The files of one log, found in spite of rotations: at each, every file gets another name, the oldest first, so that a
 * file only ever moves from `NAME.log` to `.1`, to `.2` and so on, and never past another one.
 */

/** The most files that may be kept of a log; see `FileLog.keep`. */
const MOST = 100;

/** A file of a log. It stays the same one whatever it is called by now. */
export interface Part {
  readonly file: Deno.FsFile;
  readonly inode: number | null;
  /** The number in its name when it was seen last; since then it can only have become larger. */
  place: number;
}

/** The newest file of a log; null if there is none. @throws {Deno.errors} PermissionDenied. */
export async function openNewest(path: string): Promise<Part | null> {
  for (let place = 0; place <= MOST; place++) {
    const part = await openAt(path, place);
    if (part !== null) return part;
  }
  return null;
}

/** The oldest file of a log; null if there is none. */
export async function openOldest(path: string): Promise<Part | null> {
  for (let place = MOST; place >= 0; place--) {
    const part = await openAt(path, place);
    if (part !== null) return part;
  }
  return null;
}

/** The file that was written before another one; null if that is not there any more. */
export async function openOlder(path: string, part: Part): Promise<Part | null> {
  while (await locate(path, part)) {
    const { place } = part;
    const older = await openFirst(path, place + 1);
    // If it has not moved meanwhile, what lies behind it was written before it.
    if (await inodeAt(path, place) === part.inode) return older;
    older?.file.close();
  }
  return null;
}

/** The file that was written after another one: null if there is none yet, `gone` if that cannot be told any more. */
export async function openNewer(path: string, part: Part): Promise<Part | "gone" | null> {
  while (await locate(path, part)) {
    const newer = await openLast(path, part.place - 1);
    // While a rotation is under way there is a gap; nobody may have moved into it, nor the other one out of its place.
    const between = newer === null ? [] : await inodesOf(path, newer.place + 1, part.place);
    if (newer === null && await inodeAt(path, part.place) === part.inode) return null;
    if (between.length === 1 && between[0] === part.inode) return newer;
    newer?.file.close();
  }
  return "gone";
}

/** Which file has the name of the newest one at this moment; null if none has. */
export function newestInode(path: string): Promise<number | null> {
  return inodeAt(path, 0);
}

/** Finds out what a file is called now; false if it has no name any more. */
async function locate(path: string, part: Part): Promise<boolean> {
  for (let place = part.place; place <= MOST; place++) {
    if (await inodeAt(path, place) !== part.inode) continue;
    part.place = place;
    return true;
  }
  return false;
}

async function openFirst(path: string, from: number): Promise<Part | null> {
  for (let place = from; place <= MOST; place++) {
    const part = await openAt(path, place);
    if (part !== null) return part;
  }
  return null;
}

async function openLast(path: string, to: number): Promise<Part | null> {
  for (let place = to; place >= 0; place--) {
    const part = await openAt(path, place);
    if (part !== null) return part;
  }
  return null;
}

async function openAt(path: string, place: number): Promise<Part | null> {
  const file = await Deno.open(nameAt(path, place)).catch(unlessMissing);
  return file === null ? null : { file, inode: (await file.stat()).ino, place };
}

async function inodesOf(path: string, from: number, to: number): Promise<number[]> {
  const found: number[] = [];
  for (let place = from; place <= to; place++) {
    const inode = await inodeAt(path, place);
    if (inode !== null) found.push(inode);
  }
  return found;
}

async function inodeAt(path: string, place: number): Promise<number | null> {
  return (await Deno.stat(nameAt(path, place)).catch(unlessMissing))?.ino ?? null;
}

function nameAt(path: string, place: number): string {
  return place === 0 ? path : `${path}.${place}`;
}

function unlessMissing(error: unknown): null {
  if (error instanceof Deno.errors.NotFound) return null;
  throw error;
}
