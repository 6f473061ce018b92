/** Sends datagrams, for tests: nothing of the product does. */
import { libc } from "../../lib/os/linux/libc.ts";
import { addressOf } from "../../lib/os/linux/socket.ts";

const AF_UNIX = 1, SOCK_DGRAM = 2, MSG_DONTWAIT = 0x40;

/** Sends a datagram to a socket at a path, as ourselves. @returns Whether it has arrived. */
export function sendDatagram(path: string, bytes: Uint8Array<ArrayBuffer>): boolean {
  const address = addressOf(path);
  const fd = libc.socket(AF_UNIX, SOCK_DGRAM, 0);
  try {
    if (libc.connect(fd, address, address.length) === -1) return false;
    return libc.send(fd, bytes, BigInt(bytes.length), MSG_DONTWAIT) === bytes.length;
  } finally {
    libc.close(fd);
  }
}
