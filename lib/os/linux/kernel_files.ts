/** /proc and /sys as far as they are there: a kernel may lack a facility, and what is listed may end meanwhile. */

import { checked, cstring, failure, libc } from "./libc.ts";

/** From <fcntl.h>. */
const O_WRONLY = 1, O_CLOEXEC = 0o2000000;

/** What a file says; nothing where there is no such file. */
export function readKernelFile(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}

/** The names in a folder; none where there is no such folder. */
export function namesIn(folder: string): readonly string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch {
    return [];
  }
}

/** Tells the kernel something. @throws {OsError} With a call and a subject, as the file refuses it. */
export function writeKernelFile(path: string, text: string, call: string, subject: string): void {
  const fd = checked(libc.open(cstring(path), O_WRONLY | O_CLOEXEC, 0), call, subject);
  const bytes = new TextEncoder().encode(text);
  const error = libc.write(fd, bytes, BigInt(bytes.length)) === -1 ? failure(call, subject) : null;
  libc.close(fd);
  if (error !== null) throw error;
}
