/** unix(7): datagram sockets at a path, to which processes write us letters, and what the kernel knows of who writes. */
import type { Fd, Letter } from "../os.ts";
import { checked, cstring, errno, failure, libc } from "./libc.ts";
import { addressOf } from "./socket.ts";

/** From <sys/socket.h>. */
const AF_UNIX = 1, SOCK_DGRAM = 2, SOCK_NONBLOCK = 0o4000, SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1, SO_PASSCRED = 16, SCM_RIGHTS = 1, SCM_CREDENTIALS = 2;
const MSG_CTRUNC = 0x8, MSG_TRUNC = 0x20, MSG_DONTWAIT = 0x40, MSG_CMSG_CLOEXEC = 0x4000_0000;
/** From <errno.h>. */
const EINTR = 4, EAGAIN = 11, EADDRINUSE = 98;

/** The longest letter, in bytes; the rest of a longer one is lost. */
const LONGEST_LETTER = 64 * 1024;
/** Layout of struct msghdr in words of 64 bits: name, its length, iov, their number, control, its length, flags. */
export const MSG_IOV = 2,
  MSG_IOVLEN = 3,
  MSG_CONTROL = 4,
  MSG_CONTROLLEN = 5,
  MSG_FLAGS = 6,
  MSGHDR_WORDS = 7;
/** Layout of struct cmsghdr: u64 length with this head, i32 level, i32 type; the data; padding to 8 bytes. */
export const CMSG_LEVEL = 8, CMSG_TYPE = 12, CMSG_DATA = 16, CMSG_ALIGN = 8;
/** struct ucred, and as many descriptors as one letter can bring: SCM_MAX_FD of <net/scm.h>. */
const SIZEOF_UCRED = 12, MOST_FDS = 253;

/**
 * Makes a datagram socket at a path. A socket that is left over there is replaced.
 *
 * @param mode Who may write to it: the permissions of the file, whatever the umask.
 * @throws {OsError} As bind(2); ENAMETOOLONG beyond 107 bytes; EADDRINUSE if something else than a socket is in the way.
 */
export function mailboxAt(path: string, mode: number): Fd {
  const address = addressOf(path);
  const fd = checked(libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
  try {
    // Before anybody can write: a letter that comes without credentials is from nobody.
    const on = new Uint32Array([1]);
    checked(libc.setsockopt(fd, SOL_SOCKET, SO_PASSCRED, on, on.byteLength), "setsockopt", "SO_PASSCRED");
    // The file gets these permissions when it is made, so that nobody slips in before they are set for good.
    checked(libc.fchmod(fd, mode & 0o600), "fchmod", path);
    if (libc.bind(fd, address, address.length) === -1) {
      if (errno() !== EADDRINUSE || Deno.lstatSync(path).isSocket !== true) throw failure("listen at", path);
      checked(libc.unlink(cstring(path)), "unlink", path);
      checked(libc.bind(fd, address, address.length), "listen at", path);
    }
    checked(libc.chmod(cstring(path), mode), "chmod", path);
    return fd;
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}

/** Takes letters out of mailboxes; the instance keeps all buffers. */
export class Postman {
  readonly #text = new Uint8Array(LONGEST_LETTER);
  readonly #control = new DataView(
    new ArrayBuffer(2 * CMSG_DATA + MOST_FDS * 4 + SIZEOF_UCRED + 2 * CMSG_ALIGN),
  );
  readonly #iov = new BigUint64Array(new ArrayBuffer(16));
  readonly #header = new BigUint64Array(new ArrayBuffer(MSGHDR_WORDS * 8));

  constructor() {
    this.#iov[0] = addressIn(this.#text);
    this.#iov[1] = BigInt(LONGEST_LETTER);
    this.#header[MSG_IOV] = addressIn(this.#iov);
    this.#header[MSG_IOVLEN] = 1n;
    this.#header[MSG_CONTROL] = addressIn(new Uint8Array(this.#control.buffer));
  }

  /**
   * Takes the next letter; null if there is none. Its descriptors are close-on-exec, and the caller's.
   *
   * @throws {OsError} As recvmsg(2).
   */
  receive(mailbox: Fd): Letter | null {
    const header = this.#header;
    header[MSG_CONTROLLEN] = BigInt(this.#control.byteLength);
    for (;;) {
      const count = libc.recvmsg(mailbox, header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
      if (count >= 0) return this.#open(count);
      const error = errno();
      if (error === EAGAIN) return null;
      if (error !== EINTR) throw failure("read", mailbox);
    }
  }

  #open(count: number): Letter {
    const control = this.#control;
    const flags = Number(this.#header[MSG_FLAGS]! & 0xffff_ffffn);
    const letter = {
      bytes: this.#text.slice(0, count),
      whole: (flags & (MSG_TRUNC | MSG_CTRUNC)) === 0,
      pid: 0,
      uid: 0xffff_ffff,
      gid: 0xffff_ffff,
      fds: new Array<Fd>(),
    };
    const end = Number(this.#header[MSG_CONTROLLEN]);
    for (let at = 0; at + CMSG_DATA <= end;) {
      const length = Number(control.getBigUint64(at, true));
      const type = control.getInt32(at + CMSG_TYPE, true);
      if (length < CMSG_DATA || control.getInt32(at + CMSG_LEVEL, true) !== SOL_SOCKET) break;
      const data = at + CMSG_DATA;
      if (type === SCM_CREDENTIALS) {
        letter.pid = control.getInt32(data, true);
        letter.uid = control.getUint32(data + 4, true);
        letter.gid = control.getUint32(data + 8, true);
      } else if (type === SCM_RIGHTS) {
        for (let each = data; each < at + length; each += 4) letter.fds.push(control.getInt32(each, true));
      }
      at += Math.ceil(length / CMSG_ALIGN) * CMSG_ALIGN;
    }
    return letter;
  }
}

function addressIn(memory: Uint8Array<ArrayBuffer> | BigUint64Array<ArrayBuffer>): bigint {
  return Deno.UnsafePointer.value(Deno.UnsafePointer.of(memory));
}
