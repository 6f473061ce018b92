/** netdevice(7), as far as a fresh network namespace needs it. */
import { checked, libc } from "./libc.ts";

/** From <sys/socket.h>. */
const AF_INET = 2, SOCK_DGRAM = 2, SOCK_CLOEXEC = 0x8_0000;
/** From <linux/sockios.h> and <net/if.h>. */
const SIOCSIFFLAGS = 0x8914n, IFF_UP = 1;
/** struct ifreq: a name of 16 bytes, then a union whose first member here is a short. */
const SIZEOF_IFREQ = 40, IFR_FLAGS = 16;

/**
 * Switches the loopback interface on; the kernel gives it 127.0.0.1 and ::1 by itself. In a new network namespace it
 * is off, and nobody can reach a service on this machine.
 *
 * @throws {OsError} EPERM without CAP_NET_ADMIN.
 */
export function loopbackUp(): void {
  const request = new Uint8Array(SIZEOF_IFREQ);
  request.set(new TextEncoder().encode("lo"));
  new DataView(request.buffer).setInt16(IFR_FLAGS, IFF_UP, true);
  const socket = checked(libc.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
  try {
    checked(libc.ioctl(socket, SIOCSIFFLAGS, request), "switch on interface", "lo");
  } finally {
    libc.close(socket);
  }
}
