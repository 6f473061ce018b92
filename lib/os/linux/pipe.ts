/** pipe(2), read(2) and close(2): the descriptors by which processes report to us. */
import type { Fd, Pipe } from "../os.ts";
import { checked, errno, failure, libc } from "./libc.ts";

/** From <fcntl.h>. */
const O_NONBLOCK = 0o4000, O_CLOEXEC = 0o2000000, F_SETFL = 4;

/** From <errno.h>. */
const EINTR = 4, EAGAIN = 11;

const ends = new Int32Array(2);

/**
 * Makes a pipe. Only the reading end is non-blocking, as the writing one becomes somebody's standard output, and
 * programs do not expect EAGAIN there.
 *
 * @throws {OsError} EMFILE or ENFILE if there are no descriptors left.
 */
export function makePipe(): Pipe {
  checked(libc.pipe2(ends, O_CLOEXEC), "pipe");
  const [read, write] = ends as unknown as [Fd, Fd];
  libc.fcntl(read, F_SETFL, O_NONBLOCK);
  return { read, write };
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
  if (libc.close(fd) === -1 && errno() === 9) throw failure("close", fd);
}
