/** unix(7): stream sockets with a path, by which clients reach us, and what the kernel knows of who is there. */
import { osError } from "../errno.ts";
import type { Fd, Peer } from "../os.ts";
import { checked, cstring, errno, failure, libc } from "./libc.ts";

/** From <sys/socket.h>. */
const AF_UNIX = 1, SOCK_STREAM = 1, SOCK_NONBLOCK = 0o4000, SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1, SO_PEERCRED = 17, MSG_DONTWAIT = 0x40, MSG_NOSIGNAL = 0x4000;
/** From <errno.h>. */
const EINTR = 4, EAGAIN = 11, EADDRINUSE = 98, ECONNABORTED = 103, ECONNREFUSED = 111;

/** Clients that may wait until we accept them; whoever comes then is refused with EAGAIN. */
const BACKLOG = 1024;
/** Layout of struct sockaddr_un: u16 family, then a path of 108 bytes with its zero byte. */
const PATH_AT = 2, SIZEOF_PATH = 108;
/** Layout of struct ucred: pid, uid, gid. */
export const UCRED_WORDS = 3;

/**
 * Makes a socket at a path and listens there. One that is left over from somebody who is gone is replaced.
 *
 * @param mode Who may connect: the permissions of the file, whatever the umask.
 * @throws {OsError} EADDRINUSE if somebody answers there or something else is in the way; ENAMETOOLONG beyond 107
 *   bytes; as bind(2) otherwise.
 */
export function listenAt(path: string, mode: number): Fd {
  const address = addressOf(path);
  const fd = makeSocket();
  try {
    // The file gets these permissions when it is made, so that nobody slips in before they are set for good.
    checked(libc.fchmod(fd, mode & 0o600), "fchmod", path);
    if (libc.bind(fd, address, address.length) === -1) {
      if (errno() !== EADDRINUSE) throw failure("listen at", path);
      refuseLiving(path, address);
      checked(libc.unlink(cstring(path)), "unlink", path);
      checked(libc.bind(fd, address, address.length), "listen at", path);
    }
    checked(libc.chmod(cstring(path), mode), "chmod", path);
    checked(libc.listen(fd, BACKLOG), "listen at", path);
    return fd;
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}

/** Takes the next client; null if nobody waits. @throws {OsError} EMFILE or ENFILE. */
export function acceptAt(listener: Fd): Peer | null {
  for (;;) {
    const fd = libc.accept4(listener, null, null, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) return { fd, ...credentialsOf(fd) };
    const error = errno();
    if (error === EAGAIN || error === ECONNABORTED) return null;
    if (error !== EINTR) throw failure("accept", listener);
  }
}

/** Connects to a socket. @throws {OsError} As connect(2): ENOENT, ECONNREFUSED if nobody listens, EACCES, EAGAIN. */
export function connectTo(path: string): Fd {
  const address = addressOf(path);
  const fd = makeSocket();
  if (libc.connect(fd, address, address.length) === 0) return fd;
  const error = failure("connect to", path);
  libc.close(fd);
  throw error;
}

/**
 * Sends what the other side has room for, without waiting and without SIGPIPE.
 *
 * @returns The number of bytes, -1 if there is no room now.
 * @throws {OsError} EPIPE or ECONNRESET if nobody reads any more.
 */
export function sendSome(fd: Fd, bytes: Uint8Array): number {
  for (;;) {
    const count = libc.send(
      fd,
      bytes as Uint8Array<ArrayBuffer>,
      BigInt(bytes.length),
      MSG_DONTWAIT | MSG_NOSIGNAL,
    );
    if (count >= 0) return count;
    const error = errno();
    if (error === EAGAIN) return -1;
    if (error !== EINTR) throw failure("write", fd);
  }
}

/** Removes the file of a listening socket that is given up. Somebody may have done so before. */
export function removeSocket(path: string): void {
  libc.unlink(cstring(path));
}

function makeSocket(): Fd {
  return checked(libc.socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
}

/** A struct sockaddr_un. @throws {OsError} ENAMETOOLONG beyond 107 bytes. */
export function addressOf(path: string): Uint8Array<ArrayBuffer> {
  const bytes = cstring(path);
  if (bytes.length > SIZEOF_PATH) {
    throw osError("listen at", "ENAMETOOLONG", path, "a socket's path has 107 bytes at most");
  }
  const address = new Uint8Array(PATH_AT + bytes.length);
  address[0] = AF_UNIX;
  address.set(bytes, PATH_AT);
  return address;
}

/**
 * Sees to it that what is in the way is a socket where nobody answers.
 *
 * @throws {OsError} EADDRINUSE if it is not. Connecting is refused by a file of another kind too, which is not ours.
 */
function refuseLiving(path: string, address: Uint8Array<ArrayBuffer>): void {
  const probe = makeSocket();
  const refused = libc.connect(probe, address, address.length) === -1 && errno() === ECONNREFUSED;
  libc.close(probe);
  if (!refused) throw osError("listen at", "EADDRINUSE", path, "somebody answers there");
  if (Deno.lstatSync(path).isSocket !== true) {
    throw osError("listen at", "EADDRINUSE", path, "something that is no socket is in the way");
  }
}

function credentialsOf(fd: Fd): { pid: number; uid: number; gid: number } {
  const words = new Uint32Array(UCRED_WORDS);
  const length = new Uint32Array([words.byteLength]);
  checked(libc.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, words, length), "getsockopt", "SO_PEERCRED");
  return { pid: words[0]!, uid: words[1]!, gid: words[2]! };
}
