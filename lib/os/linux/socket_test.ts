import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { OsError } from "../error.ts";
import { libc } from "./libc.ts";
import { acceptAt, connectTo, listenAt, removeSocket, UCRED_WORDS } from "./socket.ts";

/** A folder of its own for a test, and the mask that a careless caller may have. */
async function inFolder(body: (folder: string) => void): Promise<void> {
  const folder = await Deno.makeTempDir();
  const mask = Deno.umask(0o077);
  try {
    body(folder);
  } finally {
    Deno.umask(mask);
    await Deno.remove(folder, { recursive: true });
  }
}

const modeOf = (path: string) => (Deno.statSync(path).mode ?? 0) & 0o777;

Deno.test("listenAt() gives the socket the permissions that are asked for, whatever the umask", async () => {
  await inFolder((folder) => {
    for (const mode of [0o600, 0o666]) {
      const path = join(folder, `${mode}.sock`);
      const fd = listenAt(path, mode);
      assertEquals(modeOf(path), mode);
      libc.close(fd);
    }
  });
});

Deno.test("listenAt() replaces a socket that nobody serves any more", async () => {
  await inFolder((folder) => {
    const path = join(folder, "control.sock");
    libc.close(listenAt(path, 0o600));
    const listener = listenAt(path, 0o600);
    const client = connectTo(path);
    const peer = acceptAt(listener);
    assertEquals(peer?.pid, Deno.pid);
    removeSocket(path);
    assertThrows(() => connectTo(path), OsError, "ENOENT");
    for (const fd of [peer!.fd, client, listener]) libc.close(fd);
  });
});

Deno.test("listenAt() leaves alone what is no socket, and what a link points to", async () => {
  await inFolder((folder) => {
    const file = join(folder, "file"), link = join(folder, "link");
    Deno.writeTextFileSync(file, "precious");
    Deno.symlinkSync(file, link);
    for (const path of [file, link]) {
      const error = assertThrows(() => listenAt(path, 0o600), OsError);
      assertEquals([error.code, error.detail], ["EADDRINUSE", "something that is no socket is in the way"]);
    }
    assertEquals(Deno.readTextFileSync(file), "precious");
  });
});

Deno.test("struct ucred has three words: getsockopt(2) fills no more and no less", async () => {
  await inFolder((folder) => {
    const path = join(folder, "control.sock");
    const listener = listenAt(path, 0o600);
    const client = connectTo(path);
    const words = new Uint32Array(8).fill(0xa5a5_a5a5);
    const length = new Uint32Array([words.byteLength]);
    assertEquals(libc.getsockopt(client, 1, 17, words, length), 0);
    assertEquals(length[0], UCRED_WORDS * 4);
    assert(words.subarray(UCRED_WORDS).every((word) => word === 0xa5a5_a5a5));
    for (const fd of [client, listener]) libc.close(fd);
  });
});
