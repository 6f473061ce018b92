/** The layouts of recvmsg(2), against the kernel of this machine. */
import { assert, assertEquals } from "@std/assert";
import { isSame } from "./kin.ts";
import { libc } from "./libc.ts";
import {
  CMSG_DATA,
  CMSG_LEVEL,
  CMSG_TYPE,
  mailboxAt,
  MSG_CONTROL,
  MSG_CONTROLLEN,
  MSG_FLAGS,
  MSG_IOV,
  MSG_IOVLEN,
  MSGHDR_WORDS,
  Postman,
} from "./mailbox.ts";
import { makeBlob } from "./pipe.ts";
import { addressOf } from "./socket.ts";

const extra = Deno.dlopen("libc.so.6", {
  sendmsg: { parameters: ["i32", "buffer", "i32"], result: "i32" },
}).symbols;

const pointer = (memory: Uint8Array<ArrayBuffer> | BigUint64Array<ArrayBuffer>) =>
  Deno.UnsafePointer.value(Deno.UnsafePointer.of(memory));
const AF_UNIX = 1, SOCK_DGRAM = 2, SOL_SOCKET = 1, SCM_RIGHTS = 1, SCM_CREDENTIALS = 2, MSG_TRUNC = 0x20;

Deno.test("msghdr and cmsghdr have their members where the kernel reads and writes them", () => {
  const folder = Deno.makeTempDirSync({ prefix: "denit-msghdr-" });
  const path = `${folder}/mailbox`;
  const mailbox = mailboxAt(path, 0o600);
  const sender = libc.socket(AF_UNIX, SOCK_DGRAM, 0);
  const address = addressOf(path);
  assertEquals(libc.connect(sender, address, address.length), 0);
  libc.send(sender, new TextEncoder().encode("0123456789"), 10n, 0);

  const text = new Uint8Array(64);
  const control = new Uint8Array(256).fill(0xa5);
  const iov = new BigUint64Array(new ArrayBuffer(64));
  iov.set([pointer(text), 4n]);
  const header = new BigUint64Array(new ArrayBuffer(128)).fill(0xa5a5_a5a5_a5a5_a5a5n);
  header.fill(0n, 0, MSGHDR_WORDS);
  header[MSG_IOV] = pointer(iov);
  header[MSG_IOVLEN] = 1n;
  header[MSG_CONTROL] = pointer(control);
  header[MSG_CONTROLLEN] = BigInt(control.length);

  assertEquals(libc.recvmsg(mailbox, header, 0), 4);
  assertEquals(new TextDecoder().decode(text.subarray(0, 6)), "0123\0\0");
  assertEquals(Number(header[MSG_FLAGS]! & 0xffff_ffffn) & MSG_TRUNC, MSG_TRUNC);
  assertEquals([...header.subarray(MSGHDR_WORDS)], Array(16 - MSGHDR_WORDS).fill(0xa5a5_a5a5_a5a5_a5a5n));
  const view = new DataView(control.buffer);
  const CMSG_LEN_UCRED = CMSG_DATA + 12;
  assertEquals(view.getBigUint64(0, true), BigInt(CMSG_LEN_UCRED));
  assertEquals([view.getInt32(CMSG_LEVEL, true), view.getInt32(CMSG_TYPE, true)], [
    SOL_SOCKET,
    SCM_CREDENTIALS,
  ]);
  const credentials = [0, 4, 8].map((at) => view.getUint32(CMSG_DATA + at, true));
  assertEquals(credentials, [Deno.pid, Deno.uid(), Deno.gid()]);
  assertEquals(Number(header[MSG_CONTROLLEN]), 32);
  assertEquals(control[32], 0xa5, "nothing is written behind it");

  libc.close(sender);
  libc.close(mailbox);
  Deno.removeSync(folder, { recursive: true });
});

/** Sends a message of one byte with descriptors to a mailbox. */
function sendDescriptors(path: string, fds: readonly number[]): void {
  const address = addressOf(path);
  const text = new Uint8Array(64);
  const iov = new BigUint64Array(new ArrayBuffer(64));
  iov.set([pointer(text), 1n]);
  const control = new DataView(new ArrayBuffer(CMSG_DATA + 4 * fds.length));
  control.setBigUint64(0, BigInt(control.byteLength), true);
  control.setInt32(CMSG_LEVEL, SOL_SOCKET, true);
  control.setInt32(CMSG_TYPE, SCM_RIGHTS, true);
  fds.forEach((fd, index) => control.setInt32(CMSG_DATA + 4 * index, fd, true));
  const header = new BigUint64Array(new ArrayBuffer(64));
  header.set([pointer(address), BigInt(address.length)]);
  header[MSG_IOV] = pointer(iov);
  header[MSG_IOVLEN] = 1n;
  header[MSG_CONTROL] = pointer(new Uint8Array(control.buffer));
  header[MSG_CONTROLLEN] = BigInt(control.byteLength);
  const sender = libc.socket(AF_UNIX, SOCK_DGRAM, 0);
  assertEquals(extra.sendmsg(sender, header, 0), 1);
  libc.close(sender);
}

Deno.test("Postman brings as many descriptors along as a letter can have, close-on-exec and of the same files", () => {
  const folder = Deno.makeTempDirSync({ prefix: "denit-descriptors-" });
  const path = `${folder}/mailbox`;
  const mailbox = mailboxAt(path, 0o600);
  const sent = Array.from({ length: 253 }, () => makeBlob(Uint8Array.of(1)));
  sendDescriptors(path, sent);
  const { fds, whole, pid } = new Postman().receive(mailbox)!;
  assertEquals([fds.length, whole, pid], [253, true, Deno.pid]);
  for (const [index, fd] of fds.entries()) assert(isSame(fd, sent[index]!));
  const flags = /flags:\s+(\d+)/.exec(Deno.readTextFileSync(`/proc/self/fdinfo/${fds[0]}`))![1]!;
  assert((parseInt(flags, 8) & 0o2000000) !== 0, "it would leak into every process");
  for (const fd of [...fds, ...sent, mailbox]) libc.close(fd);
  Deno.removeSync(folder, { recursive: true });
});
