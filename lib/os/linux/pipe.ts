/** pipe(2), memfd_create(2), read(2), write(2) and close(2): the descriptors between processes and us. */
import type { Fd, Pipe } from "../os.ts";
import { checked, cstring, errno, failure, libc } from "./libc.ts";

/** From <fcntl.h>. */
const O_NONBLOCK = 0o4000, O_CLOEXEC = 0o2000000, F_SETFL = 4;

/** From <sys/mman.h> and <stdio.h>. */
const MFD_CLOEXEC = 1, SEEK_SET = 0;

/** From <errno.h>. */
const EINTR = 4, EBADF = 9, EAGAIN = 11;

const ends = new Int32Array(2);

/**
 * Makes a pipe. Both ends block, as they may become the standard output of one program and the standard input of
 * another: programs do not expect EAGAIN there, and the flag belongs to the pipe, not to the descriptor.
 *
 * @throws {OsError} EMFILE or ENFILE if there are no descriptors left.
 */
export function makePipe(): Pipe {
  checked(libc.pipe2(ends, O_CLOEXEC), "pipe");
  return { read: ends[0]!, write: ends[1]! };
}

/** Makes an end of a pipe report EAGAIN instead of waiting, for everybody who has a copy of it. */
export function makeNonBlocking(fd: Fd): void {
  checked(libc.fcntl(fd, F_SETFL, O_NONBLOCK), "fcntl", fd);
}

/**
 * Puts bytes into a nameless file in memory and goes back to its beginning: whoever reads it never has to wait.
 *
 * @throws {OsError} EMFILE or ENFILE if there are no descriptors left, ENOSPC or ENOMEM if there is no memory.
 */
export function makeBlob(bytes: Uint8Array): Fd {
  const fd = checked(libc.memfd_create(cstring("blob"), MFD_CLOEXEC), "memfd_create");
  try {
    writeAll(fd, bytes);
    checked(libc.lseek(fd, 0n, SEEK_SET), "lseek", fd);
  } catch (error) {
    libc.close(fd);
    throw error;
  }
  return fd;
}

/**
 * Writes everything, and waits where the descriptor makes a writer wait: for files and consoles, not for pipes that
 * another process has to empty.
 *
 * @throws {OsError} As in write(2); EAGAIN from a full descriptor that is non-blocking. A part may have been written.
 */
export function writeAll(fd: Fd, bytes: Uint8Array): void {
  let rest = bytes as Uint8Array<ArrayBuffer>;
  while (rest.length > 0) {
    const count = libc.write(fd, rest, BigInt(rest.length));
    if (count >= 0) rest = rest.subarray(count);
    else if (errno() !== EINTR) throw failure("write", fd);
  }
}

/**
 * Reads what is there, without waiting on a descriptor that is non-blocking.
 *
 * @returns The number of bytes, 0 at the end of the stream, -1 if there is nothing now.
 * @throws {OsError} As in read(2).
 */
export function readSome(fd: Fd, into: Uint8Array): number {
  for (;;) {
    const count = libc.read(fd, into as Uint8Array<ArrayBuffer>, BigInt(into.length));
    if (count >= 0) return count;
    const error = errno();
    if (error === EAGAIN) return -1;
    if (error !== EINTR) throw failure("read", fd);
  }
}

/** Closes a descriptor. @throws {OsError} EBADF if it is not open: somebody closed it twice. */
export function closeFd(fd: Fd): void {
  // Linux frees the descriptor even when close(2) reports another error, so there is nothing to repeat.
  if (libc.close(fd) === -1 && errno() === EBADF) throw failure("close", fd);
}
