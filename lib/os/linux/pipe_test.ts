import { assertEquals, assertThrows } from "@std/assert";
import { OsError } from "../error.ts";
import { closeFd, makeBlob, makeNonBlocking, makePipe, readSome, writeAll } from "./pipe.ts";

Deno.test("writeAll() goes on after a part was written, and says when a non-blocking descriptor is full", () => {
  const { read, write } = makePipe();
  makeNonBlocking(write);
  const error = assertThrows(() => writeAll(write, new Uint8Array(100_000)), OsError);
  assertEquals([error.call, error.code, error.subject], ["write", "EAGAIN", String(write)]);
  assertEquals(readSome(read, new Uint8Array(100_000)), 65_536);
  closeFd(write);
  closeFd(read);
});

Deno.test("writeAll() refuses a descriptor that nobody reads or that is not open", () => {
  const { read, write } = makePipe();
  closeFd(read);
  assertEquals(assertThrows(() => writeAll(write, new Uint8Array(1)), OsError).code, "EPIPE");
  closeFd(write);
  assertEquals(assertThrows(() => writeAll(write, new Uint8Array(1)), OsError).code, "EBADF");
});

Deno.test("writeAll() leaves an array of no bytes alone", () => {
  writeAll(-1, new Uint8Array(0));
});

Deno.test("makeBlob() takes a part of a larger array as it is", () => {
  const fd = makeBlob(new Uint8Array([1, 2, 3, 4, 5]).subarray(1, 4));
  const buffer = new Uint8Array(10);
  assertEquals([readSome(fd, buffer), ...buffer.subarray(0, 4)], [3, 2, 3, 4, 0]);
  assertEquals(readSome(fd, buffer), 0);
  closeFd(fd);
});
