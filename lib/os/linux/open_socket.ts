/** Sockets and fifos for the processes that we start: ip(7), ipv6(7), unix(7), fifo(7). */
import { osError } from "../errno.ts";
import type { Fd, SocketSpec } from "../os.ts";
import { checked, cstring, errno, failure, libc } from "./libc.ts";
import { addressOf } from "./socket.ts";

/** From <sys/socket.h> and <netinet/in.h>. */
const AF_UNIX = 1, AF_INET = 2, AF_INET6 = 10, SOCK_STREAM = 1, SOCK_DGRAM = 2, SOCK_SEQPACKET = 5;
const SOCK_CLOEXEC = 0o2000000, SOL_SOCKET = 1, SO_REUSEADDR = 2, SO_REUSEPORT = 15;
const IPPROTO_IPV6 = 41, IPV6_V6ONLY = 26;
/** From <fcntl.h>. */
const O_RDWR = 2, O_NONBLOCK = 0o4000, O_NOFOLLOW = 0o400000, O_CLOEXEC = 0o2000000, O_PATH = 0o10000000;
const F_SETFL = 4, AT_EMPTY_PATH = 0x1000;
/** From <errno.h>. */
const EEXIST = 17, EAFNOSUPPORT = 97, EADDRINUSE = 98, EADDRNOTAVAIL = 99, ECONNREFUSED = 111;
/** From <sys/stat.h>: the type of a file in its mode. */
const S_IFMT = 0o170000, S_IFIFO = 0o010000, S_IFSOCK = 0o140000;
/** Layouts of struct sockaddr_in and sockaddr_in6: u16 family, u16 port, big-endian; then the address. */
const SIZEOF_IN = 16, IN_ADDRESS = 4, SIZEOF_IN6 = 28, IN6_ADDRESS = 8;

type OfType<T> = Extract<SocketSpec, { readonly type: T }>;

/** Opens one. @throws {OsError} As `Os.openSocket`. */
export function openSocket(socket: SocketSpec): Fd {
  switch (socket.type) {
    case "tcp":
    case "udp":
      return openAddress(socket);
    case "unix":
      return openPath(socket);
    case "fifo":
      return openFifo(socket);
  }
}

function openAddress(socket: OfType<"tcp" | "udp">): Fd {
  const { type, host, port, backlog, reusePort } = socket;
  const subject = `${type} ${host.includes(":") ? `[${host}]` : host}:${port}`;
  const kind = type === "tcp" ? SOCK_STREAM : SOCK_DGRAM;
  const family = host.includes(":") ? AF_INET6 : AF_INET;
  const fd = libc.socket(family, kind | SOCK_CLOEXEC, 0);
  // A kernel without IPv6 still has all addresses of IPv4.
  if (fd === -1 && errno() === EAFNOSUPPORT && host === "::") {
    return openAddress({ ...socket, host: "0.0.0.0" });
  }
  checked(fd, "open socket", subject);
  try {
    const set = (level: number, option: number, on: boolean, name: string) =>
      checked(libc.setsockopt(fd, level, option, Uint32Array.of(on ? 1 : 0), 4), "setsockopt", name);
    if (type === "tcp") set(SOL_SOCKET, SO_REUSEADDR, true, "SO_REUSEADDR");
    if (reusePort) set(SOL_SOCKET, SO_REUSEPORT, true, "SO_REUSEPORT");
    if (family === AF_INET6) set(IPPROTO_IPV6, IPV6_V6ONLY, host !== "::", "IPV6_V6ONLY");
    const address = internetAddress(family, host, port);
    if (libc.bind(fd, address, address.length) === -1) {
      if (errno() !== EADDRNOTAVAIL || host !== "::") throw failure("listen at", subject);
      // IPv6 is there, but switched off.
      libc.close(fd);
      return openAddress({ ...socket, host: "0.0.0.0" });
    }
    if (type === "tcp") checked(libc.listen(fd, backlog), "listen at", subject);
    return fd;
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}

function internetAddress(family: number, host: string, port: number): Uint8Array<ArrayBuffer> {
  const address = new Uint8Array(family === AF_INET ? SIZEOF_IN : SIZEOF_IN6);
  const view = new DataView(address.buffer);
  view.setUint16(0, family, true);
  view.setUint16(2, port, false);
  const place = address.subarray(family === AF_INET ? IN_ADDRESS : IN6_ADDRESS);
  if (libc.inet_pton(family, cstring(host), place) !== 1) {
    throw osError("listen at", "EINVAL", host, "it is no address in numbers");
  }
  return address;
}

function openPath({ path, kind, mode, uid, gid, backlog }: OfType<"unix">): Fd {
  const type = { stream: SOCK_STREAM, datagram: SOCK_DGRAM, seqpacket: SOCK_SEQPACKET }[kind];
  const address = addressOf(path);
  const fd = checked(libc.socket(AF_UNIX, type | SOCK_CLOEXEC, 0), "socket");
  try {
    // The file gets no more than these permissions when it is made, and the rest once it has its owner.
    checked(libc.fchmod(fd, mode & 0o600), "fchmod", path);
    if (libc.bind(fd, address, address.length) === -1) {
      if (errno() !== EADDRINUSE) throw failure("listen at", path);
      refuseLiving(path, type, address);
      checked(libc.unlink(cstring(path)), "unlink", path);
      checked(libc.bind(fd, address, address.length), "listen at", path);
    }
    give(path, S_IFSOCK, mode, uid, gid);
    if (kind !== "datagram") checked(libc.listen(fd, backlog), "listen at", path);
    return fd;
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}

/** Sees to it that what is in the way is a socket where nobody is. @throws {OsError} EADDRINUSE if it is not. */
function refuseLiving(path: string, type: number, address: Uint8Array<ArrayBuffer>): void {
  const probe = checked(libc.socket(AF_UNIX, type | SOCK_CLOEXEC | O_NONBLOCK, 0), "socket");
  const refused = libc.connect(probe, address, address.length) === -1 && errno() === ECONNREFUSED;
  libc.close(probe);
  // Connecting is refused by a file of another kind too.
  if (refused && Deno.lstatSync(path).isSocket === true) return;
  throw osError(
    "listen at",
    "EADDRINUSE",
    path,
    refused ? "something that is no socket is in the way" : "somebody has it",
  );
}

function openFifo({ path, mode, uid, gid }: OfType<"fifo">): Fd {
  if (libc.mkfifo(cstring(path), mode & 0o600) === -1 && errno() !== EEXIST) throw failure("make fifo", path);
  give(path, S_IFIFO, mode, uid, gid);
  // Open for writing as well: so it opens at once, and has no end when whoever writes has gone.
  const fd = checked(libc.open(cstring(path), O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, 0), "open", path);
  libc.fcntl(fd, F_SETFL, O_RDWR);
  return fd;
}

/**
 * Gives what is at a path its owner and its permissions. It is held while that is done, and looked at: a link that
 * somebody has put in its place meanwhile is not followed.
 *
 * @throws {OsError} EEXIST if it is of another type.
 */
function give(path: string, type: number, mode: number, uid: number | null, gid: number | null): void {
  const held = checked(libc.open(cstring(path), O_PATH | O_NOFOLLOW | O_CLOEXEC, 0), "open", path);
  try {
    const itself = `/proc/self/fd/${held}`;
    if (((Deno.statSync(itself).mode ?? 0) & S_IFMT) !== type) {
      throw osError("open", "EEXIST", path, "something else is in the way");
    }
    if (uid !== null || gid !== null) {
      checked(libc.fchownat(held, cstring(""), uid ?? -1, gid ?? -1, AT_EMPTY_PATH), "chown", path);
    }
    checked(libc.chmod(cstring(itself), mode), "chmod", path);
  } finally {
    libc.close(held);
  }
}
