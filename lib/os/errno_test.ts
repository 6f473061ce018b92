import { assertEquals, assertStrictEquals } from "@std/assert";
import { ERRNO, errnoName, osError } from "./errno.ts";
import { OsError } from "./error.ts";

// The C library of the machine knows the table of its headers; it is asked by number.
const libc = Deno.dlopen("libc.so.6", {
  strerrorname_np: { parameters: ["i32"], result: "pointer" },
  strerror: { parameters: ["i32"], result: "pointer" },
}).symbols;

function text(pointer: Deno.PointerValue): string | null {
  return pointer === null ? null : Deno.UnsafePointerView.getCString(pointer);
}

Deno.test("ERRNO has exactly the errors of the C library, with its numbers", () => {
  const theirs: Record<string, number> = {};
  for (let number = 1; number < 200; number++) {
    const name = text(libc.strerrorname_np(number));
    if (name !== null) theirs[name] = number;
  }
  const ours = Object.fromEntries(Object.entries(ERRNO).map(([name, [number]]) => [name, number]));
  assertEquals(ours, theirs);
});

Deno.test("ERRNO says of each error what strerror(3) says", () => {
  for (const [number, meaning] of Object.values(ERRNO)) {
    assertEquals(meaning.toLowerCase(), text(libc.strerror(number))?.toLowerCase());
  }
});

Deno.test("errnoName() finds names by number, and null for numbers that Linux does not have", () => {
  assertEquals([errnoName(2), errnoName(133)], ["ENOENT", "EHWPOISON"]);
  assertEquals([errnoName(0), errnoName(41), errnoName(134), errnoName(-1)], [null, null, null, null]);
});

Deno.test("osError() makes a message of call, subject, name and meaning", () => {
  const error = osError("mount", 16, "proc on /proc");
  assertStrictEquals(error instanceof OsError, true);
  assertEquals(error.message, "cannot mount proc on /proc: EBUSY (device or resource busy)");
  const { call, errno, code, subject, detail } = error;
  assertEquals({ call, errno, code, subject, detail }, {
    call: "mount",
    errno: 16,
    code: "EBUSY",
    subject: "proc on /proc",
    detail: "device or resource busy",
  });
});

Deno.test("osError() takes a name, leaves an empty subject out, and prefers a better reason", () => {
  assertEquals(osError("wait", "ECHILD").message, "cannot wait: ECHILD (no child processes)");
  assertEquals(
    osError("exec", "ENOENT", "/x", "no such file").message,
    "cannot exec /x: ENOENT (no such file)",
  );
});

Deno.test("osError() keeps a number that it does not know", () => {
  const error = osError("read", 4000, "5");
  assertEquals([error.errno, error.message], [4000, "cannot read 5: E4000 (unknown error)"]);
});
